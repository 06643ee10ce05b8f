"""The section « Solidité » : each check speaks plainly, says what it could not do, and reaches every format."""

import csv
import io
import math

import numpy as np
import polars as pl
import pytest
from docx import Document

from essaim.evaluation import (
    Options,
    Panel,
    Result,
    build_report,
    estimate,
    numbers_csv,
    report_docx,
    report_html,
)
from essaim.evaluation.event_path import event_path
from essaim.evaluation.periods import NEVER
from essaim.evaluation.sensitivity import sensitivity
from essaim.evaluation.simulate import Scenario, simulate
from essaim.evaluation.solidity import NAMES, Solidity, examine
from essaim.evaluation.solidity_reading import read_solidity, rows_of_effect, rows_of_nothing

OPTIONS = Options()


def examined(
    scenario: Scenario, *, near: bool = False, options: Options = OPTIONS
) -> tuple[Solidity, Result]:
    panel = Panel.from_frame(simulate(scenario), region="region")
    result = estimate(panel, options)
    pairs = None
    if near:
        exposed, never = (np.flatnonzero(which) for which in (panel.cohort != NEVER, panel.cohort == NEVER))
        names = list(panel.units)
        pairs = pl.DataFrame({"a": [names[i] for i in exposed[:6]], "b": [names[j] for j in never[:6]]})
    return examine(panel, options, result, pairs), result


@pytest.fixture(scope="module")
def clear() -> tuple[Solidity, Result]:
    return examined(Scenario(effect=-0.8), near=True)


def test_a_clear_effect_stands_in_every_check(clear: tuple[Solidity, Result]) -> None:
    said = read_solidity(*clear)
    assert "La conclusion" in said[0]
    text = " ".join(said)
    for words in (
        "par imputation",
        "Sans l’une ou l’autre vague",
        "ne montre rien, comme il se doit",
        "faux déploiements",
        "À ne pas retenir",
        "laisse passer une fois sur deux",
        "voisine exposée",
        "par région",
    ):
        assert words in text


def test_what_was_not_made_is_said_with_its_reason(clear: tuple[Solidity, Result]) -> None:
    last = read_solidity(*clear)[-1]
    assert last.startswith(
        "Non fait : estimateur d’un ordre tiré au sort (L’ordre des vagues n’a pas été tiré"
    )


def test_a_drift_before_opening_is_seen_by_the_false_opening() -> None:
    text = " ".join(read_solidity(*examined(Scenario(trend=0.15, noise=0.2))))
    assert "montre un effet alors que rien n’avait ouvert" in text


def test_an_effect_of_a_false_opening_is_told_with_the_conclusion() -> None:
    found, result = examined(Scenario(trend=0.15, noise=0.2))
    first = build_report(result, solidity=found).sections[0]
    assert any("La comparaison est douteuse" in sentence for sentence in first.paragraphs)


def test_an_absence_of_effect_stands_up_to_the_bound_where_an_effect_that_matters_is_possible_again() -> None:
    found, result = examined(Scenario(effect=0.0))
    tested = found.sensitivity
    assert not isinstance(tested, str)
    assert tested.threshold is not None
    assert tested.within is not None
    assert 0.1 < tested.within < math.inf
    assert "L’absence d’effet notable tient, sauf si" in read_solidity(found, result)[0]
    path = event_path(Panel.from_frame(simulate(Scenario(effect=0.0)), region="region"), OPTIONS)
    below, beyond = sensitivity(path, relative=[tested.within - 0.05, tested.within + 0.05]).relative
    assert max(-below.low, below.high) < tested.threshold < max(-beyond.low, beyond.high)


def test_an_imprecise_absence_of_effect_rules_nothing_out() -> None:
    text = " ".join(read_solidity(*examined(Scenario(effect=0.0, noise=2.5))))
    assert "dépasse déjà le seuil d’un effet qui compte" in text


