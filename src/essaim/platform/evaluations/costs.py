"""What a unit of effect costs: the core's answer on a report, its curve, its words."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from essaim.evaluation.cost import Cost, cost_effectiveness, df_behind, read_cost
from essaim.evaluation.errors import EvaluationError
from essaim.evaluation.lines_chart import Axis, Line, lines_svg
from essaim.platform.evaluations.report import in_each_language
from essaim.platform.telling import tell

GIVEN = ("cost", "low", "high", "worths", "direction", "units", "unit_name", "source")
_POINTS = 41


def computed(result: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Ratio, curve and reading for the mean effect of ``result``. Raises ``ValidationError`` with the core's reason."""
    effect = result["aggregations"].get("simple") or {}
    level = result["provenance"]["level"]
    if None in (effect.get("estimate"), effect.get("se"), effect.get("conf_low"), effect.get("conf_high")):
        raise ValidationError(
            _("L’effet moyen n’a pas d’intervalle : aucun rapport coût-efficacité n’a de sens.")
        )
    worths = sorted(set(given["worths"]))
    if not worths or worths[0] <= 0:
        raise ValidationError({"worths": _("Donner des valeurs positives, en euros.")})
    grid = [worths[-1] * 1.25 * k / (_POINTS - 1) for k in range(1, _POINTS)]
    try:
        made = [
            cost_effectiveness(
                effect["estimate"], effect["se"], Cost(given["cost"], given["low"], given["high"]), chosen,
                df=df_behind(effect["se"], effect["conf_low"], effect["conf_high"], level),
                direction=given["direction"], units=given["units"], level=level,
            )
            for chosen in (worths, grid)
        ]  # fmt: skip
    except EvaluationError as error:
        raise ValidationError(tell(error.said)) from error
    found = made[0].to_json()
    return {
        "given": {name: given[name] for name in GIVEN},
        "ratio": found["ratio"],
        "curve": found["curve"],
        "reading": read_cost(made[0]),
        "said": in_each_language(lambda words: {"reading": read_cost(made[0], words)}),
        "line": [[worth, 100 * chance] for worth, chance in made[1].curve],
    }


def chart(found: Mapping[str, Any]) -> str:
    """Chance (%) that the programme is worth its cost, by the worth of one unit of effect."""
    line = Line(_("chance (%)"), tuple((float(x), float(y)) for x, y in found["line"]))
    ticks = tuple((row["worth"], f"{row['worth']:,.0f}".replace(",", " ")) for row in found["curve"])
    axis = Axis(_("euros que vaut une unité d’effet"), ticks, None, (50.0, _("une chance sur deux")))
    return lines_svg([line], axis, _("Chance que le programme vaille son coût"))
