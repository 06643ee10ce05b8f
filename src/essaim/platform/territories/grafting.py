"""Needs and offer of a territory, and what a programme would graft there. Every write goes through here."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from essaim.platform.opendata import services as opendata
from essaim.platform.territories.models import Activity, LocalNeed, LocalOffer
from essaim.territory import codes
from essaim.territory.codes import Level
from essaim.territory.features import collection, geometry
from essaim.territory.graft import ENOUGH, SCARCE, Graft, Need, Service, Verdict, graft
from essaim.territory.graft import Activity as CoreActivity

if TYPE_CHECKING:
    from essaim.platform.programmes.models import Programme

FINDINGS = {
    "adds": gettext_lazy("apporte ce qui manque"),
    "complements": gettext_lazy("complète ce qui existe"),
    "duplicates": gettext_lazy("double ce qui existe"),
    "competes": gettext_lazy("concurrence un acteur local"),
    "unknown": gettext_lazy("ne peut pas être établi"),
}
RULES = {
    "sold": gettext_lazy("Un acteur local vend déjà ce qu’elle vendrait."),
    "no_figure": gettext_lazy(
        "Aucune offre recensée, mais le besoin n’est pas chiffré : rien ne prouve un manque."
    ),
    "no_need": gettext_lazy("Aucun besoin recensé sur le territoire pour ce public."),
    "no_offer": gettext_lazy("Aucune offre recensée ne répond à ce besoin."),
    "no_volume": gettext_lazy(
        "Une offre existe ; son volume ou le besoin n’est pas connu : à vérifier avec elle."
    ),
    "scarce": gettext_lazy(
        "L’offre existante couvre %(share)d %% du besoin recensé, moins de %(scarce)d %%."
    ),
    "partial": gettext_lazy("L’offre existante couvre %(share)d %% du besoin recensé."),
    "enough": gettext_lazy(
        "L’offre existante couvre déjà %(share)d %% du besoin recensé, %(enough)d %% ou plus."
    ),
}
"""The rules of ``essaim.territory.graft`` in words, in the reader’s language."""


def save(entry: Model) -> None:
    entry.full_clean()
    entry.save()


def delete(entry: Model) -> None:
    entry.delete()


def describe_graft(
    programme: "Programme",
    place: tuple[str, str],
    activities: Sequence[Mapping[str, Any]],
    local: Mapping[str, Sequence[Mapping[str, Any]]],
) -> None:
    """Write a programme's activities and what is known of one territory: ``needs`` and ``offers``, as their models."""
    level, code = place
    for fields in activities:
        save(Activity(programme=programme, **fields))
    for kind, model in (("needs", LocalNeed), ("offers", LocalOffer)):
        for fields in local[kind]:
            save(model(programme=programme, level=level, code=code, **fields))


def themes_of(programme: "Programme") -> list[str]:
    """Every need that the programme's activities speak of."""
    return sorted({theme for activity in programme.activities.all() for theme in activity.themes})


def needs_of(programme: "Programme", level: str, code: str) -> list[LocalNeed]:
    return list(LocalNeed.objects.filter(programme=programme, level=level, code=code))


def offers_of(programme: "Programme", level: str, code: str) -> list[LocalOffer]:
    return list(LocalOffer.objects.filter(programme=programme, level=level, code=code))


def communes_of(level: Level, code: str) -> set[str]:
    return {code} if level == "commune" else set(codes.members(level, code))


def imported_offer(programme: "Programme", level: Level, code: str) -> list[dict[str, Any]]:
    """Services of data.inclusion in the territory that speak of the programme's needs; none when not imported."""
    wanted = set(themes_of(programme))
    found = opendata.Available(programme).offer(communes_of(level, code))
    return [row for row in found if wanted & set(row["themes"] or ())]


def territories_of(programme: "Programme") -> list[tuple[str, str]]:
    """Level and code of the territories of which something was said."""
    kept: set[tuple[str, str]] = set()
    for model in (LocalNeed, LocalOffer):
        kept |= set(model.objects.filter(programme=programme).values_list("level", "code"))
    return sorted(kept)


def finding(programme: "Programme", level: Level, code: str, imported: list[dict[str, Any]]) -> Graft:
    """What each activity would do there, computed now from what is known."""
    activities = [
        CoreActivity(str(a.pk), a.title, tuple(a.themes), tuple(a.publics), tuple(a.market))
        for a in programme.activities.all()
    ]
    needs = [
        Need(n.theme, None if n.people is None else float(n.people), n.source, n.date, n.public)
        for n in needs_of(programme, level, code)
    ]
    own = [
        Service(str(o.pk), o.actor, o.title, tuple(o.themes), tuple(o.publics),
                None if o.places is None else float(o.places), tuple(o.market), o.partner, o.source)
        for o in offers_of(programme, level, code)
    ]  # fmt: skip
    official = [
        Service(row["id"], row["actor"], row["name"], tuple(row["themes"] or ()), source=row["source"])
        for row in imported
    ]
    return graft(f"{level} {code}", activities, needs, [*own, *official])


def in_words(verdict: Verdict) -> dict[str, Any]:
    """A finding as the page shows it."""
    figures = {"share": round(100 * (verdict.coverage or 0)), "scarce": 100 * SCARCE, "enough": 100 * ENOUGH}
    return {
        "title": verdict.title,
        "finding": verdict.finding,
        "label": FINDINGS[verdict.finding],
        "why": str(RULES[verdict.rule]) % figures
        if "%(" in str(RULES[verdict.rule])
        else RULES[verdict.rule],
        "actors": verdict.actors,
        "need": verdict.need,
        "places": verdict.places,
    }


def quarters_of(programme: "Programme", level: Level, code: str) -> list[dict[str, Any]]:
    """Contours of the quartiers of the territory, as GeoJSON features; empty when they were not imported."""
    available = opendata.Available(programme)
    return available.contours(available.quarters_in(communes_of(level, code)))


def map_sources(programme: "Programme") -> list[str]:
    """The imported sources that the map draws from, with their vintage."""
    available = opendata.Available(programme)
    drawn = (available.latest("anct_qpv_contours"), available.latest("data_inclusion_services"))
    return [f"{v.about.title} ({v.about.producer}), {v.vintage}" for v in drawn if v is not None]


def map_of(programme: "Programme", level: Level, code: str) -> dict[str, Any]:
    """What the map draws: the territory, the quartiers and the points of the imported offer."""
    place = codes.territory(level, code)
    rows: list[tuple[dict[str, Any], dict[str, Any]]] = [
        (geometry(level, code), {"kind": "territory", "name": place.name})
    ]
    rows += [
        (feature["geometry"], {"kind": "quarter", "name": feature["properties"]["name"]})
        for feature in quarters_of(programme, level, code)
    ]
    rows += [
        (
            {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
            {"kind": "offer", "name": f"{row['actor']} – {row['name']}"},
        )
        for row in imported_offer(programme, level, code)
        if row["lon"] is not None and row["lat"] is not None
    ]
    return collection(rows, title=_("Besoins et offre : %(name)s") % {"name": place.label})
