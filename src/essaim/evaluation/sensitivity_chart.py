"""The sensitivity chart as SVG text: the interval of the effect under wider and wider bounds."""

import math

from essaim.evaluation import svg
from essaim.evaluation.sensitivity import Sensitivity
from essaim.words import FRENCH, Words


def sensitivity_svg(found: Sensitivity, *, simulated: bool = False, words: Words = FRENCH) -> str:
    """The interval without violation, then under each relative bound, around zero."""
    shown = [found.original, *(b for b in found.relative if b.bound > 0 and math.isfinite(b.low))]
    scale = svg.Scale.over([v for b in shown for v in (b.low, b.high)], 0, len(shown) - 1)
    body = svg.horizontal_axes(scale)
    for k, bounded in enumerate(shown):
        name = words.say("parallèles") if k == 0 else words.number(bounded.bound, digits=1)
        color = svg.AFTER if bounded.excludes_zero else svg.BEFORE
        x = scale.x(k)
        body.append(svg.line(x, scale.y(bounded.low), x, scale.y(bounded.high), color, 3.5, "interval"))
        body.append(svg.under(scale, k, name))
    x, y = scale.x(0), scale.y(found.estimate)
    body.append(f'<circle class="es-point" cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{svg.AFTER}"/>')
    body.append(
        svg.axis_title(words.say("écart admis, en multiples du plus grand changement vu avant l’ouverture"))
    )
    title = words.say("L’effet selon ce que l’on admet d’écart après l’ouverture")
    if simulated:
        title = words.say("Données simulées. %(title)s", title=title)
    return svg.document(title, _description(found, words), body)


def _description(found: Sensitivity, words: Words) -> str:
    if not found.original.excludes_zero:
        return words.say("L’intervalle contient zéro dès que les courbes sont parallèles.")
    if found.relative_breakdown == math.inf:
        return words.say("L’intervalle ne contient zéro sous aucun des écarts admis.")
    return words.say(
        "L’intervalle atteint zéro pour un écart de %(bound)s.",
        bound=words.number(found.relative_breakdown, digits=1),
    )
