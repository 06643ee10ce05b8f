"""Proposals: list, write one, discuss it, decide."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from essaim.platform.community.services import lessons_of
from essaim.platform.http import Request
from essaim.platform.programmes import services
from essaim.platform.programmes.forms import CommentForm, DecisionForm, ProposalForm
from essaim.platform.programmes.models import Programme, Proposal
from essaim.platform.programmes.permissions import POLICY
from essaim.platform.programmes.reading import latitude_in_words, value_in_words
from essaim.platform.sites.permissions import visible_sites
from essaim.protocol import Protocol
from essaim.protocol.adaptation import find_parameter
from essaim.protocol.document import Component
from essaim.protocol.latitude import latitude, starting_from


def proposals(request: Request, slug: str) -> HttpResponse:
    programme = services.programme_for(request.user, slug, "view_proposals")
    found = list(services.proposals_of(programme))
    context = {
        "programme": programme,
        "can": POLICY.actions(request.user, programme),
        "open": [one for one in found if one.state == Proposal.State.OPEN],
        "decided": [one for one in found if one.state != Proposal.State.OPEN],
        "titles": _titles(programme),
    }
    return render(request, "programmes/proposals.html", context)


def _titles(programme: Programme) -> dict[str, str]:
    """Component identifier → title, in the published protocol."""
    version = services.current_version(programme)
    return {c.id: c.title for c in version.protocol.components} if version else {}


def new_proposal(request: Request, slug: str) -> HttpResponse:
    programme = services.programme_for(request.user, slug, "propose")
    start = {name: request.GET.get(name, "") for name in ("component_id", "site", "lesson")}
    form = ProposalForm(
        request.POST or None,
        initial=start,
        components=list(_titles(programme).items()),
        sites=list(visible_sites(request.user, programme)),
        lessons=list(lessons_of(programme)),
    )
    if request.method == "POST" and form.is_valid():
        try:
            proposal = services.propose(programme, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Proposition envoyée au réseau. La discussion est ouverte."))
            return redirect("programmes:proposal", slug=slug, pk=proposal.pk)
    context = {
        "programme": programme,
        "tab": "protocol",
        "form": form,
        "title": _("Proposer un changement au protocole"),
        "lead": _("Ce qu’un site a trouvé peut servir à tous. Le réseau discute, décide et dit pourquoi."),
        "submit": _("Proposer"),
        "back": reverse("programmes:proposals", args=[slug]),
    }
    return render(request, "programmes/edit.html", context)


def _proposal(programme: Programme, pk: int) -> Proposal:
    known = programme.proposals.select_related("author", "site", "lesson", "version", "decided_by")
    return get_object_or_404(known, pk=pk)


def proposal(request: Request, slug: str, pk: int) -> HttpResponse:
    programme = services.programme_for(request.user, slug, "view_proposals")
    one = _proposal(programme, pk)
    can = POLICY.actions(request.user, programme)
    form = CommentForm(request.POST or None)
    if request.method == "POST":
        POLICY.require(request.user, "propose", programme)
        if form.is_valid():
            services.comment(one, by=request.user, **form.cleaned_data)
            return redirect("programmes:proposal", slug=slug, pk=pk)
    return render(request, "programmes/proposal.html", _page(programme, one, can, form))


def _page(programme: Programme, one: Proposal, can: frozenset[str], form: CommentForm) -> dict[str, Any]:
    version = services.current_version(programme)
    component = version.protocol.component(one.component_id) if version and one.component_id else None
    return {
        "programme": programme,
        "proposal": one,
        "component": component,
        "setting": _setting(version.protocol, component, one) if version and component else None,
        "contributors": one.contributors.all(),
        "comments": one.comments.select_related("author"),
        "can": can,
        "is_open": one.state == Proposal.State.OPEN,
        "form": form,
    }


def _setting(protocol: Protocol, component: Component, one: Proposal) -> dict[str, str] | None:
    """The parameter whose value is proposed: what it allows and starts from today, and what it would."""
    parameter = find_parameter(component, one.parameter_id) if one.parameter_id else None
    if parameter is None:
        return None
    value: Any = one.proposed_value
    later = starting_from(parameter, tuple(value) if isinstance(value, list) else value)
    now, then = (latitude_in_words(latitude(protocol, component.id, it)) for it in (parameter, later))
    return {
        "label": parameter.label,
        "now": now,
        "then": then,
        "default": value_in_words(parameter, parameter.default),
        "value": value_in_words(parameter, later.default),
    }


def decide(request: Request, slug: str, pk: int) -> HttpResponse:
    programme = services.programme_for(request.user, slug, "decide_proposal")
    one = _proposal(programme, pk)
    form = DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        act = services.accept if form.cleaned_data["decision"] == "accept" else services.decline
        try:
            act(one, reason=form.cleaned_data["reason"], by=request.user)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, _("Décision enregistrée, avec sa raison."))
            if one.parameter_id and form.cleaned_data["decision"] == "accept":
                messages.info(
                    request,
                    _("La valeur proposée est dans le brouillon : la relire, la changer s’il le faut."),
                )
                return redirect(
                    "programmes:edit_inner", slug, one.component_id, "parameters", one.parameter_id
                )
            return redirect("programmes:proposal", slug=slug, pk=pk)
    context = {
        "programme": programme,
        "tab": "protocol",
        "form": form,
        "title": _("Décider : %(title)s") % {"title": one.title},
        "lead": _(
            "Reprise, elle entre dans la version en préparation avec le nom de ses auteurs ; vous pourrez la relire."
        ),
        "submit": _("Enregistrer la décision"),
        "back": reverse("programmes:proposal", args=[slug, pk]),
    }
    return render(request, "programmes/edit.html", context)