def test_a_drawn_order_has_its_own_estimator() -> None:
    found, result = examined(Scenario(effect=-0.8), options=Options(drawn=True))
    assert not isinstance(found.random_timing, str)
    assert found.random_timing.se < result.aggregations["simple"].overall.se * 1.05
    assert "tiré au sort" in " ".join(read_solidity(found, result))


def test_concentrated_waves_show_too_many_effects_among_false_deployments() -> None:
    panel = Scenario(units=240, waves=(20, 20), regions=12, region_noise=0.6, concentrated=True)
    text = " ".join(read_solidity(*examined(panel)))
    assert "Elle en voit trop" in text
    assert "à 95" not in text


def test_a_panel_that_allows_no_check_says_so_without_failing() -> None:
    rows = [(u, t, g, float(u * t % 5)) for u, g in enumerate((2, 2, 0, 0)) for t in (1, 2)]
    frame = pl.DataFrame(rows, schema=["unit", "time", "cohort", "outcome"], orient="row")
    panel = Panel.from_frame(frame)
    found = examine(panel, OPTIONS, estimate(panel, OPTIONS))
    assert {name for name, _ in found.not_made} >= {NAMES[n] for n in ("sensitivity", "in_time", "in_space")}


def test_the_main_estimate_comes_first_and_nothing_is_apart(clear: tuple[Solidity, Result]) -> None:
    found, result = clear
    rows = rows_of_effect(found, result)
    assert rows[0] == ("calcul principal", result.aggregations["simple"].overall)
    assert len(rows) == 1 + 2 + 3 + 1  # imputation and regions, three waves, neighbours
    assert len(rows_of_nothing(found)) == 2


def test_the_section_and_its_chart_stand_in_the_page(clear: tuple[Solidity, Result]) -> None:
    found, result = clear
    page = report_html(build_report(result, solidity=found))
    assert page.index("À maturité égale") < page.index("<h2>Solidité</h2>") < page.index("Les chiffres")
    assert page.count("<svg") == 3  # times since opening, waves, sensitivity
    assert "D’une vague à l’autre" in page
    assert "Là où l’on ne doit rien voir" in page


def test_the_section_stands_in_the_word_file(clear: tuple[Solidity, Result]) -> None:
    found, result = clear
    document = Document(io.BytesIO(report_docx(build_report(result, solidity=found))))
    headings = [
        p.text for p in document.paragraphs if p.style is not None and p.style.name.startswith("Heading")
    ]
    assert "Solidité" in headings
    assert "Si les courbes n’étaient pas parallèles" in headings


def test_the_csv_holds_the_numbers_of_the_checks(clear: tuple[Solidity, Result]) -> None:
    found, result = clear
    rows = list(csv.DictReader(io.StringIO(numbers_csv(result, found))))
    imputed = next(row for row in rows if row["key"] == "imputation")
    assert not isinstance(found.imputation, str)
    assert float(imputed["estimate"]) == found.imputation.estimate
    assert sum(row["kind"] == "relative_magnitudes" for row in rows) == 5


def test_the_csv_holds_the_checks_that_are_one_number(clear: tuple[Solidity, Result]) -> None:
    found, result = clear
    rows = list(csv.DictReader(io.StringIO(numbers_csv(result, found))))
    of = {(row["kind"], row["key"]): row for row in rows}
    assert not isinstance(found.two_way, str)
    assert not isinstance(found.power, str)
    assert not isinstance(found.in_space, str)
    assert not isinstance(found.sensitivity, str)
    assert float(of["two_way", "overall"]["estimate"]) == found.two_way.effect.estimate
    assert float(of["two_way_share", "earlier"]["value"]) == found.two_way.share("earlier")
    assert float(of["undetected_drift", "0.5"]["value"]) == found.power[0].slope
    assert float(of["false_openings_share", ""]["value"]) == found.in_space.share
    assert float(of["smoothness_breakdown", ""]["value"]) == found.sensitivity.smooth_breakdown
    weights = [float(row["value"]) for row in rows if row["kind"] in ("two_way_never", "two_way_later")]
    assert sum(weights) == pytest.approx(1 - found.two_way.share("earlier"))
