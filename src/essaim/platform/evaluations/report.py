"""What a report holds, computed once when the estimate is done: plain French first, then charts, then numbers."""

import csv
import io
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

import polars as pl
from django.conf import settings
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from essaim.evaluation import (
    EvaluationError,
    Options,
    Panel,
    RecordedDraw,
    Result,
    estimate,
    event_study_svg,
    read_plainly,
)
from essaim.evaluation.equity import Equity, equity, read_equity
from essaim.evaluation.reading import verdict
from essaim.evaluation.report import solidity_numbers, solidity_section
from essaim.evaluation.result import KEY_NAMES
from essaim.evaluation.solidity import Solidity, examine
from essaim.evaluation.solidity_reading import too_large
from essaim.platform.evaluations import panels
from essaim.platform.evaluations.models import Estimate, EvaluationPlan
from essaim.platform.telling import reader, tell
from essaim.territory.indicators import shared_borders
from essaim.words import FRENCH, Words, kept

logger = logging.getLogger(__name__)
OPTIONS = ("control", "base", "anticipation", "inference", "level", "seed", "window")

#: Sizes above which the checks are left to the command line. Measured on 2 cores: 7 s for 4,200,000 values (35,000
#: units, 120 periods, 12 waves), 22 s for 5,760 effects by wave and period (48 waves, 120 periods).
MOST_VALUES, MOST_CELLS, MOST_PERIODS = 5_000_000, 6_000, 120


def options_of(stored: dict[str, Any]) -> Options:
    return Options(**{name: stored[name] for name in OPTIONS if name in stored})


def record_of(estimated: Estimate) -> dict[str, Any] | None:
    """The record of the draw that this estimate replays, if any."""
    fingerprint = estimated.options.get("draw")
    found = estimated.plan.draws.filter(fingerprint=fingerprint).first() if fingerprint else None
    return found.record if found else None


