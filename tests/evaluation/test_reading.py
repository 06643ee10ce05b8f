"""The plain reading gives six simulated panels six different conclusions."""

import pytest

from essaim.evaluation import Panel, Result, Verdict, estimate, read_plainly, verdict
from essaim.evaluation.simulate import Scenario, simulate
from tests.evaluation_data import SCENARIOS


def evaluated(scenario: Scenario) -> Result:
    return estimate(Panel.from_frame(simulate(scenario), region="region"))


@pytest.mark.parametrize("expected", SCENARIOS, ids=lambda v: v.name)
def test_each_panel_has_its_conclusion(expected: Verdict) -> None:
    assert verdict(evaluated(SCENARIOS[expected])) is expected


def test_the_conclusions_are_worded_differently() -> None:
    said = {read_plainly(evaluated(scenario))[2] for scenario in SCENARIOS.values()}
    openings = {sentence[:20] for sentence in said}
    assert len(said) == len(SCENARIOS)
    assert len(openings) >= 4


def test_an_imprecise_null_is_not_an_absence_of_effect() -> None:
    said = " ".join(read_plainly(evaluated(SCENARIOS[Verdict.IMPRECISE_NULL])))
    assert "On ne sait pas" in said
    assert "Ne pas voir d’effet n’est pas montrer" in said


def test_simulated_data_say_so_first() -> None:
    assert read_plainly(evaluated(Scenario()))[0].startswith("Données simulées")


def test_the_smallest_effect_of_interest_decides_what_precise_means() -> None:
    result = evaluated(SCENARIOS[Verdict.PRECISE_NULL])
    assert verdict(result, smallest=1.0) is Verdict.PRECISE_NULL
    assert verdict(result, smallest=0.001) is Verdict.IMPRECISE_NULL


def test_chosen_waves_are_named_as_such() -> None:
    assert any("choisies, non tirées au sort" in s for s in read_plainly(evaluated(Scenario())))


def test_a_wave_of_one_unit_is_named_as_what_prevents_a_conclusion() -> None:
    found = estimate(Panel.from_frame(simulate(Scenario(waves=(1, 12, 18), effect=-0.8))))
    said = " ".join(read_plainly(found))
    assert verdict(found) is Verdict.TOO_FEW
    assert "une vague n’a qu’une unité" in said and "Retirez cette unité" in said
    assert "À maturité égale, aucune période" not in said


def test_nothing_is_said_of_bands_that_nobody_knows() -> None:
    concentrated = simulate(Scenario(concentrated=True, region_noise=0.5, waves=(8, 8), regions=12))
    found = estimate(Panel.from_frame(concentrated, region="region"))
    assert found.facts.concentrated
    assert not [sentence for sentence in read_plainly(found) if sentence.startswith("À maturité égale")]
