"""The chart is plain SVG that a strict content policy accepts, with the same numbers as its table."""

from xml.etree import ElementTree

from essaim.evaluation import Panel, estimate, event_rows, event_study_svg
from essaim.evaluation.simulate import Scenario, simulate

RESULT = estimate(Panel.from_frame(simulate(Scenario(effect=-0.5))))
SVG = "{http://www.w3.org/2000/svg}"


def test_it_is_well_formed_and_described() -> None:
    root = ElementTree.fromstring(event_study_svg(RESULT))
    assert root.get("role") == "img"
    assert (root.findtext(f"{SVG}title") or "").startswith("Données simulées")
    assert "périodes avant l’ouverture" in (root.findtext(f"{SVG}desc") or "")


def test_it_holds_no_style_and_no_script() -> None:
    text = event_study_svg(RESULT).lower()
    assert "style" not in text
    assert "<script" not in text
    assert " on" not in "".join(tag.split(">")[0] for tag in text.split("<"))


def test_every_event_time_has_its_point() -> None:
    root = ElementTree.fromstring(event_study_svg(RESULT))
    points = [node for node in root.iter() if node.get("class") == "es-point"]
    assert len(points) == len(event_rows(RESULT)) == len(RESULT.aggregations["event"].by)


def test_a_title_cannot_inject_markup() -> None:
    assert "<b>" not in event_study_svg(RESULT, "<b>x</b>")
