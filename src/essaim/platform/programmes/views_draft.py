"""Preparing a version: outline, forms by item with a live comparison, reading, publication."""

from dataclasses import replace
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
from essaim.platform.programmes.forms import PublishForm
from essaim.platform.programmes.forms_protocol import FIELDS, EssenceForm, ItemForm, StartForm
from essaim.platform.programmes.models import Programme, ProtocolVersion
from essaim.platform.programmes.permissions import POLICY
from essaim.platform.programmes.reading import read
from essaim.protocol import InvalidDocument, Protocol, validate
from essaim.protocol.versions import weigh

OUTLINE = ("roles", "prerequisites", "tools", "indicators", "requirements", "steps", "criteria", "sources")


def _draft(request: Request, slug: str, action: str = "edit_protocol") -> tuple[Programme, ProtocolVersion]:
    programme = services.programme_for(request.user, slug, action)
    found = services.draft_of(programme)
    if found is None:
        raise Http404
    return programme, found


def _back(slug: str) -> HttpResponse:
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
        "reading": read(state.protocol),
        "groups": groups(state.changes, state.base, state.protocol) if state.base else [],
        "sections": [
            (
                name,
                SECTIONS[name],
                [(one.id, editing.title(one)) for one in editing.items(state.protocol, (name, ""))],
            )
            for name in OUTLINE
        ],
        "can": POLICY.actions(request.user, programme),
        "is_draft": version.state == ProtocolVersion.State.DRAFT,
        "proposals": version.proposals.select_related("author", "site"),
    }
    return render(request, "programmes/draft.html", context)


def start(request: Request, slug: str) -> HttpResponse:
    """Open a draft: a copy of the published version, or a first protocol from its essence."""
    programme = services.programme_for(request.user, slug, "edit_protocol")
    if services.draft_of(programme):
        return _back(slug)
    if services.current_version(programme):
        if request.method == "POST":
            services.open_draft(programme, by=request.user)
        return _back(slug)
    form = StartForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.start_protocol(programme, by=request.user, **form.cleaned_data)
        return _back(slug)
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


def _save(request: Request, version: ProtocolVersion, protocol: Protocol, form: Any = None) -> bool:
    """Save the draft; what is refused goes to the form, new problems of the document are told."""
    before = {str(problem) for problem in validate(version.protocol)}
    try:
        saved = services.save_draft(version, protocol, expected=request.POST.get("seen", ""))
    except InvalidDocument as error:
        refused = [f"{problem.message} {problem.mend}" for problem in error.problems]
    except ValidationError as error:
        refused = error.messages
    else:
        for problem in validate(saved.protocol):
            if str(problem) not in before:
                messages.warning(request, f"{problem.message} {problem.mend}")
        return True
    for message in refused:
        form.add_error(None, message) if form else messages.error(request, message)
    return False


def _place(protocol: Protocol, section: str, component: str) -> editing.Place:
    place = (section, component)
    try:
        editing.items(protocol, place)
    except KeyError as error:
        raise Http404 from error
    if section not in FIELDS:
        raise Http404
    return place


def essence(request: Request, slug: str) -> HttpResponse:
    programme, version = _draft(request, slug)
    protocol = version.protocol
    initial = {"for_whom": protocol.essence.for_whom, "why": protocol.essence.why}
    form = EssenceForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        changed = replace(protocol, essence=replace(protocol.essence, **form.cleaned_data))
        if _save(request, version, changed, form):
            return _back(slug)
    return _item_page(request, programme, version, form, _("L’essence : pour qui et pourquoi"))


