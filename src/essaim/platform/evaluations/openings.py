"""The waves that a programme's own sites make: which territories they expose, since when, and which can say nothing.

Exposure is by intention to treat: a site that opens during a period exposes the whole of it, and an exposed territory
stays so when its site closes.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, cast

import polars as pl
from django.utils.translation import gettext as _

from essaim.opendata.levels import SHIPPED, Memberships, holders
from essaim.platform.dates import bounds
from essaim.platform.evaluations.panels import BadPanel
from essaim.platform.sites.services import perhaps_opened_sites
from essaim.territory.codes import Level, UnknownCode, communes, members
from essaim.territory.lookup import CodeKind
from essaim.words import told, told_count

if TYPE_CHECKING:
    from essaim.platform.programmes.models import Programme

SIZES = {"commune": 0, "epci": 1, "ze": 2, "departement": 3, "region": 4}
WHY = {
    "undated": told("Ouverts à une date inconnue, donc ni exposés ni comparés, hors du panel"),
    "larger": told(
        "Pris dans le territoire plus vaste d’un site, sans que l’on sache lesquels il touche, hors du panel"
    ),
    "partly": told("Touchés par une petite part d’un site qui ouvre à côté, hors du panel"),
}


@dataclass(frozen=True, slots=True)
class Openings:
    """First openings by territory of one level.

    ``table``: ``code``, ``date`` (the first day it may mean), ``vague``, ``version``; ``leaving``: code → why it leaves
    the panel; ``notes``: what the reader must know. Texts are told (``essaim.words``).
    """

    table: pl.DataFrame
    leaving: dict[str, str]
    notes: list[str]
    simulated: bool

    @property
    def csv(self) -> bytes:
        return self.table.write_csv().encode()


def openings(programme: "Programme", unit: CodeKind | None = None, known: Memberships = SHIPPED) -> Openings:
    """The openings of the programme's sites, by territory of ``unit``; without it, by the territory each site names.

    A site is of the territory where most of its people live. Errors: ``BadPanel`` when no site can be dated and placed.
    """
    sites = perhaps_opened_sites(programme)
    above = holders(unit, known) if unit else {}
    dated: dict[str, Any] = {}
    covered: dict[str, set[str]] = defaultdict(set)
    leaving: dict[str, str] = {}
    nowhere = []
    for site in sites:
        touched = _touched(site, unit, above)
        if not touched:
            nowhere.append(site.name)
        elif unit and SIZES[site.territory_level] > SIZES[unit]:
            leaving |= dict.fromkeys(touched, "larger")
        else:
            main, *others = touched
            for code in others:
                leaving.setdefault(code, "partly")
            if not site.opened_on:
                leaving[main] = "undated"
                continue
            covered[main] |= touched[main]
            if main not in dated or bounds(site.opened_on) < bounds(dated[main].opened_on):
                dated[main] = site
    for code in dated.keys() & leaving.keys():
        if leaving[code] == "partly":  # it has an opening of its own
            del leaving[code]
    rows = [_row(code, site) for code, site in sorted(dated.items()) if code not in leaving]
    if not rows:
        raise BadPanel(_nothing(leaving))
    notes = [
        *_unplaced(nowhere),
        *_closed(sites),
        *_vague(dated, unit),
        *_share(covered, leaving, unit, above),
    ]
    table = pl.DataFrame(rows, schema=["code", "date", "vague", "version"], orient="row")
    reasons: dict[str, str] = {code: WHY[why] for code, why in leaving.items()}
    return Openings(table, reasons, notes, any(site.simulated for site in sites))


def _touched(site: Any, unit: CodeKind | None, above: dict[str, str]) -> dict[str, set[str]]:
    """Territories that hold a part of the site → its communes there, the most peopled first."""
    if not site.territory_code or not site.territory_level:
        return {}
    if unit is None:
        return {site.territory_code: set()}
    try:
        held = members(cast(Level, site.territory_level), site.territory_code)
    except UnknownCode:
        return {}
    if unit == site.territory_level:
        return {site.territory_code: set(held)}
    found: dict[str, set[str]] = defaultdict(set)
    people: Counter[str] = Counter()
    for code in held:
        if code in above:
            found[above[code]].add(code)
            people[above[code]] += communes()[code].population or 0
    return {code: found[code] for code in sorted(found, key=lambda code: (-people[code], code))}


def _row(code: str, site: Any) -> tuple[str, str, str, str]:
    wave = str(site.wave.number) if site.wave else ""
    version = site.protocol_version.number if site.protocol_version else ""
    return code, bounds(site.opened_on)[0].isoformat(), wave, version


def _nothing(leaving: dict[str, str]) -> str:
    if "larger" in leaving.values():
        return _(
            "Aucun site daté ne tient dans un territoire de cette échelle : choisir une échelle plus large, ou "
            "préciser le territoire des sites."
        )
    return _(
        "Aucun site de ce programme n’a à la fois un territoire codé et une date d’ouverture : les préciser."
    )


def _unplaced(names: list[str]) -> list[str]:
    if not names:
        return []
    return [
        told(
            "Sites sans territoire connu : %(names)s. Leur territoire passe pour jamais exposé, ce qui affaiblit "
            "l’effet mesuré ; le préciser.",
            names=", ".join(names),
        )
    ]


def _closed(sites: list[Any]) -> list[str]:
    count = sum(bool(site.closed_on) for site in sites)
    if not count:
        return []
    return [
        told_count(
            "%(count)s site a fermé depuis : son territoire reste compté comme exposé.",
            "%(count)s sites ont fermé depuis : leurs territoires restent comptés comme exposés.",
            count,
        )
    ]


def _vague(dated: dict[str, Any], unit: CodeKind | None) -> list[str]:
    count = sum(len(site.opened_on) == len("2007") for site in dated.values())
    if not count or unit is None:
        return []
    return [
        told_count(
            "%(count)s ouverture n’est connue qu’à l’année : elle compte du 1er janvier.",
            "%(count)s ouvertures ne sont connues qu’à l’année : elles comptent du 1er janvier.",
            count,
        )
    ]


def _share(
    covered: dict[str, set[str]], leaving: dict[str, str], unit: CodeKind | None, above: dict[str, str]
) -> list[str]:
    """What part of the exposed territories the sites really cover, where they are smaller."""
    part = {code: held for code, held in covered.items() if held and code not in leaving}
    if not part or unit in (None, "commune"):
        return []
    people: Counter[str] = Counter()
    for code, whole in above.items():
        people[whole] += communes()[code].population or 0
    shares = [
        sum(communes()[c].population or 0 for c in held) / people[code]
        for code, held in part.items()
        if people[code]
    ]
    if not shares or median(shares) == 1:
        return []
    return [
        told(
            "Les sites n’occupent qu’une part des territoires exposés (médiane : %(share)s %% de leur population) : "
            "l’effet mesuré est celui du territoire entier, dilué d’autant.",
            share=round(100 * median(shares), 1),
        )
    ]