def compute(
    frame: pl.DataFrame,
    panel: Panel,
    options: Options,
    smallest: float | None,
    record: dict[str, Any] | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(result, report): every number as ``essaim evaluate --json`` prints it, and what a person reads.

    ``frame`` is the table that ``panel`` comes from; ``record`` is that of the draw of the waves.
    """
    draw = RecordedDraw.of(record) if record else None
    result = estimate(panel, options, draw)
    groups = list(_equity(frame, options, draw))
    tested = _examined(draw.without_first(panel) if draw else panel, options, result)
    numbers = result.to_json()
    if tested:
        numbers["solidity"] = tested.to_json()
    return numbers, {
        "verdict": verdict(result, smallest).value,
        "reading": read_plainly(result, smallest),
        "chart": event_study_svg(result),
        "facts": _facts(result),
        "equity": [{**found.to_json(), "reading": read_equity(found)} for found in groups],
        "solidity": _solidity(tested, result, FRENCH),
        "solidity_numbers": _solidity_numbers(tested, result),
        "warnings": [kept(warning) for warning in result.warnings],
        "said": in_each_language(
            lambda words: {
                "reading": read_plainly(result, smallest, words),
                "chart": event_study_svg(result, words=words),
                "equity": [read_equity(found, words) for found in groups],
                "solidity": _solidity(tested, result, words),
            }
        ),
    }


def _examined(panel: Panel, options: Options, result: Result) -> Solidity | None:
    """The checks of the core, on a panel small enough for a task that somebody waits for."""
    small = (
        panel.outcome.size <= MOST_VALUES
        and len(result.cells) <= MOST_CELLS
        and result.facts.periods <= MOST_PERIODS
    )
    return examine(panel, options, result, shared_borders(panel.units)) if small else None


def _solidity(found: Solidity | None, result: Result, words: Words) -> dict[str, Any]:
    """The section of the checks: sentences, chart, tables of texts; a sentence alone where they were not made."""
    if found is None:
        return {"paragraphs": [too_large(result, words)], "chart": "", "tables": []}
    return asdict(solidity_section(found, result, words))


def _solidity_numbers(found: Solidity | None, result: Result) -> list[dict[str, Any]]:
    if found is None:
        return []
    return [
        {"table": kind, "key": key, **effect.to_json()}
        for kind, key, effect in solidity_numbers(found, result)
    ]


def in_each_language(say: Callable[[Words], Any]) -> dict[str, Any]:
    """What ``say`` gives in each language of the site but French, which is stored as the core says it."""
    found = {}
    for code, _name in settings.LANGUAGES:
        if code != "fr":
            with override(code):
                found[code] = say(reader())
    return found


def said(stored: dict[str, Any], name: str) -> Any:
    """What a stored report says under ``name`` in the reader's language, French when it was not kept in it."""
    return stored.get("said", {}).get(get_language() or "", {}).get(name, stored.get(name))


def _equity(frame: pl.DataFrame, options: Options, draw: RecordedDraw | None) -> Iterator[Equity]:
    """Effects by group of persons and by type of territory, where the panel says them and they can be estimated."""
    region = {"region": "region"} if "region" in frame.columns else {}
    for rows, column in ((panels.groups(frame), "group"), (panels.whole(frame), "type")):
        if rows.is_empty() or column not in rows.columns:
            continue
        try:
            yield equity(rows, column, options, draw, **region)
        except EvaluationError:
            logger.info("no effects by %s", column, exc_info=True)


def _facts(result: Result) -> dict[str, Any]:
    facts = result.facts
    return {
        "units": facts.units,
        "treated": facts.treated,
        "never": facts.never,
        "periods": facts.periods,
        "first_period": facts.first_period,
        "last_period": facts.last_period,
        "period_unit": result.calendar.kind.units,
        "pretest_method": result.pretest.method,
        "concentrated": result.facts.concentrated,
    }


def departures_of(plan: EvaluationPlan, options: dict[str, Any]) -> list[str]:
    """How these settings depart from what the plan says, in words."""
    found = []
    if not plan.is_frozen:
        found.append(_("Estimation exploratoire : le plan n’était pas gelé quand elle a été lancée."))
    if options.get("control") != plan.control:
        found.append(_("Le groupe de comparaison n’est pas celui du plan."))
    if options.get("anticipation") != plan.anticipation:
        found.append(
            _("L’anticipation est de %(given)s période(s) ; le plan dit %(planned)s.")
            % {"given": options.get("anticipation"), "planned": plan.anticipation}
        )
    if options.get("window") is not None:
        found.append(_("Maturité égale : seules les vagues suivies assez longtemps sont comptées."))
    return found


# The numbers, as a file


COLUMNS = (
    "table", "key", "time", "estimate", "se", "conf_low", "conf_high", "band_low", "band_high", "n_treated",
    "n_control", "text",
)  # fmt: skip


def every_number(estimated: Estimate) -> str:
    """All numbers of a report as CSV, then where they come from in words; what is undefined is empty."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    rows = (
        *_number_rows(estimated.result, estimated.report.get("equity", [])),
        *estimated.report.get("solidity_numbers", []),
        *_provenance_rows(estimated),
    )
    for row in rows:
        writer.writerow({name: "" if value is None else value for name, value in row.items()})
    return out.getvalue()


def _number_rows(result: dict[str, Any], equities: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    simple = result["aggregations"].get("simple")
    if simple:
        yield {"table": "simple", **simple}
    for kind, key in KEY_NAMES.items():
        if found := result["aggregations"].get(kind):
            for row in found["by"]:
                yield {"table": kind, **row, "key": row[key], "time": ""}
            yield {"table": kind, "key": "overall", **found["overall"]}
    for found in equities:
        for row in (*found["groups"], *found["gaps"]):
            yield {
                "table": f"equity_{found['kind']}",
                "key": row["group"],
                "time": row.get("reference", ""),
                **row,
            }
    for cell in result["att_gt"]:
        yield {"table": "att_gt", **cell, "key": cell["group"], "estimate": cell["att"]}


def _provenance_rows(estimated: Estimate) -> Iterator[dict[str, Any]]:
    panel = estimated.panel
    yield {"table": "provenance", "key": "panel", "text": f"{panel.title}, SHA-256 {estimated.panel_sha256}"}
    yield {"table": "provenance", "key": "source", "text": panel.source}
    for given in panel.inputs:
        yield {"table": "provenance", "key": "input", "text": input_in_words(given)}
    for note in panel.notes:
        yield {"table": "provenance", "key": "note", "text": tell(note)}


def input_in_words(given: Mapping[str, str]) -> str:
    """A file that a panel was made from: name, licence and address where they are known, hash."""
    proof = given["sha256"] and f"SHA-256 {given['sha256']}"
    told = (given["name"], given.get("licence"), given.get("address"), proof)
    return ", ".join(filter(None, told))


# Code that reproduces the report

_EXAMPLE = """import polars as pl
from essaim.evaluation import Options, Panel, estimate, read_plainly
panel = Panel.from_frame(pl.read_csv("panel.csv", infer_schema=False){whole})
result = estimate(panel, Options(control="{control}"))
print("\\n".join(read_plainly(result)))"""


def example(frame: pl.DataFrame, plan: EvaluationPlan) -> str:
    """Five lines that read the panel ``frame``, downloaded as panel.csv, with the comparison of its plan."""
    whole = '.filter(pl.col("group") == "ensemble")' if "group" in frame.columns else ""
    return _EXAMPLE.format(whole=whole, control=plan.control)


_SCRIPT = '''"""Rejoue l’estimation {pk} : {question}

Placer ce fichier à côté de {file}, puis : python {script}
Il faut la version {version} d’essaim (pip install essaim=={version}).
"""

import hashlib
import json
from pathlib import Path

import polars as pl

from essaim.evaluation import Options, Panel, RecordedDraw, estimate, read_plainly
from essaim.evaluation.solidity import examine
from essaim.evaluation.solidity_reading import read_solidity
from essaim.territory.indicators import shared_borders

here = Path(__file__).parent
content = (here / "{file}").read_bytes()
assert hashlib.sha256(content).hexdigest() == "{sha256}", "ce n’est pas le panel de l’estimation"

frame = pl.read_csv(content, infer_schema=False)
if "group" in frame.columns:  # les lignes de tous les groupes réunis
    group = pl.col("group").fill_null("").str.strip_chars().str.to_lowercase()
    frame = frame.filter(group.is_in({whole!r}))
columns = {{name: name for name in ("weights", "cluster", "region") if name in frame.columns}}
panel = Panel.from_frame(frame, **columns)
record = json.loads({record!r})  # le tirage des vagues, s’il y en a eu un
draw = RecordedDraw.of(record) if record else None
options = Options({options})
result = estimate(panel, options, draw)

print("\\n".join(read_plainly(result, {smallest!r})))
compared = draw.without_first(panel) if draw else panel
tested = examine(compared, options, result, shared_borders(compared.units))
print("\\nSolidité\\n" + "\\n".join(read_solidity(tested, result)))
(here / "resultat.json").write_text(json.dumps(result.to_json(), ensure_ascii=False, indent=2))

expected = json.loads("""{expected}""")
found = result.to_json()["aggregations"]["simple"]
assert all(abs(found[k] - v) <= 1e-9 * max(1, abs(v)) for k, v in expected.items() if v is not None)
print("Résultat retrouvé.")
'''


def panel_name(panel_pk: int) -> str:
    return f"panel-{panel_pk}.csv"


def script(estimated: Estimate) -> str:
    """A Python script that finds the result again from the panel's CSV, or fails."""
    given = {name: value for name, value in estimated.options.items() if name in OPTIONS}
    options = ", ".join(f"{name}={value!r}" for name, value in sorted(given.items()))
    return _SCRIPT.format(
        pk=estimated.pk,
        question=estimated.plan.question.replace('"', "”"),
        file=panel_name(estimated.panel_id),
        script=f"rejouer-{estimated.pk}.py",
        version=estimated.code_version,
        sha256=estimated.panel_sha256,
        options=options,
        smallest=estimated.plan.smallest_effect,
        whole=list(panels.WHOLE),
        record=json.dumps(record_of(estimated), ensure_ascii=False),
        expected=json.dumps(estimated.result["aggregations"]["simple"]),
    )
