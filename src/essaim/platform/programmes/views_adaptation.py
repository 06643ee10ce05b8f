"""A site's adaptation, component by component: the protocol on one side, what the site does on the other."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from essaim.platform.http import Request
from essaim.platform.programmes import adapting
from essaim.platform.programmes.forms_adaptation import (
    AdditionForm,
    DecisionForm,
    DerogationForm,
    TerritoryForm,
)
from essaim.platform.programmes.reading import TERRITORY_TYPES, listed
from essaim.platform.programmes.services import current_version
from essaim.platform.sites.permissions import POLICY
from essaim.platform.sites.services import current_adaptation, site_for
from essaim.protocol.adaptation import find_parameter


def site_of(request: Request, slug: str, pk: int, action: str = "view") -> Any:
    site = site_for(request.user, pk, action)
    if site.programme.slug != slug:
        raise Http404
    return site


def adaptation(request: Request, slug: str, pk: int) -> HttpResponse:
    site = site_of(request, slug, pk)
    context: dict[str, Any] = {"programme": site.programme, "site": site}
    if site.protocol_version is None:
        return render(request, "programmes/adaptation_none.html", context)
    protocol, held = adapting.adaptation_of(site)
    latest = current_version(site.programme)
    context |= {
        "reading": adapting.read_adaptation(protocol, held),
        "territory": listed([str(TERRITORY_TYPES[kind]) for kind in held.territory_types], _("et")),
        "revision": current_adaptation(site),
        "can": POLICY.actions(request.user, site),
        "newer": latest if latest and latest.pk != site.protocol_version_id else None,
    }
    return render(request, "programmes/adaptation.html", context)


def _done(slug: str, pk: int, anchor: str = "") -> HttpResponse:
    return redirect(reverse("programmes:adaptation", args=[slug, pk]) + anchor)


def _carried_out(request: Request, form: Any, act: Callable[[], None]) -> bool:
    """Whether a valid form was posted and its service done; what the service refuses is said in the form."""
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        act()
    except ValidationError as error:
        form.add_error(None, error)
        return False
    return True


def decide(request: Request, slug: str, pk: int, component: str, parameter: str = "") -> HttpResponse:
    """Decide on a component, or on one of its parameters."""
    site = site_of(request, slug, pk, "adapt")
    if site.protocol_version is None:
        return _done(slug, pk)
    protocol, held = adapting.adaptation_of(site)
    reading = adapting.read_adaptation(protocol, held)
    place = next((one for one in reading.components if one.base.component.id == component), None)
    if place is None:
        raise Http404
    chosen = find_parameter(place.base.component, parameter) if parameter else None
    if parameter and chosen is None:
        raise Http404
    before = held.at(component, parameter or None)
    form = DecisionForm(
        request.POST or None, parameter=chosen, core=place.base.component.kind == "core", before=before
    )
    if _carried_out(
        request,
        form,
        lambda: adapting.take_decision(
            site, component=component, parameter=parameter or None, by=request.user, **form.decision()
        ),
    ):
        messages.success(request, _("Décision enregistrée."))
        return _done(slug, pk, f"#component-{component}")
    context = {
        "programme": site.programme,
        "site": site,
        "place": place,
        "parameter": next((p.base for p in place.parameters if p.base.parameter == chosen), None),
        "before": before,
        "form": form,
        "submit": _("Enregistrer la décision"),
        "back": reverse("programmes:adaptation", args=[slug, pk]),
    }
    return render(request, "programmes/decision.html", context)


@require_POST
def follow_again(request: Request, slug: str, pk: int, decision: str) -> HttpResponse:
    site = site_of(request, slug, pk, "adapt")
    try:
        adapting.follow_again(site, decision, by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(
            request,
            _("Le site suit de nouveau le protocole sur ce point. La décision reste dans l’historique."),
        )
    return _done(slug, pk)


def _form_page(request: Request, site: Any, form: Any, title: str, lead: str, submit: str) -> HttpResponse:
    context = {
        "programme": site.programme,
        "tab": "sites",
        "form": form,
        "title": title,
        "lead": lead,
        "submit": submit,
        "back": reverse("programmes:adaptation", args=[site.programme.slug, site.pk]),
    }
    return render(request, "programmes/edit.html", context)


def add(request: Request, slug: str, pk: int) -> HttpResponse:
    site = site_of(request, slug, pk, "adapt")
    form = AdditionForm(request.POST or None)
    if _carried_out(request, form, lambda: adapting.add_component(site, **form.addition(), by=request.user)):
        messages.success(request, _("Ajout enregistré."))
        return _done(slug, pk, "#additions")
    return _form_page(
        request,
        site,
        form,
        _("Ce que le site ajoute au protocole"),
        _("Un élément que le protocole n’a pas et que ce site fait vivre."),
        _("Enregistrer l’ajout"),
    )


def territory(request: Request, slug: str, pk: int) -> HttpResponse:
    site = site_of(request, slug, pk, "adapt")
    if site.protocol_version is None:
        return _done(slug, pk)
    held = adapting.adaptation_of(site)[1]
    form = TerritoryForm(request.POST or None, initial={"types": held.territory_types})
    if _carried_out(
        request, form, lambda: adapting.set_territory(site, form.cleaned_data["types"], by=request.user)
    ):
        messages.success(request, _("Le protocole s’affiche avec ses variantes pour ce territoire."))
        return _done(slug, pk)
    return _form_page(
        request, site, form, _("Le territoire de %(site)s") % {"site": site.name}, "", _("Enregistrer")
    )


def derogation(request: Request, slug: str, pk: int, decision: str) -> HttpResponse:
    """The network answers a derogation."""
    site = site_of(request, slug, pk, "decide_derogation")
    form = DerogationForm(request.POST or None)
    held = adapting.adaptation_of(site)[1] if site.protocol_version else None
    asked = next((d for d in held.decisions if d.id == decision and d.derogation), None) if held else None
    if asked is None or asked.derogation is None:
        raise Http404
    if _carried_out(
        request,
        form,
        lambda: adapting.answer_derogation(site, decision, **form.given(), by=request.user),
    ):
        messages.success(request, _("Réponse enregistrée ; le site la voit."))
        return _done(slug, pk, f"#component-{asked.component}")
    lead = _("Le site demande : %(reason)s") % {"reason": asked.derogation.reason}
    return _form_page(request, site, form, _("Une dérogation demandée"), lead, _("Répondre"))
