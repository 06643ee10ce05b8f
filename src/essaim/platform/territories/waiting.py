"""What studies and weights sessions ask of a person."""

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from essaim.platform.programmes.permissions import programmes_where
from essaim.platform.territories.models import Seat, Study, WeightSession
from essaim.platform.todo import Todo

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User


def todo_for(user: "User") -> list[Todo]:
    """Rankings that wait for their committee's decision, and weights that a session asks of the person."""
    waiting = Study.objects.filter(
        programme__in=programmes_where(user, "create_study"), state=Study.State.RANKED
    ).select_related("programme")
    asked = Seat.objects.filter(
        user=user, given_at__isnull=True, session__state=WeightSession.State.OPEN
    ).select_related("session__study__programme")
    return [
        *(
            Todo(
                _("Décider des territoires retenus"),
                reverse("territories:study", args=[study.programme.slug, study.pk]),
                f"{study.programme} – {study.title}",
            )
            for study in waiting.defer("inputs", "result")
        ),
        *(
            Todo(
                _("Dire ce qui pèse, en privé"),
                reverse("territories:session", args=[seat.session.study.programme.slug, seat.session_id]),
                f"{seat.session.study.programme} – {seat.session.study.title}",
            )
            for seat in asked.defer("session__study__inputs", "session__study__result")
        ),
    ]
