"""Lines over a common axis: told apart without colour, labels never one over the other, no style."""

import re
from xml.etree import ElementTree

from essaim.evaluation.lines_chart import Axis, Line, lines_svg
from essaim.evaluation.svg import BOTTOM, HEIGHT, TOP

LINES = [Line("Vague <1>", ((0, 5.0), (2, 6.0))), Line("Vague 2", ((0, 5.2), (2, 6.0)))]
DRAWN = lines_svg(LINES, Axis("mois", ((0, "0"), (2, "2")), 0, (5.5, "seuil")), "Deux vagues")


def test_the_chart_is_named_and_described() -> None:
    texts = [node.text for node in ElementTree.fromstring(DRAWN)]
    assert texts[:2] == ["Deux vagues", "Vague <1> : 5,00 → 6,00 ; Vague 2 : 5,20 → 6,00"]
    assert "style" not in DRAWN


def test_lines_differ_by_dash_and_their_labels_stand_apart() -> None:
    assert len(set(re.findall(r"<polyline[^>]*?(stroke-dasharray=\"[^\"]*\"|)/>", DRAWN))) == 2
    first, second = (
        float(re.findall(rf'y="([\d.]+)"[^>]*>{name}<', DRAWN)[0]) for name in ("Vague &lt;1&gt;", "Vague 2")
    )
    assert abs(first - second) >= 14


def test_members_stand_thin_behind_their_line_and_within_the_scale() -> None:
    drawn = lines_svg([Line("a", ((0, 1.0), (1, 1.0)), (((0, 0.0), (1, 9.0)),))], Axis("", ()), "")
    thin, line = re.findall(r'<polyline class="es-(\w+)" points="([^"]*)"', drawn)
    assert (thin[0], line[0]) == ("member", "line")
    assert all(0 <= float(point.split(",")[1]) <= HEIGHT for point in thin[1].split())


def test_many_labels_stay_beside_the_drawing() -> None:
    drawn = lines_svg([Line(f"vague {n}", ((0, 0.0), (1, 0.0))) for n in range(30)], Axis("", ()), "")
    heights = sorted(float(y) for y in re.findall(r'y="([\d.]+)"[^>]*>vague', drawn))
    assert heights[0] > TOP - 10 and heights[-1] < HEIGHT - BOTTOM + 10
    assert len(set(heights)) == 30


def test_zero_is_not_forced_in_sight() -> None:
    assert "es-zero" not in DRAWN
    assert "es-zero" in lines_svg([Line("a", ((0, -1.0), (1, 1.0)))], Axis("", ()), "")
