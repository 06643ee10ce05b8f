"""What imported vintages give to the studies of a programme: measures, values, memberships, outlines, provenance."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import polars as pl
from django.db.models import Q

from essaim.opendata.levels import SHIPPED, Memberships, observed_at, reaches, translate
from essaim.opendata.measures import memberships
from essaim.platform.opendata import store
from essaim.platform.opendata.models import Vintage
from essaim.territory.canvas import dots, drawn
from essaim.territory.codes import communes
from essaim.territory.map import Outlines
from essaim.territory.table import Measure

if TYPE_CHECKING:
    from essaim.platform.programmes.models import Programme
    from essaim.territory.lookup import CodeKind

_HEADS = ("head", "co_steerer")


@dataclass(frozen=True, slots=True)
class Official:
    """An indicator of a vintage, read at ``unit``: ``described`` as the vintage keeps it."""

    vintage: Vintage
    described: Mapping[str, Any]
    unit: str

    @property
    def key(self) -> str:
        return str(self.described["key"])

    @property
    def measure(self) -> Measure:
        told, vintage = self.described, self.vintage
        return Measure(
            self.key, told["label"], told["unit"], f"{vintage.producer}, {vintage.title}", told["date"],
            observed_at(told["level"], self.unit), told["definition"], told["decimals"],
        )  # fmt: skip

    def origin(self) -> dict[str, str]:
        """Where each value comes from, kept with the study that uses it."""
        vintage = self.vintage
        return {
            "key": self.key,
            "source": f"{vintage.producer}, {vintage.title}",
            "address": vintage.address,
            "vintage": vintage.vintage,
            "imported": vintage.imported_at.isoformat(timespec="seconds"),
            "sha256": vintage.sha256,
            "licence": vintage.licence,
        }


class Available:
    """The vintages that a programme's studies may use, read once: its networks' own before those for all."""

    def __init__(self, programme: "Programme") -> None:
        heads = [
            role.organisation_id
            for role in programme.roles.all()
            if role.role in _HEADS and role.is_current()
        ]
        found = Vintage.objects.filter(Q(organisation__in=heads) | Q(organisation=None))
        self.vintages = sorted(found, key=lambda v: (v.organisation_id is None, v.source, v.vintage))

    def latest(self, *sources: str) -> Vintage | None:
        """The last vintage of the first of ``sources`` that is there, the network's own first."""
        for source in sources:
            held = [v for v in self.vintages if v.source == source]
            if held:
                own = [v for v in held if v.organisation_id is not None] or held
                return max(own, key=lambda v: v.vintage)
        return None

    def known(self) -> Memberships:
        """Zones d'emploi and quartiers, from the last vintages that give them."""
        zones, listed = self.latest("insee_ze"), self.latest("anct_qpv", "anct_qpv_contours")
        if zones is None and listed is None:
            return SHIPPED
        return _memberships(zones.path if zones else None, (listed.path, listed.source) if listed else None)

    def official(self, unit: str) -> dict[str, Official]:
        """Every indicator that has a value at ``unit``, by key, the network's own vintage winning."""
        known, found = self.known(), dict[str, Official]()
        for vintage in self.vintages:
            for described in vintage.measures:
                if reaches(described["level"], unit, store.kind_of(described), known):
                    found.setdefault(described["key"], Official(vintage, described, unit))
        return found

    def places(self, unit: str) -> dict[str, tuple[str, str]]:
        """Code → name and département of the territories that the shipped geography does not hold (``ze``, ``qpv``).

        A territory over several départements is said to be of the one where most of its people live.
        """
        if unit == "ze":
            vintage = self.latest("insee_ze")
            return _zones(vintage.path) if vintage else {}
        vintage = self.latest("anct_qpv", "anct_qpv_contours")
        return _quarters(vintage.path, vintage.source) if vintage else {}

    def outlines(self, unit: str) -> Outlines | None:
        """Outlines of zones d'emploi or quartiers in the plane of the shipped maps; None when none was imported."""
        if unit == "ze":
            vintage = self.latest("insee_ze_contours")
            return _drawn(vintage.path, vintage.source) if vintage else None
        listed = self.latest("anct_qpv_contours", "anct_qpv")
        return _dotted(listed.path, listed.source) if listed and unit == "qpv" else None

    def contours(self, codes: list[str]) -> list[dict[str, Any]]:
        """GeoJSON features of these quartiers or zones, for a map that zooms; empty when no contour was imported."""
        features: list[dict[str, Any]] = []
        for source in ("anct_qpv_contours", "insee_ze_contours"):
            vintage = self.latest(source)
            if vintage is not None:
                features += _features(vintage, codes)
        return features

    def quarters_in(self, communes: set[str]) -> list[str]:
        """QPV that one of these communes holds, from the last list imported."""
        return [code for code, held in self.known().quarters.items() if communes & set(held)]

    def offer(self, communes: set[str]) -> list[dict[str, Any]]:
        """Services of data.inclusion in these communes: what, who, themes, publics, where, source, date."""
        services = self.latest("data_inclusion_services")
        if services is None:
            return []
        found = store.scan(services.path, services.source).filter(pl.col("code").is_in(list(communes)))
        rows = found.collect().to_dicts()
        names = self._structures([row["structure_id"] for row in rows])
        told = {"source": services.about.title, "date": services.vintage}
        return [{**row, "actor": names.get(row["structure_id"], row["structure_id"]), **told} for row in rows]

    def _structures(self, wanted: list[str]) -> dict[str, str]:
        """Names of data.inclusion structures, by id."""
        structures = self.latest("data_inclusion_structures")
        if structures is None:
            return {}
        held = store.scan(structures.path, structures.source).select("id", "name")
        return dict(held.filter(pl.col("id").is_in(wanted)).collect().iter_rows())


