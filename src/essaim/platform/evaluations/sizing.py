"""What a design could detect, and how many sites a wave can take: the core's answers as screens show them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from essaim.evaluation.lines_chart import Axis, Line, lines_svg
from essaim.platform.telling import tell
from essaim.rollout import power as core
from essaim.rollout.capacity import Means, Needs, WaveCapacity, capacity
from essaim.rollout.design import stepped_wedge
from essaim.rollout.errors import RolloutError

DESIGN = ("waves", "never", "persons", "before", "after", "transition", "ramp")
ASSUMED = ("sd", "correlation", "iccs", "autocorrelations", "person", "retention", "wanted")


def computed(given: Mapping[str, Any]) -> dict[str, Any]:
    """The smallest effects of a design over a grid of correlations, with all that was assumed.

    ``given`` has the keys of ``DESIGN`` and ``ASSUMED``. Raises ``ValidationError`` with the core's reason.
    """
    try:
        design = stepped_wedge(
            given["waves"], given["persons"], baseline=given["before"], after=given["after"],
            transition=given["transition"], ramp=given["ramp"], never=given["never"],
        )  # fmt: skip
        fades = given["autocorrelations"] if given["correlation"] != "exchangeable" else [1.0]
        outcome = core.from_correlations(
            given["sd"], given["iccs"][0], given["correlation"], fades[0], given["person"], given["retention"]
        )
        cells = core.grid(design, outcome, given["iccs"], fades, wanted=given["wanted"])
    except RolloutError as error:
        raise ValidationError(tell(error.said)) from error
    clusters = float(design.clusters.sum())
    return {
        "given": {name: given[name] for name in (*DESIGN, *ASSUMED)},
        "clusters": clusters,
        "periods": design.periods,
        "few": clusters < core.FEW_CLUSTERS,
        "autocorrelations": list(fades),
        "rows": [
            {"icc": icc, "effects": [cell.smallest_effect for cell in cells if cell.icc == icc]}
            for icc in given["iccs"]
        ],
        "least": min(cell.smallest_effect for cell in cells),
        "most": max(cell.smallest_effect for cell in cells),
    }


def chart(found: Mapping[str, Any], smallest: float | None) -> str:
    """Smallest effect by correlation within a territory, a line for each autocorrelation."""
    lines = [
        Line(
            _("autocorrélation %(value)s") % {"value": _comma(fade)},
            tuple(
                (row["icc"], row["effects"][k]) for row in sorted(found["rows"], key=lambda row: row["icc"])
            ),
        )
        for k, fade in enumerate(found["autocorrelations"])
    ]
    ticks = tuple((row["icc"], _comma(row["icc"])) for row in found["rows"])
    level = (smallest, _("plus petit effet qui compte")) if smallest else None
    title = _("Plus petit effet que ce plan peut détecter")
    return lines_svg(lines, Axis(_("corrélation à l’intérieur d’un territoire"), ticks, None, level), title)


def places(
    coordinators: Sequence[float], days: Sequence[float], needs: Mapping[str, Any]
) -> tuple[WaveCapacity, ...]:
    """Sites that each wave can take. Raises ``ValidationError`` with the core's reason."""
    if len(coordinators) != len(days):
        raise ValidationError(
            {"days": _("Autant de valeurs que de vagues : une par vague dans les deux listes.")}
        )
    try:
        return capacity([Means(c, d) for c, d in zip(coordinators, days, strict=True)], Needs(**needs))
    except RolloutError as error:
        raise ValidationError(tell(error.said)) from error


def _comma(value: float) -> str:
    return f"{value:g}".replace(".", ",")
