"""The targeting studies that the demonstration makes on real data only, one a programme, as a table to read.

Each uses what is there: the shipped geography, and the official files when ``--data`` brought them. A criterion whose
data are absent is left out, and the study's note says so. Nothing in them is simulated.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction

from essaim.platform.audit import writing_as
from essaim.platform.programmes import services as programmes
from essaim.platform.territories import services as territories
from essaim.territory.codes import communes

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User
    from essaim.platform.programmes.models import Programme

LEAST_KNOWN = 0.5
"""Share of the scope's territories in which a criterion must be known to be used."""

Row = tuple[str, str, str, str]  # stem of the indicator's key, family, direction, reason


@dataclass(frozen=True, slots=True)
class Targeting:
    """``people``: communes of this size only. ``weights``: sentences, kept when both sides are there.
    ``curves``: how a value becomes a note, by stem, where it is not a rank.
    """

    programme: str
    title: str
    note: str
    unit: str
    k: int
    criteria: tuple[Row, ...]
    scope: Mapping[str, Any] = field(default_factory=dict)
    people: tuple[int, int] | None = None
    weights: tuple[str, ...] = ()
    curves: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


UNEMPLOYMENT: Row = ("chomage_ze", "need", "high", "Là où l’emploi manque le plus.")
POVERTY: Row = ("pauvrete_60", "need", "high", "Les plus démunis d’abord.")
QUARTERS: Row = ("qpv", "need", "high", "Un quartier prioritaire concentre la privation d’emploi.")
SIZE: Row = ("population", "resources", "high", "Il faut assez d’habitants pour qu’un site vive.")

TARGETINGS = (
    Targeting(
        "convergence",
        "Convergence : quelles intercommunalités, sur données réelles",
        "Greffer un accompagnement renforcé sur un collectif de chantiers : besoin élevé, assez d’habitants.",
        "epci",
        10,
        (UNEMPLOYMENT, POVERTY, SIZE, QUARTERS),
        weights=("need >= resources",),
    ),
    Targeting(
        "tapaj",
        "TAPAJ : quelles villes de plus de 20 000 habitants, sur données réelles",
        "Des jeunes en grande précarité, une ville assez grande pour que des chantiers à la journée existent.",
        "commune",
        10,
        (UNEMPLOYMENT, POVERTY, SIZE,
         ("finess_csapa_caarud", "resources", "high", "TAPAJ est porté par un CAARUD ou un CSAPA.")),
        people=(20_000, 100_000_000),
    ),
    Targeting(
        "impact-jeunes",
        "Impact Jeunes : quels quartiers des Bouches-du-Rhône, sur données réelles",
        "Le booster travaille à l’échelle d’un quartier prioritaire. Les valeurs sont celles de la commune ou de la "
        "zone qui le contient : elles disent moins bien le quartier que des données du quartier lui-même.",
        "qpv",
        6,
        (POVERTY, ("foyers_rsa_pour_mille", "need", "high", "Des foyers sans autre revenu."), UNEMPLOYMENT,
         ("far_share", "need", "high", "Loin d’une ville, l’offre est plus rare.")),
        scope={"departments": ["13"]},
    ),
    Targeting(
        "impact-jeunes",
        "Impact Jeunes : où chercher en Provence-Alpes-Côte d’Azur, sur données réelles",
        "Avant de choisir des quartiers : les intercommunalités où des acteurs sont proches les uns des autres.",
        "epci",
        5,
        (SIZE, ("density", "resources", "high", "Des acteurs proches les uns des autres."), POVERTY, QUARTERS),
        scope={"regions": ["93"]},
    ),
    Targeting(
        "fermes-emmaus",
        "Fermes d’Emmaüs : quelles intercommunalités, sur données réelles",
        "Une terre à cultiver, un besoin, et peu de structures qui offrent déjà du travail accompagné.",
        "epci",
        10,
        (("rural_share", "resources", "high", "Il faut des terres."), UNEMPLOYMENT,
         ("far_share", "resources", "low", "Les personnes accueillies doivent rejoindre une ville."),
         ("esat", "offer", "low", "Ne pas concurrencer le travail accompagné qui existe.")),
    ),
    Targeting(
        "tzcld",
        "TZCLD : quelles communes de 5 000 à 10 000 habitants, sur données réelles",
        "Un territoire à taille humaine où l’exhaustivité est possible, et un chômage durable.",
        "commune",
        10,
        (UNEMPLOYMENT, POVERTY, ("population", "resources", "high", "La taille qui rend l’exhaustivité possible."),
         QUARTERS),
        people=(5_000, 10_000),
        curves={"population": {"kind": "curve", "points": [[5_000, 0.6], [7_500, 1.0], [10_000, 0.6]]}},
    ),
)  # fmt: skip


def make_studies(people: Mapping[str, "User"], loader: "User") -> Iterator[str]:
    """Make the studies that are not there yet and that at least two criteria can rank; yields their titles.

    ``people``: the head of each programme by slug; the loader answers for a programme without one.
    """
    for wanted in TARGETINGS:
        programme = programmes.programme_by_slug(wanted.programme)
        if programme.studies.filter(title=wanted.title).exists():
            continue
        by = people.get(wanted.programme, loader)
        with writing_as(by), transaction.atomic():
            if _make(wanted, programme, by):
                yield wanted.title


def _make(wanted: Targeting, programme: "Programme", by: "User") -> bool:
    """Whether enough of its criteria are known in its scope for the study to be made."""
    document: dict[str, Any] = {
        "title": wanted.title,
        "unit": wanted.unit,
        "note": wanted.note,
        "k": wanted.k,
        "criteria": list(_criteria(wanted, territories.keys_for(programme, wanted.unit))),
        "scope": dict(wanted.scope) | _people(wanted),
        "seed": 2022,
        "samples": 4_000,
    }
    known = territories.known_in_scope(programme, document, LEAST_KNOWN) if document["criteria"] else set()
    criteria = [criterion for criterion in document["criteria"] if criterion["key"] in known]
    if len(criteria) < 2:
        return False
    families = {criterion["family"] for criterion in criteria}
    weights = [
        sentence for sentence in wanted.weights if set(sentence.replace(">=", " ").split()) <= families
    ]
    document |= {"criteria": criteria, "weights": weights}
    territories.run_study(territories.create_study(programme, wanted.title, document, by))
    return True


def _criteria(wanted: Targeting, keys: Callable[[str], str | None]) -> Iterator[dict[str, Any]]:
    for stem, family, direction, reason in wanted.criteria:
        key = keys(stem)
        if key is not None:
            yield {
                "key": key,
                "indicator": key,
                "family": family,
                "direction": direction,
                "transform": dict(wanted.curves.get(stem, {"kind": "rank"})),
                "missing": "unknown",
                "reason": reason,
            }


def _people(wanted: Targeting) -> dict[str, Any]:
    if wanted.people is None:
        return {}
    least, most = wanted.people
    return {
        "codes": [c.code for c in communes().values() if c.area_km2 and least <= (c.population or 0) <= most]
    }
