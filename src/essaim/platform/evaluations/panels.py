"""From what a person uploads to a panel that may be kept: read safely, joined, protected, checked, described."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import polars as pl
from django.utils.translation import gettext as _

from essaim.evaluation import EvaluationError, Panel, Window, build_panel
from essaim.evaluation.errors import some
from essaim.evaluation.waves import read_waves
from essaim.examples import WAVE_EXAMPLES
from essaim.opendata import insee_chomage_departement as chomage
from essaim.opendata.safety import Limits, UnsafeFile
from essaim.opendata.values import fold
from essaim.opendata.whole_table import read_whole
from essaim.platform.evaluations.persons import describing
from essaim.platform.telling import tell
from essaim.words import kept, told, told_count

LIMITS = Limits()
LEAST_PERSONS = 11  # a figure about fewer persons may describe somebody: threshold of INSEE's fiscal sources
KEPT = (
    "unit", "name", "region", "wave", "version", "type", "group", "cohort", "time", "outcome", "weights", "cluster",
    "persons", "simulated",
)  # fmt: skip
COUNTED = (
    "pers", "personnes", "de personnes", "benef", "beneficiaires", "de beneficiaires", "allocataires", "d allocataires",
    "usagers", "d usagers", "individus", "d individus", "participants", "de participants", "persons",
)  # fmt: skip
SYNONYMS = {
    "unit": ("unit", "unite", "territoire", "code", "departement", "commune", "site"),
    "time": ("time", "periode", "trimestre", "annee", "mois", "date"),
    "cohort": ("cohort", "cohorte", "premiere exposition", "premiere periode exposition", "ouverture"),
    "outcome": ("outcome", "resultat", "valeur", "taux"),
    "name": ("name", "nom", "libelle"),
    "region": ("region",),
    "wave": ("wave", "vague"),
    "version": ("version", "version du protocole"),
    "type": ("type", "type de territoire"),
    "group": ("group", "groupe", "groupe de personnes"),
    "weights": ("weights", "weight", "poids"),
    "cluster": ("cluster", "grappe"),
    "persons": (
        "persons", "personnes", "effectif", "effectifs", "pers",
        *(f"{many} {whom}" for many in ("nb", "nbre", "nombre", "n") for whom in COUNTED),
    ),
    "simulated": ("simulated", "simule"),
}  # fmt: skip
WHOLE = (
    "",
    "ensemble",
    "tous",
    "total",
)  # what the column « group » says of the rows of all persons together
_TWICE = re.compile(r"_duplicated_\d+$")  # what the reader of CSV makes of a header seen twice


class BadPanel(ValueError):
    """What was uploaded makes no panel; the message says what, why and how to mend it (French)."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A panel ready to be kept: its CSV, and what a person should see before they agree."""

    csv: bytes
    inputs: list[dict[str, str]]
    notes: list[str]
    window: str
    window_reason: str
    units: int
    exposed: int
    compared: int  # never exposed, or after the last period
    periods: int
    waves: list[dict[str, Any]]
    simulated: bool
    sample: list[dict[str, Any]] = field(default_factory=list)

    @property
    def before(self) -> int:
        """Units exposed before the first period, which the estimate sets aside."""
        return self.units - self.exposed - self.compared

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.csv).hexdigest()


