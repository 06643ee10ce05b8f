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
from essaim.platform.telling import tell
from essaim.protocol import Protocol
from essaim.protocol.adaptation import find_parameter
from essaim.protocol.document import Component, Credit, Source, Tool
from essaim.protocol.latitude import latitude, starting_from

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User
    from essaim.platform.community.models import Lesson
    from essaim.platform.sites.models import Site
    from essaim.platform.toolbox.models import ToolVersion


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
    parameter_id: str = "",
    proposed_value: Any = None,
    by: "User",
    site: "Site | None" = None,
    lesson: "Lesson | None" = None,
    proposed_form: str = "",
    contributors: "Iterable[Site]" = (),
    tool_version: "ToolVersion | None" = None,
    simulated: bool = False,
) -> Proposal:
    """Propose a change to the protocol. ``component_id`` is empty when the proposal adds a component;
    ``proposed_value`` is what a parameter of the component would start from; ``contributors`` are the sites that do
    it alike: the protocol will name them.

    Raises:
        ValidationError: the component or its parameter is not in the published protocol, the value is not of its
            kind, or the site is of another programme.
    """
    version = current_version(programme)
    if component_id and (version is None or version.protocol.component(component_id) is None):
        raise ValidationError({"component_id": _("Ce composant n’est pas dans le protocole en vigueur.")})
    if parameter_id:
        assert version is not None, "the component was found in it"
        _with_value(version.protocol, component_id, parameter_id, proposed_value)
    contributors = list(contributors)
    for origin in (site, lesson, *contributors):
        if origin is not None and origin.programme_id != programme.pk:
            raise ValidationError(_("Le site ou la leçon d’origine est d’un autre programme."))
    proposal = Proposal(
        programme=programme,
        title=title,
        text=text,
        component_id=component_id,
        parameter_id=parameter_id,
        proposed_value=proposed_value,
        author=by,
        site=site,
        lesson=lesson,
        proposed_form=proposed_form,
        tool_version=tool_version,
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
    kept = _tool_taken_over(proposal, by) if proposal.tool_version_id else None
    draft.simulated = draft.simulated or proposal.simulated  # what is taken up says so
    draft.save()
    draft = save_draft(draft, with_proposal(draft.protocol, proposal, kept))
    proposal.version = draft
    _decide(proposal, Proposal.State.ACCEPTED, reason, by)
    return draft


def _tool_taken_over(proposal: Proposal, by: "User") -> "ToolVersion":
    from essaim.platform.toolbox.services import taken_over  # the toolbox calls this module

    return taken_over(proposal, by=by)


def with_proposal(
    protocol: Protocol, proposal: Proposal, tool_version: "ToolVersion | None" = None
) -> Protocol:
    """The protocol with what the proposal says, its source and its credit.

    On a component: its form or the value of its parameter when one is proposed, and the credit. On a tool: the version
    that the network's toolbox now holds. Without either: a new adaptable component.
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
    if tool_version:
        return replace(
            protocol,
            tools=_tools(protocol, tool_version, source),
            sources=(*protocol.sources, source),
        )
    if proposal.component_id:
        found = protocol.component(proposal.component_id)
        if found is None:
            raise ValidationError(
                _("Le brouillon n’a plus le composant concerné : le remettre, ou refuser la proposition.")
            )
        if proposal.parameter_id:
            value = proposal.proposed_value
            found = _with_value(protocol, found.id, proposal.parameter_id, value, source.id)
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


def _with_value(
    protocol: Protocol, component_id: str, parameter_id: str, value: Any, source: str = ""
) -> Component:
    """The component whose parameter starts from ``value``, its range widened to hold it.

    Raises:
        ValidationError: the parameter is not there, or refuses the value whatever its range.
    """
    component = protocol.component(component_id)
    parameter = find_parameter(component, parameter_id) if component else None
    if component is None or parameter is None:
        raise ValidationError(_("Le choix concerné n’est plus dans le protocole : le remettre, ou refuser."))
    changed = starting_from(parameter, tuple(value) if isinstance(value, list) else value)
    refusal = (
        latitude(protocol, component_id, changed).objection(changed.default)
        if changed.default is not None
        else _("aucune valeur")
    )
    if refusal:
        raise ValidationError(
            _("Cette valeur ne convient pas à « %(label)s » : %(why)s.")
            % {"label": parameter.label, "why": tell(refusal)}
        )
    changed = replace(changed, sources=(*changed.sources, source) if source else changed.sources)
    parameters = tuple(changed if one.id == parameter.id else one for one in component.parameters)
    return replace(component, parameters=parameters)


def _tools(protocol: Protocol, version: "ToolVersion", source: Source) -> tuple[Tool, ...]:
    """The tools of the protocol, with the version of one that the network took over; a new one comes last."""
    tool, number = version.tool, str(version.number)
    if any(one.id == tool.protocol_id for one in protocol.tools):
        return tuple(
            replace(one, version=number, sources=(*one.sources, source.id))
            if one.id == tool.protocol_id
            else one
            for one in protocol.tools
        )
    tool.protocol_id = free_id(tool.title, {one.id for one in protocol.tools})
    tool.full_clean()
    tool.save()
    new = Tool(
        id=tool.protocol_id,
        title=tool.title,
        version=number,
        kind=tool.kind,  # type: ignore[arg-type]
        url=version.url or None,
        description=tool.description,
        sources=(source.id,),
    )
    return (*protocol.tools, new)


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
