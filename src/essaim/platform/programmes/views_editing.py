"""Editing a draft part by part: a form, and beside it what readers will see, what changes, what contradicts."""

from collections.abc import Callable
from dataclasses import dataclass
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
from essaim.platform.programmes.fates import Fates, fates
from essaim.platform.programmes.forms_parts import PARTS, REMOVABLE
from essaim.platform.programmes.forms_protocol import FIELDS, ItemForm
from essaim.platform.programmes.forms_variants import ChangeForm
from essaim.platform.programmes.models import ProtocolVersion
from essaim.platform.programmes.reading import latitude_in_words, read, value_in_words
from essaim.platform.programmes.views_draft import back_to_draft, open_draft
from essaim.platform.telling import problems_told
from essaim.protocol import InvalidDocument, Protocol, codec, validate
from essaim.protocol.adaptation import find_parameter
from essaim.protocol.document import Parameter, Variant, item_title
from essaim.protocol.latitude import latitude
from essaim.protocol.versions import next_version, required_bump, weigh


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A form on one part of a draft.

    ``applied`` gives the protocol with what was typed (the form is then valid); ``before`` is the part as it stands
    in the draft, ``None`` for a new one. ``component`` and ``section`` say what the comparison bears on.
    """

    version: ProtocolVersion
    heading: str
    form: Any
    applied: Callable[[], Protocol]
    before: Any
    section: str
    component: Callable[[], str] = str
    done: str = ""
    extra: dict[str, Any] | None = None


def _seen(before: Any) -> str:
    """What identifies the part as a person saw it."""
    return codec.fingerprint(codec.encode(before)) if before is not None else ""


def run(request: Request, edition: Edition) -> HttpResponse:
    """Show the form, its live comparison, or save what was typed; nothing typed is lost when it is refused."""
    form = edition.form
    posted, valid = request.method == "POST", request.method == "POST" and form.is_valid()
    if posted and request.htmx and "preview" in request.POST:
        return _preview(request, edition, edition.applied() if valid else None)
    if valid:
        changed = edition.applied()
        if _changed_meanwhile(request, edition):
            return _page(request, edition, meanwhile=_compared(edition.version.protocol, changed))
        if save(request, edition.version, changed, form):
            messages.success(request, _("Brouillon enregistré."))
            return redirect(edition.done or reverse("programmes:draft", args=[_slug(edition)]))
    return _page(request, edition)


def _slug(edition: Edition) -> str:
    return edition.version.programme.slug


def _changed_meanwhile(request: Request, edition: Edition) -> bool:
    """Whether somebody saved this very part since the form was opened; other parts of the draft do not matter."""
    seen = request.POST.get("seen")
    return seen is not None and seen != _seen(edition.before)


def _page(request: Request, edition: Edition, meanwhile: Any = None) -> HttpResponse:
    context = {
        "programme": edition.version.programme,
        "version": edition.version,
        "form": edition.form,
        "heading": edition.heading,
        "seen": _seen(edition.before),
        "meanwhile": meanwhile,
        "back": edition.done or reverse("programmes:draft", args=[_slug(edition)]),
        **(edition.extra or {}),
    }
    return render(request, "programmes/draft_item.html", context)


def save(request: Request, version: ProtocolVersion, protocol: Protocol, form: Any = None) -> bool:
    """Save the draft; what is refused goes to the form, new problems of the document are told."""
    try:
        saved = services.save_draft(version, protocol, expected=version.sha256)
    except InvalidDocument as error:
        refused = problems_told(error.problems)
    except ValidationError as error:
        refused = error.messages
    else:
        for problem in _new_problems(version.protocol, saved.protocol):
            messages.warning(request, problem)
        return True
    for message in refused:
        form.add_error(None, message) if form else messages.error(request, message)
    return False


def _new_problems(before: Protocol, after: Protocol) -> list[str]:
    known = {problem.message for problem in validate(before)}
    return problems_told(one for one in validate(after) if one.message not in known)


def _compared(before: Protocol, after: Protocol) -> Any:
    return groups(weigh(before, after), before, after)


def _preview(request: Request, edition: Edition, changed: Protocol | None) -> HttpResponse:
    """The part as readers will see it, what contradicts it, and what differs from the published version."""
    if changed is None:
        return render(request, "programmes/draft_preview.html", {"incomplete": True})
    try:
        changed = Protocol.from_dict(changed.to_dict())
    except InvalidDocument as error:
        refused = problems_told(error.problems)
        return render(request, "programmes/draft_preview.html", {"problems": refused})
    base = edition.version.base.protocol if edition.version.base else None
    component, reading = edition.component(), read(changed)
    bump = required_bump(base, changed) if base else "first"
    context = {
        "problems": _new_problems(edition.version.protocol, changed),
        "shown": next((one for one in reading.components if one.component.id == component), None),
        "variants": reading.variants if edition.section == "variants" else (),
        "groups": _about(edition, component, base, changed) if base else [],
        "has_base": base is not None,
        "bump": BUMPS[bump],
        "number": next_version(base.version, bump) if base else edition.version.number,  # type: ignore[arg-type]
    }
    return render(request, "programmes/draft_preview.html", context)


def _about(edition: Edition, component: str, base: Protocol, changed: Protocol) -> Any:
    """Differences from the published version, of this component or of this list only."""
    found = [
        one
        for one in weigh(base, changed)
        if (one.difference.component == component if component else one.difference.section == edition.section)
    ]
    return groups(found, base, changed)


def find_place(protocol: Protocol, section: str, component: str) -> editing.Place:
    place = (section, component)
    try:
        editing.items(protocol, place)
    except KeyError as error:
        raise Http404 from error
    if section not in FIELDS:
        raise Http404
    return place


def find_item(protocol: Protocol, place: editing.Place, item: str) -> Any:
    try:
        return editing.item(protocol, place, item)
    except KeyError as error:
        raise Http404 from error


def edit_part(request: Request, slug: str, part: str) -> HttpResponse:
    """Presentation, essence, label, choice of receivers."""
    _programme, version = open_draft(request, slug)
    if part not in PARTS:
        raise Http404
    protocol = version.protocol
    form = PARTS[part](request.POST or None, protocol=protocol)
    before = (
        (protocol.title, protocol.summary, protocol.unknowns)
        if part == "presentation"
        else getattr(protocol, part)
    )
    section = "protocol" if part == "presentation" else part
    removable = part in REMOVABLE and before is not None
    remove = reverse("programmes:remove_part", args=[slug, part]) if removable else ""
    return run(
        request,
        Edition(
            version=version,
            heading=str(form.heading),
            form=form,
            applied=form.applied,
            before=before,
            section=section,
            extra={"remove": remove},
        ),
    )


def edit_item(request: Request, slug: str, section: str, item: str = "", component: str = "") -> HttpResponse:
    """Add (no ``item``) or change an item of a list."""
    _programme, version = open_draft(request, slug)
    protocol = version.protocol
    place = find_place(protocol, section, component)
    before = find_item(protocol, place, item) if item else None
    form = ItemForm(request.POST or None, protocol=protocol, place=place, before=before)
    heading = item_title(before) if before else _("Ajouter : %(section)s") % {"section": _name(section)}
    return run(
        request,
        Edition(
            version=version,
            heading=heading,
            form=form,
            applied=lambda: editing.put(protocol, place, form.item()),
            before=before,
            section=section,
            component=lambda: component or (form.item().id if section == "components" else ""),
            extra=_around(protocol, section, before),
        ),
    )


def _around(protocol: Protocol, section: str, before: Any) -> dict[str, Any]:
    """What a variant changes, listed above its form."""
    if section != "variants" or before is None:
        return {}
    reading = next(one for one in read(protocol).variants if one.variant.id == before.id)
    return {"variant": before, "settings": list(zip(before.changes, reading.changes, strict=False))}


def _name(section: str) -> str:
    inner = {
        "parameters": _("ce que le site peut choisir"),
        "markers": _("ce qui montre que c’est vécu ainsi"),
    }
    return inner.get(section) or str(SECTIONS[section]).lower()


def edit_change(request: Request, slug: str, item: str, component: str, parameter: str) -> HttpResponse:
    """What a variant changes in one parameter; contradictions with other variants show at once."""
    _programme, version = open_draft(request, slug)
    protocol = version.protocol
    variant, held = _target(protocol, item, component, parameter)
    before = editing.change_of(variant, component, parameter)
    form = ChangeForm(request.POST or None, component=component, parameter=held, before=before)
    everywhere = latitude(protocol, component, held)
    known = protocol.component(component)
    back = reverse("programmes:edit_item", args=[slug, "variants", item])
    remove = reverse("programmes:remove_change", args=[slug, item, component, parameter]) if before else ""
    extra = {
        "lead": _("Partout ailleurs : %(latitude)s") % {"latitude": latitude_in_words(everywhere)},
        "default": value_in_words(held, everywhere.default),
        "remove_at_once": remove,
    }
    return run(
        request,
        Edition(
            version=version,
            heading=f"{variant.title} : {known.title if known else ''}, {held.label}",
            form=form,
            applied=lambda: editing.put_change(protocol, item, form.change()),
            before=before,
            section="variants",
            done=back,
            extra=extra,
        ),
    )


def _target(protocol: Protocol, item: str, component: str, parameter: str) -> tuple[Variant, Parameter]:
    variant = find_item(protocol, ("variants", ""), item)
    found = protocol.component(component)
    held = find_parameter(found, parameter) if found else None
    if held is None:
        raise Http404
    return variant, held


@require_POST
def remove_change(request: Request, slug: str, item: str, component: str, parameter: str) -> HttpResponse:
    _programme, version = open_draft(request, slug)
    _target(version.protocol, item, component, parameter)
    try:
        changed = editing.remove_change(version.protocol, item, component, parameter)
    except KeyError as error:
        raise Http404 from error
    save(request, version, changed)
    return redirect("programmes:edit_item", slug, "variants", item)


def choose_parameter(request: Request, slug: str, item: str) -> HttpResponse:
    """Which choice of which component a variant changes."""
    programme, version = open_draft(request, slug)
    variant = find_item(version.protocol, ("variants", ""), item)
    taken = {(change.component, change.parameter) for change in variant.changes}
    offered = [
        (component, [p for p in component.parameters if (component.id, p.id) not in taken])
        for component in version.protocol.components
    ]
    context = {
        "programme": programme,
        "version": version,
        "variant": variant,
        "offered": [(component, held) for component, held in offered if held],
    }
    return render(request, "programmes/variant_choose.html", context)


def _back_to(request: Request, slug: str, section: str, item: str, component: str) -> HttpResponse:
    anchor = f"{component}-{section}-{item}" if component else f"{section}-{item}"
    return redirect(reverse("programmes:draft", args=[slug]) + f"#{anchor}")


@require_POST
def move_item(
    request: Request, slug: str, section: str, item: str, direction: str, component: str = ""
) -> HttpResponse:
    """One place earlier or later (the buttons)."""
    _programme, version = open_draft(request, slug)
    place = find_place(version.protocol, section, component)
    find_item(version.protocol, place, item)
    save(request, version, editing.move(version.protocol, place, item, -1 if direction == "up" else 1))
    return _back_to(request, slug, section, item, component)


@require_POST
def place_item(request: Request, slug: str, section: str, item: str, component: str = "") -> HttpResponse:
    """Just before the item named ``before``, or at the end (dragging)."""
    _programme, version = open_draft(request, slug)
    place = find_place(version.protocol, section, component)
    try:
        changed = editing.put_before(version.protocol, place, item, request.POST.get("before", ""))
    except KeyError as error:
        raise Http404 from error
    save(request, version, changed)
    return _back_to(request, slug, section, item, component)


def remove_item(request: Request, slug: str, section: str, item: str, component: str = "") -> HttpResponse:
    programme, version = open_draft(request, slug)
    protocol = version.protocol
    place = find_place(protocol, section, component)
    gone = find_item(protocol, place, item)
    if request.method == "POST":
        try:
            changed = editing.remove(protocol, place, item)
        except ValidationError as error:
            messages.error(request, error.messages[0])
        else:
            if save(request, version, changed):
                messages.success(
                    request, _("« %(title)s » est retiré du brouillon.") % {"title": item_title(gone)}
                )
        return back_to_draft(slug)
    consequences = editing.consequences(protocol, place, item)
    lost = None
    if section in ("components", "parameters"):
        lost = fates(version, editing.remove(protocol, place, item))
    return _confirm(request, programme, item_title(gone), consequences, lost)


def remove_part(request: Request, slug: str, part: str) -> HttpResponse:
    """The label or the choice of receivers, with what it holds."""
    programme, version = open_draft(request, slug)
    protocol = version.protocol
    if part not in REMOVABLE or getattr(protocol, part) is None:
        raise Http404
    if request.method == "POST":
        save(request, version, editing.without_part(protocol, part))
        return back_to_draft(slug)
    return _confirm(request, programme, str(PARTS[part].heading), editing.held_by_part(protocol, part))


def _confirm(
    request: Request, programme: Any, title: str, consequences: list[str], lost: Fates | None = None
) -> HttpResponse:
    context = {
        "programme": programme,
        "title": title,
        "consequences": consequences,
        "fates": lost,
        "back": reverse("programmes:draft", args=[programme.slug]),
    }
    return render(request, "programmes/draft_remove.html", context)