def fingerprint(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def from_two_files(
    outcome: tuple[str, bytes],
    waves: tuple[str, bytes] | str,
    window: tuple[str, str, str] | None = None,
    *,
    counts_persons: bool = False,
    leaving: Mapping[str, str] = MappingProxyType({}),
    notes: Sequence[str] = (),
) -> Draft:
    """Join an outcome file (INSEE's unemployment workbook, or unit, time, outcome) with dated waves.

    ``outcome`` and ``waves`` are (name, content); ``waves`` may be the name of an example of the product, which
    brings its window. The rest: see :func:`joined`. Raises ``BadPanel``.
    """
    with _said_plainly():
        measured = _outcome(outcome[1])
        table, example = _waves(waves)
        inputs = [_input(*outcome)]
        if not isinstance(waves, str):
            inputs.append(_input(*waves))
        elif example is not None:
            inputs.append(_input(example.title, example.path.read_bytes()))
        if window is None and example is not None:
            window = (example.first, example.last, example.reason)
    return joined(
        measured, table, inputs, window, counts_persons=counts_persons, leaving=leaving, notes=notes
    )


def joined(
    measured: pl.DataFrame,
    table: pl.DataFrame,
    inputs: list[dict[str, str]],
    window: tuple[str, str, str] | None = None,
    *,
    counts_persons: bool = False,
    leaving: Mapping[str, str] = MappingProxyType({}),
    notes: Sequence[str] = (),
) -> Draft:
    """A panel from an outcome by territory and period and a table of dated waves, with what they come from.

    ``window``: first period, last period, reason. ``leaving``: units that can be neither exposed nor compared, with
    the reason, which leave the panel. Raises ``BadPanel``.
    """
    with _said_plainly():
        units = measured["unit"].cast(pl.String)
        present = set(units.unique())
        measured = measured.filter(~units.is_in(list(leaving)))
        if measured.is_empty():
            reasons = dict.fromkeys(leaving[code] for code in sorted(leaving.keys() & present))
            why = " ; ".join(map(tell, reasons))
            raise BadPanel(_("Aucun territoire ne reste dans le panel. %(why)s.") % {"why": why})
        built = build_panel(measured, table, Window(*window) if window else None)
        frame = built.frame
        optional = ("version", "persons", "weights", "cluster", "simulated")
        extra = [name for name in optional if name in measured.columns]
        if extra:
            frame = frame.join(measured.select("unit", "time", *extra), on=["unit", "time"], how="left")
        said = [*notes, *built.notes, *_left(leaving, present)]
        return _draft(frame, said, inputs, built.window.reason, counts_persons=counts_persons)


def _left(leaving: Mapping[str, str], present: set[str]) -> list[str]:
    """A sentence for each reason, naming the units of the outcome that leave for it."""
    codes: dict[str, list[str]] = {}
    for code in sorted(leaving.keys() & present):
        codes.setdefault(leaving[code], []).append(code)
    return [told("%(why)s : %(codes)s.", why=why, codes=some(found, 20)) for why, found in codes.items()]


def from_one_file(panel: tuple[str, bytes], *, counts_persons: bool = False) -> Draft:
    """Read a panel that is already joined: unit, time, cohort, outcome. Raises ``BadPanel``."""
    with _said_plainly():
        frame, unread = _named(read_whole(panel[1], LIMITS), ("unit", "time", "cohort", "outcome"))
        notes: list[str] = (
            [told("Colonnes non gardées : %(names)s.", names=", ".join(unread))] if unread else []
        )
        return _draft(frame, notes, [_input(*panel)], "", counts_persons=counts_persons)


class _said_plainly:
    """Whatever the readers and the core refuse becomes one ``BadPanel`` in French."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, UnsafeFile):
            raise BadPanel(f"{error.message} {error.mend}") from error
        if isinstance(error, EvaluationError):
            raise BadPanel(tell(error.said)) from error
        if isinstance(error, pl.exceptions.PolarsError | UnicodeDecodeError):
            raise BadPanel(
                _(
                    "Le tableau ne se lit pas (colonnes en double ou lignes de longueurs différentes ?). "
                    "Enregistrez-le de nouveau en CSV ou XLSX, une colonne par nom."
                )
            ) from error


def _input(name: str, content: bytes) -> dict[str, str]:
    return {"name": name, "sha256": fingerprint(content)}


def _outcome(content: bytes) -> pl.DataFrame:
    if chomage.recognises(content):
        return chomage.read(content, LIMITS)
    frame, _unread = _named(read_whole(content, LIMITS), ("unit", "time", "outcome"))
    values = frame["outcome"].str.strip_chars().str.replace(",", ".", literal=True)
    numbers = values.cast(pl.Float64, strict=False)
    wrong = numbers.is_null() & ~values.fill_null("").str.to_lowercase().is_in(["", "nd", "na", "nan"])
    if wrong.any():
        row = int(wrong.arg_true()[0])
        raise BadPanel(
            _(
                "Ligne %(row)s, colonne « outcome » : « %(value)s » n’est pas un nombre. Corrigez-le, ou videz la case."
            )
            % {"row": row + 2, "value": frame["outcome"][row]}
        )
    return frame.with_columns(outcome=numbers)


def _waves(waves: tuple[str, bytes] | str) -> tuple[pl.DataFrame, Any]:
    """The table of waves, and the example of the product that it is, if any."""
    if isinstance(waves, str):
        example = next(e for e in WAVE_EXAMPLES if e.name == waves)
        return read_whole(example.path.read_bytes(), LIMITS), example
    table = read_whole(waves[1], LIMITS)
    _refuse_persons(table)
    dates = read_waves(table).date
    same = (e for e in WAVE_EXAMPLES if read_waves(read_whole(e.path.read_bytes())).date == dates)
    return table, next(same, None)


def _named(frame: pl.DataFrame, required: tuple[str, ...]) -> tuple[pl.DataFrame, list[str]]:
    """Columns under the names of the core, and the headers that are not kept."""
    _refuse_persons(frame)
    folded = {column: fold(column) for column in frame.columns}
    twice = [column for column in frame.columns if _TWICE.search(column)]
    if twice:
        raise BadPanel(
            _("La colonne « %(name)s » est en double : en garder une seule.")
            % {"name": _TWICE.sub("", twice[0])}
        )
    found: dict[str, str] = {}
    for name, words in SYNONYMS.items():
        match = next(
            (c for word in words for c in frame.columns if folded[c] == word and c not in found.values()),
            None,
        )
        if match:
            found[name] = match
    missing = [name for name in required if name not in found]
    if missing:
        raise BadPanel(
            _("Colonne absente : %(names)s. Le tableau contient : %(columns)s.")
            % {"names": ", ".join(missing), "columns": ", ".join(frame.columns[:20])}
        )
    named = frame.select(**{name: pl.col(column) for name, column in found.items()})
    _refuse_repeated(named)
    if "name" in found and not _names_units(named):
        named = named.drop("name")
        del found["name"]
    return named, [column for column in frame.columns if column not in found.values()]


def _refuse_persons(table: pl.DataFrame) -> None:
    """Raise when a column describes persons, before anything of the table is shown or kept."""
    header = describing(table.columns)
    if header is not None:
        raise BadPanel(
            _(
                "La colonne « %(name)s » décrit des personnes : la plateforme n’en garde aucune. Agrégez d’abord "
                "par territoire et par période, puis retirez cette colonne. Si elle est déjà agrégée, que son nom le "
                "dise (« âge moyen », « part des femmes ») ; des groupes de personnes se disent dans une colonne "
                "« groupe »."
            )
            % {"name": header}
        )


def _refuse_repeated(frame: pl.DataFrame) -> None:
    """Raise when a unit has several rows for a period (and a group): persons, or sites, not yet aggregated."""
    cell = [name for name in ("unit", "time", "group") if name in frame.columns]
    again = frame.filter(frame.select(cell).is_duplicated()).drop_nulls(["unit", "time"])
    if again.height:
        raise BadPanel(
            _(
                "L’unité « %(unit)s » a plusieurs lignes pour %(time)s. Une ligne par personne n’entre pas ici : "
                "agrégez d’abord (une moyenne, une part, un nombre) pour n’avoir qu’une ligne par unité et par "
                "période, ou, si ces lignes sont des groupes de personnes, nommez « groupe » la colonne qui les "
                "distingue."
            )
            % {"unit": again["unit"][0], "time": again["time"][0]}
        )


def _names_units(frame: pl.DataFrame) -> bool:
    """Whether the column « name » says one thing of each unit: elsewhere it may name those behind its rows."""
    named = frame.select("unit", "name").drop_nulls().unique()
    return not named["unit"].is_duplicated().any()


def _draft(
    frame: pl.DataFrame,
    notes: list[str],
    inputs: list[dict[str, str]],
    reason: str,
    *,
    counts_persons: bool,
) -> Draft:
    frame, hidden = _protect(frame, counts_persons)
    if hidden:
        inputs = _without_proof(inputs)
    notes = notes + hidden
    panel = check(frame)
    waves = _wave_sizes(panel)
    if not waves:
        raise BadPanel(
            _(
                "Aucune unité du panel n’est exposée entre %(first)s et %(last)s : il n’y a pas d’effet à mesurer."
            )
            % {"first": panel.calendar.labels[0], "last": panel.calendar.labels[-1]}
        )
    compared = int((panel.cohort > panel.calendar.ordinals[-1]).sum())
    _refuse_without_comparison(panel, waves, compared)
    text = frame.select(column for column in KEPT if column in frame.columns).write_csv()
    labels = panel.calendar.labels
    return Draft(
        csv=text.encode(),
        inputs=inputs,
        notes=[kept(note) for note in (*notes, *panel.notes)],
        window=f"{labels[0]} – {labels[-1]}",
        window_reason=tell(reason),
        units=panel.size,
        exposed=sum(wave["units"] for wave in waves),
        compared=compared,
        periods=len(labels),
        waves=waves,
        simulated=panel.simulated,
        sample=frame.head(8).to_dicts(),
    )


def _refuse_without_comparison(panel: Panel, waves: list[dict[str, Any]], compared: int) -> None:
    """Raise when no unit is exposed later than another: whatever the settings, nothing would be compared."""
    if panel.size == 1:
        raise BadPanel(
            _(
                "Le panel n’a qu’une unité (« %(unit)s ») : un effet se mesure en comparant des unités exposées à "
                "d’autres qui ne le sont pas. Ajoutez au tableau des territoires non exposés, ou exposés plus tard."
            )
            % {"unit": panel.units[0]}
        )
    later = [wave for wave in waves if wave["cohort"] != panel.calendar.labels[0]]
    if not compared and len(later) < 2:
        raise BadPanel(
            _(
                "Il n’y a rien à comparer : aucune unité n’est non exposée, et toutes celles qui peuvent être suivies "
                "avant et après sont exposées à la même période (%(period)s). Ajoutez au tableau des territoires non "
                "exposés, ou exposés plus tard."
            )
            % {"period": waves[-1]["cohort"]}
        )


def _without_proof(inputs: list[dict[str, str]]) -> list[dict[str, str]]:
    """The inputs without the hash of the file that held erased values, unless it is published anyway.

    With the panel and that hash, each value from 1 to 10 could be tried until the file is found again.
    """
    outcome, *others = inputs
    return inputs if outcome.get("licence") else [{**outcome, "sha256": ""}, *others]


def _protect(frame: pl.DataFrame, counts_persons: bool) -> tuple[pl.DataFrame, list[str]]:
    """Empty every outcome that rests on one to ten persons, by its column of persons or as it counts some itself.

    Zero and unknown stay what they are.
    """
    counts = (["persons"] if "persons" in frame.columns else []) + (["outcome"] if counts_persons else [])
    small = pl.repeat(False, frame.height, eager=True)
    for count in counts:
        small = small | _few(frame[count])
    if not small.any():
        return frame, []
    if (
        "group" in frame.columns
    ):  # with the others and the whole, the value of a single group could be found again
        grouped = ~_is_whole(frame["group"])
        cell = frame.select("unit", "time").with_columns(small=small & grouped)
        small = small | (grouped & cell.select(pl.col("small").any().over("unit", "time"))["small"])
    hide = [
        pl.when(small).then(None).otherwise(pl.col(column)).alias(column)
        for column in dict.fromkeys(("outcome", *counts))
    ]
    said = told_count(
        "%(count)s valeur repose sur moins de %(least)s personnes : elle est effacée, et non gardée ; ni "
        "l’empreinte du fichier déposé, qui aiderait à la retrouver.",
        "%(count)s valeurs reposent sur moins de %(least)s personnes : elles sont effacées, et non gardées ; ni "
        "l’empreinte du fichier déposé, qui aiderait à les retrouver.",
        int(small.sum()),
        least=LEAST_PERSONS,
    )
    return frame.with_columns(hide), [said]


def _few(count: pl.Series) -> pl.Series:
    """Where a count is of one to ten persons."""
    values = count.cast(pl.String).str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    return ((values > 0) & (values < LEAST_PERSONS)).fill_null(False)


def _is_whole(group: pl.Series) -> pl.Series:
    """Whether each row is about all persons together."""
    return group.fill_null("").cast(pl.String).str.strip_chars().str.to_lowercase().is_in(WHOLE)


def whole(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows of all persons together: those that the main estimate reads. Raises ``BadPanel`` without any."""
    if "group" not in frame.columns:
        return frame
    rows = frame.filter(_is_whole(frame["group"]))
    if rows.is_empty():
        raise BadPanel(
            _(
                "La colonne « groupe » n’a aucune ligne « ensemble » : ajouter, par territoire et période, la valeur "
                "de tous les groupes réunis ; l’effet principal se lit sur elle."
            )
        )
    return rows


def groups(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows of each group of persons; empty without the column « group »."""
    return frame.filter(~_is_whole(frame["group"])) if "group" in frame.columns else frame.clear()


def check(frame: pl.DataFrame) -> Panel:
    """The panel of the core; raises ``PanelError`` naming rows. Columns that exist are used."""
    frame = whole(frame)
    return Panel.from_frame(
        frame,
        weights="weights" if "weights" in frame.columns else None,
        cluster="cluster" if "cluster" in frame.columns else None,
        region="region" if "region" in frame.columns else None,
    )


def load(csv: bytes) -> tuple[pl.DataFrame, Panel]:
    """The frame and panel of a kept CSV."""
    frame = pl.read_csv(csv, infer_schema=False)
    return frame, check(frame)


def _wave_sizes(panel: Panel) -> list[dict[str, Any]]:
    """Exposed units by first period of exposure, in order, those exposed within the panel only."""
    known = {n: panel.calendar.label(n) for n in panel.calendar.ordinals}
    sizes: dict[int, int] = {}
    for cohort in panel.cohort.tolist():
        if cohort in known:
            sizes[cohort] = sizes.get(cohort, 0) + 1
    return [{"cohort": str(known[n]), "units": sizes[n]} for n in sorted(sizes)]
