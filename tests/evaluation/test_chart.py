"""The chart is plain SVG that a strict content policy accepts, with the same numbers as its table."""

from xml.etree import ElementTree

from essaim.evaluation import Options, Panel, estimate, event_rows, event_study_svg, wave_rows, waves_svg
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


def test_every_wave_has_its_point_its_interval_and_its_band() -> None:
    root = ElementTree.fromstring(waves_svg(RESULT))
    assert (root.findtext(f"{SVG}title") or "") == "Données simulées. Effet par vague"
    waves = RESULT.aggregations["group"].by
    drawn = [node.get("class") for node in root.iter()]
    assert drawn.count("es-point") == len(wave_rows(RESULT)) == len(waves) == 3
    assert drawn.count("es-interval") == drawn.count("es-band") == len(waves) + 1  # and the legend
    assert {key for key, _effect in waves} <= {node.text for node in root.iter(f"{SVG}text")}


def test_opening_is_marked_among_times_and_not_among_waves() -> None:
    assert 'class="es-opening"' in event_study_svg(RESULT)
    assert 'class="es-opening"' not in waves_svg(RESULT)


def test_without_waves_the_chart_says_that_there_is_none() -> None:
    simple = estimate(Panel.from_frame(simulate(Scenario())), Options(aggregations=("simple",)))
    assert "Aucun effet à montrer." in waves_svg(simple)
