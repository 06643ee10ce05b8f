"""What a report holds, computed once when the estimate is done: plain French first, then charts, then numbers."""

import logging
from collections.abc import Callable, Iterator
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
    waves_svg,
)
from essaim.evaluation.equity import Equity, equity, read_equity
from essaim.evaluation.numbers import numbers
from essaim.evaluation.reading import verdict
from essaim.evaluation.report import solidity_section
from essaim.evaluation.solidity import Solidity, examine
from essaim.evaluation.solidity_reading import doubts, too_large
from essaim.platform.evaluations import panels
from essaim.platform.evaluations.models import Estimate, EvaluationPlan, WaveDraw
from essaim.platform.telling import reader
from essaim.territory.indicators import shared_borders
from essaim.words import FRENCH, Words, kept

logger = logging.getLogger(__name__)
OPTIONS = ("control", "base", "anticipation", "inference", "level", "seed", "window")

#: Sizes above which the checks are left to the command line. Measured on 2 cores: 7 s for 4,200,000 values (35,000
#: units, 120 periods, 12 waves), 22 s for 5,760 effects by wave and period (48 waves, 120 periods).
MOST_VALUES, MOST_CELLS, MOST_PERIODS = 5_000_000, 6_000, 120


def options_of(stored: dict[str, Any]) -> Options:
    return Options(**{name: stored[name] for name in OPTIONS if name in stored})


def draw_of(estimated: Estimate) -> WaveDraw | None:
    """The draw that this estimate replays, if any; it may have been cancelled since."""
    fingerprint = estimated.options.get("draw")
    return estimated.plan.draws.filter(fingerprint=fingerprint).first() if fingerprint else None


def record_of(estimated: Estimate) -> dict[str, Any] | None:
    """The record of the draw that this estimate replays, if any."""
    found = draw_of(estimated)
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
    tested = _examined(draw.without_first(panel) if draw else panel, options, result, smallest)

    def reading(words: Words) -> list[str]:
        return read_plainly(result, smallest, words, doubts(tested, result, words))

    shown = result.to_json()
    if tested:
        shown["solidity"] = tested.to_json()
    return shown, {
        "verdict": verdict(result, smallest).value,
        "reading": reading(FRENCH),
        "chart": event_study_svg(result),
        "waves_chart": waves_svg(result),
        "facts": _facts(result),
        "equity": [{**found.to_json(), "reading": read_equity(found)} for found in groups],
        "solidity": _solidity(tested, result, FRENCH),
        "numbers": numbers(result, tested),
        "warnings": [kept(warning) for warning in result.warnings],
        "said": in_each_language(
            lambda words: {
                "reading": reading(words),
                "chart": event_study_svg(result, words=words),
                "waves_chart": waves_svg(result, words),
                "equity": [read_equity(found, words) for found in groups],
                "solidity": _solidity(tested, result, words),
            }
        ),
    }


def _examined(panel: Panel, options: Options, result: Result, smallest: float | None) -> Solidity | None:
    """The checks of the core, on a panel small enough for a task that somebody waits for."""
    small = (
        panel.outcome.size <= MOST_VALUES
        and len(result.cells) <= MOST_CELLS
        and result.facts.periods <= MOST_PERIODS
    )
    return examine(panel, options, result, shared_borders(panel.units), smallest) if small else None


def _solidity(found: Solidity | None, result: Result, words: Words) -> dict[str, Any]:
    """The section of the checks: sentences, chart, tables of texts; a sentence alone where they were not made."""
    if found is None:
        return {"paragraphs": [too_large(result, words)], "chart": "", "tables": []}
    return asdict(solidity_section(found, result, words))


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
    frozen, replayed = plan.document.get("draw"), options.get("draw")
    if frozen and replayed != frozen:
        found.append(_other_draw(frozen, replayed))
    if options.get("window") is not None:
        found.append(_("Maturité égale : seules les vagues suivies assez longtemps sont comptées."))
    return found


def _other_draw(frozen: str, replayed: str | None) -> str:
    if not replayed:
        return _("Le plan a été gelé avec le tirage %(frozen)s ; cette estimation n’en rejoue aucun.") % {
            "frozen": frozen[:8]
        }
    return _(
        "Le plan a été gelé avec le tirage %(frozen)s ; cette estimation en rejoue un autre, %(replayed)s."
    ) % {"frozen": frozen[:8], "replayed": replayed[:8]}