def edit_item(request: Request, slug: str, section: str, item: str = "", component: str = "") -> HttpResponse:
    """Add (no ``item``) or change an item; asked by htmx, only shows what it would become."""
    programme, version = _draft(request, slug)
    protocol = version.protocol
    place = _place(protocol, section, component)
    try:
        before = editing.item(protocol, place, item) if item else None
    except KeyError as error:
        raise Http404 from error
    form = ItemForm(request.POST or None, protocol=protocol, place=place, before=before)
    if request.method == "POST" and form.is_valid():
        changed = editing.put(protocol, place, form.item())
        if request.htmx and "preview" in request.POST:
            return _preview(
                request, version, changed, component or (form.item().id if section == "components" else "")
            )
        if _save(request, version, changed, form):
            messages.success(request, _("Brouillon enregistré."))
            return _back(slug)
    if request.htmx and "preview" in request.POST:
        return render(request, "programmes/draft_preview.html", {"incomplete": True})
    heading = editing.title(before) if before else _("Ajouter : %(section)s") % {"section": _name(section)}
    return _item_page(request, programme, version, form, heading)


def _name(section: str) -> str:
    inner = {
        "parameters": _("ce que le site peut choisir"),
        "markers": _("ce qui montre que c’est vécu ainsi"),
    }
    return inner.get(section) or str(SECTIONS[section]).lower()


def _item_page(
    request: Request, programme: Programme, version: ProtocolVersion, form: Any, heading: str
) -> HttpResponse:
    context = {
        "programme": programme,
        "version": version,
        "form": form,
        "heading": heading,
        "back": reverse("programmes:draft", args=[programme.slug]),
    }
    return render(request, "programmes/draft_item.html", context)


def _preview(request: Request, version: ProtocolVersion, changed: Protocol, component: str) -> HttpResponse:
    """The component as readers will see it, and what differs from the published version."""
    base = version.base.protocol if version.base else None
    shown = [one for one in read(changed).components if one.component.id == component]
    found = groups(weigh(base, changed), base, changed) if base else []
    context = {"shown": shown[0] if shown else None, "groups": found, "has_base": base is not None}
    return render(request, "programmes/draft_preview.html", context)


@require_POST
def move_item(
    request: Request, slug: str, section: str, item: str, direction: str, component: str = ""
) -> HttpResponse:
    _programme, version = _draft(request, slug)
    protocol = version.protocol
    place = _place(protocol, section, component)
    try:
        changed = editing.move(protocol, place, item, -1 if direction == "up" else 1)
    except KeyError as error:
        raise Http404 from error
    _save(request, version, changed)
    return redirect(reverse("programmes:draft", args=[slug]) + f"#{section}-{item}")


def remove_item(request: Request, slug: str, section: str, item: str, component: str = "") -> HttpResponse:
    programme, version = _draft(request, slug)
    protocol = version.protocol
    place = _place(protocol, section, component)
    try:
        gone = editing.item(protocol, place, item)
    except KeyError as error:
        raise Http404 from error
    if request.method == "POST":
        try:
            changed = editing.remove(protocol, place, item)
        except ValidationError as error:
            messages.error(request, error.messages[0])
        else:
            _save(request, version, changed)
        return _back(slug)
    context = {
        "programme": programme,
        "title": editing.title(gone),
        "consequences": editing.consequences(protocol, place, item),
        "back": reverse("programmes:draft", args=[slug]),
    }
    return render(request, "programmes/draft_remove.html", context)


@require_POST
def submit(request: Request, slug: str) -> HttpResponse:
    _programme, version = _draft(request, slug)
    try:
        services.submit_draft(version)
    except ValidationError as error:
        for message in error.messages:
            messages.error(request, message)
    else:
        messages.success(
            request, _("La version est en relecture : elle ne change plus jusqu’à sa publication.")
        )
    return _back(slug)


@require_POST
def take_back(request: Request, slug: str) -> HttpResponse:
    _programme, version = _draft(request, slug)
    services.take_back(version)
    return _back(slug)


def discard(request: Request, slug: str) -> HttpResponse:
    programme, version = _draft(request, slug)
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
    programme, version = _draft(request, slug, "publish")
    if version.state != ProtocolVersion.State.REVIEW:
        messages.error(request, _("Donner d’abord la version à relire."))
        return _back(slug)
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
        "lead": _(
            "Une version publiée ne change plus. Les notes ci-dessous sont écrites d’après ce qui a changé : à relire."
        ),
        "submit": _("Publier"),
        "back": reverse("programmes:draft", args=[slug]),
    }
    return render(request, "programmes/edit.html", context)
