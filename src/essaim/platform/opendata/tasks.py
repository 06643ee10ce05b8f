"""Imports done by the task worker; the page follows their progress."""

from django_tasks import task

from essaim.platform.opendata import services


@task()
def bring_later(pk: int) -> None:
    services.bring_in_background(pk)