def values(official: Official, known: Memberships) -> dict[str, float | None]:
    """The indicator at its unit, by code; computed once a vintage and level."""
    described = json.dumps(dict(official.described), sort_keys=True)
    return _values(official.vintage.path, described, official.unit, _Known(known))


@dataclass(frozen=True, slots=True)
class _Known:
    """Memberships as an argument of a cache: compared by identity, since ``_memberships`` gives each once."""

    memberships: Memberships

    def __hash__(self) -> int:
        return id(self.memberships)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and other.memberships is self.memberships


@lru_cache(maxsize=64)
def _values(folder: Path, described: str, unit: str, known: _Known) -> dict[str, float | None]:
    indicator = store.indicator(folder, json.loads(described))
    frame = translate(indicator, cast("CodeKind", unit), known.memberships)
    return dict(zip(frame["code"].to_list(), frame["value"].to_list(), strict=True))


@lru_cache(maxsize=8)
def _memberships(zones: Path | None, listed: tuple[Path, str] | None) -> Memberships:
    return memberships(
        store.table(zones, "insee_ze") if zones else None, store.table(*listed) if listed else None
    )


@lru_cache(maxsize=8)
def _zones(folder: Path) -> dict[str, tuple[str, str]]:
    table = store.table(folder, "insee_ze")
    people: dict[str, dict[str, int]] = {}
    for code, zone in _memberships(folder, None).zones.items():
        place = communes()[code]
        held = people.setdefault(zone, {})
        held[place.department] = held.get(place.department, 0) + (place.population or 0)
    names = dict(table.select("ze", "ze_name").unique(maintain_order=True).iter_rows())
    return {zone: (names[zone], max(held, key=lambda d: held[d])) for zone, held in sorted(people.items())}


@lru_cache(maxsize=8)
def _quarters(folder: Path, source: str) -> dict[str, tuple[str, str]]:
    held = _memberships(None, (folder, source)).quarters
    found = {}
    for code, name in store.table(folder, source).select("code", "name").sort("code").iter_rows():
        of = held.get(code, ())
        if of:
            found[code] = (f"{name} ({communes()[of[0]].name})", communes()[of[0]].department)
    return found


@lru_cache(maxsize=4)
def _drawn(folder: Path, source: str) -> Outlines:
    shapes = store.table(folder, source).select("code", "geometry").iter_rows()
    return drawn({code: json.loads(geometry) for code, geometry in shapes})


@lru_cache(maxsize=4)
def _dotted(folder: Path, source: str) -> Outlines:
    """Quartiers are far smaller than a unit of the map: each is a dot, on its point or in its contour."""
    table = store.table(folder, source)
    if "geometry" in table.columns:
        points = (
            (code, *_corner(json.loads(shape)))
            for code, shape in table.select("code", "geometry").iter_rows()
        )
        return dots(points)
    if "lon" not in table.columns:
        of = _memberships(None, (folder, source)).quarters
        halls = ((code, communes()[held[0]]) for code, held in of.items() if held)
        return dots(
            (code, hall.lon, hall.lat)
            for code, hall in halls
            if hall.lon is not None and hall.lat is not None
        )
    return dots(table.select("code", "lon", "lat").drop_nulls().iter_rows())


def _corner(geometry: Mapping[str, Any]) -> tuple[float, float]:
    polygon = geometry["coordinates"][0] if geometry["type"] == "MultiPolygon" else geometry["coordinates"]
    return polygon[0][0][0], polygon[0][0][1]


def _features(vintage: Vintage, codes: list[str]) -> list[dict[str, Any]]:
    wanted = set(codes)
    rows = store.table(vintage.path, vintage.source).select("code", "name", "geometry").iter_rows()
    return [
        {"type": "Feature", "properties": {"code": code, "name": name}, "geometry": json.loads(shape)}
        for code, name, shape in rows
        if code in wanted
    ]
