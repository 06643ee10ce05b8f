"""Splitting, merging, renaming, moving: the lineage is declared here, so that upgrades follow the pieces."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from essaim.platform.http import Request
from essaim.platform.programmes.comparing import groups
from essaim.platform.programmes.fates import fates
from essaim.platform.programmes.forms_reshape import FORMS, offered
from essaim.platform.programmes.models import ProtocolVersion
from essaim.platform.programmes.views_draft import open_draft
from essaim.platform.programmes.views_editing import find_item, save
from essaim.protocol import Protocol
from essaim.protocol.document import Component
from essaim.protocol.versions import weigh


def reshape(request: Request, slug: str, item: str) -> HttpResponse:
    """One page a component, one form a way to reshape it: shown with what it does to the sites, then confirmed."""
    programme, version = open_draft(request, slug)
    component: Component = find_item(version.protocol, ("components", ""), item)
    base = version.base.protocol if version.base else None
    names = offered(version.protocol, base, component)
    asked = request.POST.get("do", "")
    if request.method == "POST" and asked not in names:
        raise Http404
    known: dict[str, Any] = {"protocol": version.protocol, "base": base, "component": component}
    forms = {
        name: FORMS[name](request.POST if name == asked else None, prefix=name, **known) for name in names
    }
    preview = None
    if request.method == "POST" and forms[asked].is_valid():
        changed = _applied(forms[asked])
        seen = request.POST.get("confirm") == version.sha256
        if changed and seen and save(request, version, changed, forms[asked]):
            return _done(request, version, asked, changed, component)
        if changed and not seen:
            preview = _preview(request, version, asked, changed)
    context = {
        "preview": preview,
        "programme": programme,
        "version": version,
        "component": component,
        "forms": list(forms.items()),
        "back": reverse("programmes:draft", args=[slug]) + f"#components-{item}",
    }
    return render(request, "programmes/draft_reshape.html", context)


def _preview(request: Request, version: ProtocolVersion, asked: str, changed: Protocol) -> dict[str, Any]:
    """What the draft would become and what that does to the sites; what was typed goes along to be confirmed."""
    before = version.protocol
    typed = [
        (name, value)
        for name, values in request.POST.lists()
        if name.startswith(f"{asked}-")
        for value in values
    ]
    return {
        "title": FORMS[asked].title,
        "groups": groups(weigh(before, changed), before, changed),
        "fates": fates(version, changed),
        "typed": [("do", asked), ("confirm", version.sha256), *typed],
    }


def _applied(form: Any) -> Protocol | None:
    try:
        changed: Protocol = form.applied()
    except ValueError as error:
        form.add_error(None, str(error))
        return None
    return changed


def _done(
    request: Request, version: ProtocolVersion, asked: str, changed: Protocol, component: Component
) -> HttpResponse:
    """Merged texts are to be read again at once; otherwise the outline shows the result."""
    slug = version.programme.slug
    if asked == "absorb":
        messages.success(request, _("Les deux composants sont réunis : relire les textes mis bout à bout."))
        return redirect("programmes:edit_item", slug, "components", component.id)
    messages.success(request, _("Brouillon enregistré ; la lignée est gardée pour les sites."))
    anchor = component.id if changed.component(component.id) else changed.components[0].id
    return redirect(reverse("programmes:draft", args=[slug]) + f"#components-{anchor}")
