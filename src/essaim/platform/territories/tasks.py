"""Rankings too long for a page: computed by the task worker, their progress kept in the study."""

from django.contrib.auth import get_user_model
from django_tasks import task

from essaim.platform.background.recovery import when_abandoned
from essaim.platform.territories import services


@task()
def run_later(study_pk: int, user_pk: int) -> None:
    services.run_in_background(study_pk, get_user_model().objects.get(pk=user_pk))


@when_abandoned(run_later)
def _give_up(study_pk: int, user_pk: int) -> None:
    services.give_up(study_pk, get_user_model().objects.get(pk=user_pk))
