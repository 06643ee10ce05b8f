"""Maps: classes of the legend, strict CSP, text and table that say what the picture says."""

import math
import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from essaim.territory.codes import DATA, territories
from essaim.territory.map import MapError, MapText, Outlines, choropleth, number, outlines, quantile_classes

SQUARES = Outlines(
    (0, 0, 30, 10), {"01": "M0 0h10v10h-10z", "02": "M10 0h10v10h-10z", "03": "M20 0h10v10h-10z"}
)


def test_departments_and_epci_are_all_drawn() -> None:
    assert set(outlines("departement").paths) == {
        c for c, t in territories("departement").items() if t.area_km2 is not None
    }
    assert set(outlines("epci").paths) == set(territories("epci"))


def test_each_outline_file_stays_under_400_kb() -> None:
    assert all(f.stat().st_size < 400_000 for f in DATA.glob("outlines_*.json"))


def test_a_level_without_shipped_outlines_is_refused_with_the_way_out() -> None:
    with pytest.raises(MapError, match="Importez les contours"):
        outlines("commune")


def test_classes_hold_every_value_once_and_never_split_equals() -> None:
    values = [1.0, 1.0, 1.0, 1.0, 2.0, 3.0, 9.0]
    found = quantile_classes(values, 5)
    assert sum(c.count for c in found) == len(values)
    assert found[0] == found[0].__class__(1.0, 1.0, 4, "1")
    assert all(a.high < b.low for a, b in pairwise(found))


def test_no_values_give_no_class_and_too_many_classes_are_refused() -> None:
    assert quantile_classes([], 5) == ()
    with pytest.raises(MapError):
        quantile_classes([1.0], 9)


def test_the_map_is_valid_xml_without_style_or_script() -> None:
    drawn = choropleth({"33": 4.0, "2A": 1.0, "974": 9.0}, "departement", MapText("Essai", "%"))
    tree = ET.fromstring(drawn.svg)
    assert not any({"style", "onclick"} & set(node.attrib) for node in tree.iter())
    assert "<style" not in drawn.svg
    assert "<script" not in drawn.svg


def test_names_and_titles_are_escaped() -> None:
    drawn = choropleth(
        {"01": 1.0}, "departement", MapText("<b>&"), shapes=SQUARES, names={"01": '"><script>'}
    )
    assert "<script>" not in drawn.svg
    ET.fromstring(drawn.svg)


def test_missing_and_undefined_values_are_told_apart_from_zero() -> None:
    drawn = choropleth({"01": 0.0, "02": None, "03": math.nan}, "departement", MapText("T"), shapes=SQUARES)
    assert drawn.missing == 2
    assert drawn.svg.count('class="map-none"') == 3  # two territories and the legend
    assert {r[0]: r[2] for r in drawn.rows} == {"01": 0.0, "02": None, "03": None}


def test_the_text_gives_extremes_median_and_source() -> None:
    drawn = choropleth(
        {"33": 4.0, "2A": 1.0, "974": 9.0},
        "departement",
        MapText("Essai", "%", "source inventée pour l’essai"),
    )
    assert re.search(r"hautes : La Réunion \(9\u00a0%\)", drawn.text)
    assert "Médiane : 4\u00a0%" in drawn.text
    assert "source inventée" in drawn.text


def test_a_simulated_map_says_so() -> None:
    drawn = choropleth({"01": 1.0}, "departement", MapText("Besoin", simulated=True), shapes=SQUARES)
    assert "(simulé)" in drawn.svg
    assert "(simulé)" in drawn.text


def test_links_make_a_group_rather_than_an_opaque_image() -> None:
    values = {"01": 1.0, "02": 2.0}
    plain = choropleth(values, "departement", MapText("T"), shapes=SQUARES)
    linked = choropleth(values, "departement", MapText("T"), shapes=SQUARES, links={"01": "/t/01?a=1&b=2"})
    assert 'role="img"' in plain.svg
    assert 'role="group"' in linked.svg
    assert "/t/01?a=1&amp;b=2" in linked.svg


def test_the_magnified_copy_is_hidden_from_assistive_technology() -> None:
    tree = ET.fromstring(choropleth({"75": 1.0}, "departement", MapText("T"), links={"75": "/x"}).svg)
    zoom = next(n for n in tree.iter() if n.get("class") == "map-zoom")
    assert zoom.get("aria-hidden") == "true"
    assert not [n for n in zoom.iter() if n.tag.endswith("}a")]


def test_numbers_are_written_in_french() -> None:
    assert number(-12345.678, 2) == "\u221212\u202f345,68"


def test_colours_are_written_only_for_documents_on_their_own() -> None:
    values = {"01": 1.0, "02": 2.0}
    assert "fill=" not in choropleth(values, "departement", MapText("T"), shapes=SQUARES).svg
    assert "fill=" in choropleth(values, "departement", MapText("T"), shapes=SQUARES, standalone=True).svg
