"""Ideas that flow back: a proposal is discussed, decided with a reason, and enters a draft version with its credit."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from essaim.platform.programmes.drafts import free_id, open_draft, save_draft
from essaim.platform.programmes.models import Programme, Proposal, ProposalComment, ProtocolVersion
from essaim.platform.programmes.versions import current_version
from essaim.protocol import Protocol
from essaim.protocol.document import Component, Credit, Source

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User
    from essaim.platform.community.models import Lesson
    from essaim.platform.sites.models import Site


def proposals_of(programme: Programme) -> QuerySet[Proposal]:
    """Proposals, newest first, with authors, sites and the number of comments."""
    return (
        programme.proposals.select_related("author", "site", "lesson", "version")
        .annotate(comment_count=Count("comments"))
        .prefetch_related("contributors")
    )


def propose(
    programme: Programme,
    *,
    title: str,
    text: str,
    component_id: str = "",
    by: "User",
    site: "Site | None" = None,
    lesson: "Lesson | None" = None,
    proposed_form: str = "",
    contributors: "Iterable[Site]" = (),
    simulated: bool = False,
) -> Proposal:
    """Propose a change to the protocol. ``component_id`` is empty when the proposal adds a component;
    ``contributors`` are the sites that do it alike: the protocol will name them.

    Raises:
        ValidationError: the component is not in the published protocol, or the site is of another programme.
    """
    version = current_version(programme)
    if component_id and (version is None or version.protocol.component(component_id) is None):
        raise ValidationError({"component_id": _("Ce composant n’est pas dans le protocole en vigueur.")})
    contributors = list(contributors)
    for origin in (site, lesson, *contributors):
        if origin is not None and origin.programme_id != programme.pk:
            raise ValidationError(_("Le site ou la leçon d’origine est d’un autre programme."))
    proposal = Proposal(
        programme=programme,
        title=title,
        text=text,
        component_id=component_id,
        author=by,
        site=site,
        lesson=lesson,
        proposed_form=proposed_form,
        simulated=simulated,
    )
    proposal.full_clean()
    proposal.save()
    proposal.contributors.set(contributors)
    return proposal


def comment(proposal: Proposal, *, text: str, by: "User") -> ProposalComment:
    said = ProposalComment(proposal=proposal, text=text, author=by)
    said.full_clean()
    said.save()
    return said


@transaction.atomic
def decline(proposal: Proposal, *, reason: str, by: "User") -> Proposal:
    """Decide not to take the proposal up; the reason stays."""
    return _decide(_locked(proposal), Proposal.State.DECLINED, reason, by)


@transaction.atomic
def accept(proposal: Proposal, *, reason: str, by: "User") -> ProtocolVersion:
    """Take the proposal into the version in preparation (opened when there is none), with credit to its authors.

    Returns the draft, which the network may still edit.

    Raises:
        ValidationError: already decided, no reason, a draft that is being read again, or a component that is gone.
    """
    proposal = _locked(proposal)
    draft = open_draft(proposal.programme, by=by)
    draft = save_draft(draft, with_proposal(draft.protocol, proposal))
    proposal.version = draft
    _decide(proposal, Proposal.State.ACCEPTED, reason, by)
    return draft


def with_proposal(protocol: Protocol, proposal: Proposal) -> Protocol:
    """The protocol with what the proposal says, its source and its credit.

    On a component: its form when one is proposed, and the credit. Without a component: a new adaptable one.
    """
    taken = {source.id for source in protocol.sources}
    source = Source(
        id=free_id(f"proposition-{proposal.pk}", taken),
        title=_("Proposition n° %(number)s : %(title)s") % {"number": proposal.pk, "title": proposal.title},
        publisher=proposal.credit,
        date=timezone.localdate(proposal.created_at).isoformat(),
    )
    credit = Credit(name=proposal.credit, note=proposal.title, date=source.date)
    components = protocol.components
    if proposal.component_id:
        found = protocol.component(proposal.component_id)
        if found is None:
            raise ValidationError(
                _("Le brouillon n’a plus le composant concerné : le remettre, ou refuser la proposition.")
            )
        changed = replace(
            found,
            form=proposal.proposed_form or found.form,
            sources=(*found.sources, source.id),
            credits=(*found.credits, credit),
        )
        components = tuple(changed if one.id == found.id else one for one in components)
    else:
        components = (*components, _new_component(protocol, proposal, source, credit))
    return replace(protocol, components=components, sources=(*protocol.sources, source))


def _new_component(protocol: Protocol, proposal: Proposal, source: Source, credit: Credit) -> Component:
    return Component(
        id=free_id(proposal.title, {component.id for component in protocol.components}),
        kind="adaptable",
        title=proposal.title,
        function=proposal.text,
        form=proposal.proposed_form,
        sources=(source.id,),
        credits=(credit,),
    )


def _locked(proposal: Proposal) -> Proposal:
    found = (
        Proposal.objects.select_for_update(of=("self",))
        .select_related("programme", "author", "site")
        .get(pk=proposal.pk)
    )
    if found.state != Proposal.State.OPEN:
        raise ValidationError(_("Cette proposition est déjà décidée."))
    return found


def _decide(proposal: Proposal, state: str, reason: str, by: Any) -> Proposal:
    if not reason.strip():
        raise ValidationError({"reason": _("Dire pourquoi : la raison reste lisible par tous.")})
    proposal.state, proposal.reason = state, reason
    proposal.decided_by, proposal.decided_at = by, timezone.now()
    proposal.full_clean()
    proposal.save()
    return proposal
