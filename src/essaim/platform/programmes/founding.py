"""From an innovation to a programme: who answers for it, and the essence of its protocol."""

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from essaim.platform.programmes.drafts import start_protocol
from essaim.platform.programmes.models import Innovation, Programme, ProgrammeRole

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User


@transaction.atomic
def found_programme(
    innovation: Innovation, *, title: str, summary: str, for_whom: str, why: str, source: str, by: "User"
) -> Programme:
    """The programme that spreads an innovation: its owner becomes head of network, its protocol starts as a draft.

    Raises:
        ValidationError: the innovation already has a programme, or another programme has that name.
    """
    innovation = Innovation.objects.select_for_update().get(pk=innovation.pk)
    if innovation.programme_id:
        raise ValidationError(_("Cette innovation a déjà son programme."))
    slug = slugify(title)[:50]
    if not slug or Programme.objects.filter(slug=slug).exists():
        raise ValidationError({"title": _("Un programme porte déjà ce nom : en choisir un autre.")})
    programme = Programme(slug=slug, title=title, summary=summary, bearer=innovation.owner.name)
    programme.full_clean()
    programme.save()
    role = ProgrammeRole(programme=programme, organisation=innovation.owner, role=ProgrammeRole.Role.HEAD)
    role.full_clean()
    role.save()
    innovation.programme = programme
    innovation.save()
    start_protocol(programme, for_whom=for_whom, why=why, source=source, by=by)
    return programme
