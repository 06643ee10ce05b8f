"""What waits for a network in its protocols: proposals to decide, a version to read and publish."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from essaim.platform.programmes.models import Proposal, ProtocolVersion
from essaim.platform.programmes.permissions import programmes_where
from essaim.platform.todo import Todo


def todo_for(user: Any) -> list[Todo]:
    """For the network of a programme: proposals in discussion and the version given to read."""
    deciding = programmes_where(user, "decide_proposal")
    proposals = Proposal.objects.filter(programme__in=deciding, state=Proposal.State.OPEN)
    read = ProtocolVersion.objects.filter(programme__in=deciding, state=ProtocolVersion.State.REVIEW)
    return [
        *(
            Todo(
                _("Décider de la proposition : %(title)s") % {"title": one.title},
                reverse("programmes:proposal", args=[one.programme.slug, one.pk]),
                one.programme.title,
            )
            for one in proposals.select_related("programme")
        ),
        *(
            Todo(
                _("Relire et publier la version %(number)s du protocole") % {"number": one.number},
                reverse("programmes:draft", args=[one.programme.slug]),
                one.programme.title,
            )
            for one in read.select_related("programme").defer("document")
        ),
    ]
