"""The needs and offer map of a territory, and the graft finding that follows."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from essaim.platform.http import Request
from essaim.platform.programmes.permissions import open_programme
from essaim.platform.sites import services as sites
from essaim.platform.territories import graft_forms, grafting, places
from essaim.platform.territories.models import Activity, LocalNeed, LocalOffer
from essaim.platform.territories.permissions import GRAFT_POLICY
from essaim.territory.codes import LEVELS, Level, Territory

if TYPE_CHECKING:
    from essaim.platform.programmes.models import Programme

KINDS: dict[str, tuple[Any, Any]] = {
    "needs": (LocalNeed, graft_forms.NeedForm),
    "offers": (LocalOffer, graft_forms.OfferForm),
}


def _programme(request: Request, slug: str, action: str) -> "Programme":
    found = open_programme(slug)
    GRAFT_POLICY.require(request.user, action, found)
    return found


def _territory(level: str, code: str) -> Territory:
    found = places.find(cast(Level, level), code) if level in LEVELS else None
    if found is None:
        raise Http404
    return found


def grafts(request: Request, slug: str) -> HttpResponse:
    """The programme's activities, and the territories of which something is known."""
    programme = _programme(request, slug, "view")
    form = graft_forms.TerritoryForm(request.GET or None)
    if request.GET and form.is_valid():
        return redirect("territories:graft", slug=slug, **form.cleaned_data)
    listed = [_territory(level, code) for level, code in grafting.territories_of(programme)]
    context = {
        "programme": programme,
        "form": form,
        "territories": listed,
        "activities": programme.activities.all(),
    }
    return render(
        request, "territories/grafts.html", context | {"can": GRAFT_POLICY.actions(request.user, programme)}
    )


def graft(request: Request, slug: str, level: str, code: str) -> HttpResponse:
    programme, place = _programme(request, slug, "view"), _territory(level, code)
    here = (programme, place.level, place.code)
    imported = grafting.imported_offer(*here)
    found = grafting.finding(*here, imported)
    needs, offers = grafting.needs_of(*here), grafting.offers_of(*here)
    quarters = [feature["properties"] for feature in grafting.quarters_of(*here)]
    context = {
        "programme": programme,
        "place": place,
        "can": GRAFT_POLICY.actions(request.user, programme),
        "needs": needs,
        "offers": offers,
        "imported": imported,
        "quarters": quarters,
        "verdicts": [grafting.in_words(verdict) for verdict in found.verdicts],
        "fingerprint": found.fingerprint,
        "simulated": any(entry.simulated for entry in (*needs, *offers)),
        "zooms": bool(quarters or any(row["lon"] is not None for row in imported)),
        "map_sources": grafting.map_sources(programme),
        "sites": [s for s in sites.sites_of(programme) if _holds(place, s.territory_level, s.territory_code)],
    }
    return render(request, "territories/graft.html", context)


def _holds(place: Territory, level: str, code: str) -> bool:
    """Whether a site's territory is this one or lies in it."""
    if level == "commune":
        return code in grafting.communes_of(place.level, place.code)
    return (level, code) == (place.level, place.code)


def graft_map(request: Request, slug: str, level: str, code: str) -> HttpResponse:
    """What the map that zooms draws, as GeoJSON."""
    programme, place = _programme(request, slug, "view"), _territory(level, code)
    return JsonResponse(grafting.map_of(programme, place.level, place.code))


def activity(request: Request, slug: str, pk: int | None = None) -> HttpResponse:
    programme = _programme(request, slug, "edit_activities")
    known = get_object_or_404(programme.activities, pk=pk) if pk else Activity(programme=programme)
    form = graft_forms.ActivityForm(request.POST or None, instance=known)
    if request.method == "POST" and form.is_valid():
        grafting.save(form.instance)
        return redirect("territories:grafts", slug=slug)
    return render(
        request, "territories/graft_activity.html", {"programme": programme, "form": form, "known": known}
    )


def entry(
    request: Request, slug: str, level: str, code: str, kind: str, pk: int | None = None
) -> HttpResponse:
    """A need or an offer of the territory, new or known."""
    programme, place = _programme(request, slug, "edit"), _territory(level, code)
    model, form_class = _kind(kind)
    here = {"programme": programme, "level": place.level, "code": place.code}
    known = get_object_or_404(model, pk=pk, **here) if pk else model(**here)
    form = form_class(request.POST or None, instance=known, themes=grafting.themes_of(programme))
    if request.method == "POST" and form.is_valid():
        grafting.save(form.instance)
        messages.success(request, _("Enregistré : le constat est recalculé."))
        return redirect("territories:graft", slug=slug, level=place.level, code=place.code)
    context = {"programme": programme, "place": place, "form": form, "kind": kind, "known": known}
    return render(request, "territories/graft_entry.html", context)


def delete(request: Request, slug: str, kind: str, pk: int) -> HttpResponse:
    """Withdraw an activity, a need or an offer, after having read what it is."""
    programme = _programme(request, slug, "edit_activities" if kind == "activities" else "edit")
    if kind == "activities":
        known, back = (
            get_object_or_404(programme.activities, pk=pk),
            redirect("territories:grafts", slug=slug),
        )
    else:
        known = get_object_or_404(_kind(kind)[0], pk=pk, programme=programme)
        back = redirect("territories:graft", slug=slug, level=known.level, code=known.code)
    if request.method == "POST":
        grafting.delete(known)
        messages.success(request, _("Retiré : le constat est recalculé."))
        return back
    return render(
        request, "territories/graft_delete.html", {"programme": programme, "known": known, "back": back.url}
    )


def _kind(kind: str) -> tuple[Any, Any]:
    if kind not in KINDS:
        raise Http404
    return KINDS[kind]
