"""Preparing a version: its outline, then reading and publication; the forms are in ``views_editing``."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from essaim.platform.http import Request
from essaim.platform.programmes import editing, services
from essaim.platform.programmes.comparing import BUMPS, SECTIONS, groups
from essaim.platform.programmes.forms import OpinionForm, PublishForm
from essaim.platform.programmes.forms_parts import StartForm
from essaim.platform.programmes.models import Programme, ProtocolVersion
from essaim.platform.programmes.permissions import POLICY
from essaim.platform.programmes.reading import SELECTION_MODES, ComponentReading, read
from essaim.protocol import Protocol
from essaim.protocol.document import item_title

OUTLINE = (
    "variants",
    "roles",
    "prerequisites",
    "tools",
    "indicators",
    "requirements",
    "steps",
    "criteria",
    "sources",
)


def open_draft(
    request: Request, slug: str, action: str = "edit_protocol"
) -> tuple[Programme, ProtocolVersion]:
    programme = services.programme_for(request.user, slug, action)
    found = services.draft_of(programme)
    if found is None:
        raise Http404
    return programme, found


def back_to_draft(slug: str) -> HttpResponse:
    return redirect("programmes:draft", slug=slug)


def draft(request: Request, slug: str) -> HttpResponse:
    """The version in preparation; a first form when there is no protocol at all."""
    programme = services.programme_for(request.user, slug, "edit_protocol")
    version = services.draft_of(programme)
    if version is None:
        current = services.current_version(programme)
        return render(request, "programmes/draft_none.html", {"programme": programme, "current": current})
    state = services.examine_draft(version)
    context = {
        "programme": programme,
        "version": version,
        "state": state,
        "bump": BUMPS[state.bump],
        "groups": groups(state.changes, state.base, state.protocol) if state.base else [],
        "components": _in_order(state.protocol),
        "sections": [
            (
                name,
                SECTIONS[name],
                [(one.id, item_title(one)) for one in editing.items(state.protocol, (name, ""))],
                _part(state.protocol, name),
            )
            for name in OUTLINE
        ],
        "can": POLICY.actions(request.user, programme),
        "review": services.review_of(version),
        "opinion_form": OpinionForm(),
        "is_draft": version.state == ProtocolVersion.State.DRAFT,
        "proposals": version.proposals.select_related("author", "site"),
    }
    return render(request, "programmes/draft.html", context)


def _in_order(protocol: Protocol) -> list[ComponentReading]:
    """Components in the order of the document, which the screen changes."""
    known = {one.component.id: one for one in read(protocol).components}
    return [known[component.id] for component in protocol.components]


def _part(protocol: Protocol, section: str) -> dict[str, Any] | None:
    """The label above its requirements, the way receivers are chosen above its steps."""
    if section == "requirements":
        label = protocol.label
        action = _("Modifier le label") if label else _("Créer le label")
        summary = label.title if label else _("Pas de label.")
        return {"name": "label", "summary": summary, "action": action, "exists": label is not None}
    if section == "steps":
        selection = protocol.selection
        mode = str(SELECTION_MODES[selection.mode]) if selection else _("Pas de choix décrit.")
        action = _("Modifier la voie de choix") if selection else _("Décrire le choix")
        summary = mode.capitalize()
        return {"name": "selection", "summary": summary, "action": action, "exists": selection is not None}
    return None


def start(request: Request, slug: str) -> HttpResponse:
    """Open a draft: a copy of the published version, or a first protocol from its essence."""
    programme = services.programme_for(request.user, slug, "edit_protocol")
    if services.draft_of(programme):
        return back_to_draft(slug)
    if services.current_version(programme):
        if request.method == "POST":
            services.open_draft(programme, by=request.user)
        return back_to_draft(slug)
    form = StartForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.start_protocol(programme, by=request.user, **form.cleaned_data)
        return back_to_draft(slug)
    context = {
        "programme": programme,
        "tab": "protocol",
        "form": form,
        "title": _("Commencer le protocole"),
        "lead": _(
            "D’abord pour qui et pourquoi. Les composants peuvent venir plus tard, de ce que les sites inventent."
        ),
        "submit": _("Commencer"),
        "back": reverse("programmes:protocol", args=[slug]),
    }
    return render(request, "programmes/edit.html", context)


@require_POST
def submit(request: Request, slug: str) -> HttpResponse:
    _programme, version = open_draft(request, slug)
    try:
        services.submit_draft(version)
    except ValidationError as error:
        for message in error.messages:
            messages.error(request, message)
    else:
        messages.success(
            request, _("La version est en relecture : elle ne change plus jusqu’à sa publication.")
        )
    return back_to_draft(slug)


@require_POST
def opinion(request: Request, slug: str) -> HttpResponse:
    """What a person of the committee says of the version given to read."""
    _programme, version = open_draft(request, slug)
    form = OpinionForm(request.POST)
    try:
        if form.is_valid():
            services.give_opinion(version, by=request.user, **form.cleaned_data)
            messages.success(request, _("Votre avis est enregistré."))
        else:
            messages.error(request, _("Choisir un avis avant de l’envoyer."))
    except ValidationError as error:
        for message in error.messages:
            messages.error(request, message)
    return back_to_draft(slug)


@require_POST
def take_back(request: Request, slug: str) -> HttpResponse:
    _programme, version = open_draft(request, slug)
    services.take_back(version)
    return back_to_draft(slug)


def discard(request: Request, slug: str) -> HttpResponse:
    programme, version = open_draft(request, slug)
    if request.method == "POST":
        services.discard_draft(version)
        messages.success(request, _("Brouillon abandonné."))
        return redirect("programmes:protocol", slug=slug)
    context = {
        "programme": programme,
        "title": _("le brouillon de la version %(number)s") % {"number": version.number},
        "consequences": [
            _("la proposition « %(title)s » sera de nouveau en discussion") % {"title": one.title}
            for one in version.proposals.all()
        ],
        "back": reverse("programmes:draft", args=[slug]),
    }
    return render(request, "programmes/draft_remove.html", context)


def publish(request: Request, slug: str) -> HttpResponse:
    """The last look of the network: notes to edit, number to confirm."""
    programme, version = open_draft(request, slug, "publish")
    if version.state != ProtocolVersion.State.REVIEW:
        messages.error(request, _("Donner d’abord la version à relire."))
        return back_to_draft(slug)
    form = PublishForm(request.POST or None, initial={"number": version.number, "notes": version.notes})
    if request.method == "POST" and form.is_valid():
        try:
            services.publish_draft(version, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, _("Version publiée. Les sites voient ce qu’elle change chez eux."))
            return redirect("programmes:protocol", slug=slug)
    context = {
        "programme": programme,
        "tab": "protocol",
        "form": form,
        "title": _("Publier la version %(number)s") % {"number": version.number},
        "groups": services.compare(version.base, version) if version.base else [],
        "review": services.review_of(version),
        "lead": _(
            "Une version publiée ne change plus. Les notes ci-dessous sont écrites d’après ce qui a changé : à relire."
        ),
        "submit": _("Publier"),
        "back": reverse("programmes:draft", args=[slug]),
    }
    return render(request, "programmes/publish.html", context)
