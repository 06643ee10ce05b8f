"""A panel from what the platform holds: a series of imported data, and the openings of the programme's sites."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import polars as pl
from django.utils.translation import gettext as _

from essaim.evaluation.periods import Calendar
from essaim.platform.evaluations import panels
from essaim.platform.evaluations.openings import openings
from essaim.platform.opendata import services as opendata
from essaim.platform.telling import tell
from essaim.territory.codes import LEVELS, Level, region_of_department, territories
from essaim.territory.lookup import CodeKind
from essaim.words import told

if TYPE_CHECKING:
    from essaim.platform.programmes.models import Programme


BY_LEVEL = {
    "departement": told("par département"),
    "ze": told("par zone d’emploi"),
    "epci": told("par intercommunalité"),
    "commune": told("par commune"),
    "region": told("par région"),
}
EXPOSURE_RULE = told(
    "Intention de traiter : un site qui ouvre au cours d’une période expose toute cette période, même tard, et son "
    "territoire reste exposé ensuite."
)


@dataclass(frozen=True, slots=True)
class Held:
    """The series that a programme may use, read once."""

    available: opendata.Available
    series: list[opendata.Series]

    @classmethod
    def of(cls, programme: "Programme") -> "Held":
        available = opendata.Available(programme)
        return cls(available, opendata.series_for(available))

    def choices(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """For a list of choices: each series with the levels at which it may be read."""
        return [
            (
                _title(series),
                [(f"{series.id}-{unit}", f"{series.label}, {tell(BY_LEVEL[unit])}") for unit in series.units],
            )
            for series in self.series
        ]

    def chosen(self, choice: str) -> tuple[opendata.Series, CodeKind]:
        """The series and level of a choice. Raises ``StopIteration`` when it is none of them."""
        return next((s, unit) for s in self.series for unit in s.units if f"{s.id}-{unit}" == choice)


def _title(series: opendata.Series) -> str:
    labels = list(series.labels.values())
    return _("%(producer)s, %(title)s : %(first)s à %(last)s (%(count)s %(periods)s)") % {
        "producer": series.vintages[0].producer,
        "title": series.label,
        "first": labels[0],
        "last": labels[-1],
        "count": len(labels),
        "periods": _(Calendar.of(labels).kind.units),
    }


def said_of(held: Held, choice: str) -> dict[str, str]:
    """The title and source of the panel of a choice, as a person would write them."""
    series, unit = held.chosen(choice)
    sources = (f"{origin['name']} ({origin['licence']})" for origin in series.origins())
    return {"title": f"{series.label}, {tell(BY_LEVEL[unit])}"[:200], "source": " ; ".join(sources)}


def draft_from(
    programme: "Programme", held: Held, choice: str, window: tuple[str, str, str] | None = None
) -> panels.Draft:
    """The panel that a series and the programme's sites make, not kept yet. Raises ``panels.BadPanel``."""
    series, unit = held.chosen(choice)
    known = held.available.known()
    opened = openings(programme, unit, known)
    values = opendata.series_values(series, unit, known)
    if values.is_empty():
        raise panels.BadPanel(_("Cette série n’a aucune valeur à cette échelle : en choisir une plus fine."))
    measured = _described(values, unit, held)
    versions = opened.table.select(unit="code", version="version").filter(pl.col("version") != "")
    measured = measured.join(versions, on="unit", how="left")
    inputs = [*series.origins(), {"name": _("sites du programme"), "sha256": panels.fingerprint(opened.csv)}]
    notes = [*_choices(series, unit), *opened.notes]
    draft = panels.joined(
        measured,
        opened.table,
        inputs,
        window,
        counts_persons=series.counts_persons,
        leaving=opened.leaving,
        notes=notes,
    )
    return replace(draft, simulated=draft.simulated or opened.simulated)


def _described(frame: pl.DataFrame, unit: CodeKind, held: Held) -> pl.DataFrame:
    """The values with the name and the region of each territory."""
    regions = region_of_department()
    if unit in LEVELS:
        places = {code: (place.label, place.region) for code, place in territories(cast(Level, unit)).items()}
    else:
        zones = held.available.places(unit)
        places = {code: (name, regions.get(department, "")) for code, (name, department) in zones.items()}
    rows = [(code, *places.get(code, (code, ""))) for code in frame["unit"].unique(maintain_order=True)]
    names = pl.DataFrame(rows, schema=["unit", "name", "region"], orient="row")
    return frame.join(names, on="unit", how="left")


def _choices(series: opendata.Series, unit: CodeKind) -> Iterator[str]:
    """What was chosen, in sentences that the panel and its reports keep."""
    calendar = Calendar.of(series.labels.values())
    yield told(
        "Résultat : %(label)s (%(unit)s), %(level)s. %(definition)s",
        label=series.label,
        unit=series.described["unit"],
        level=BY_LEVEL[unit],
        definition=series.described["definition"],
    )
    if calendar.kind.name == "années":
        yield told("Une valeur par an : ouvertures et effets se lisent à l’année.")
    yield from dict.fromkeys(note for vintage in series.vintages for note in vintage.notes)
    yield EXPOSURE_RULE
