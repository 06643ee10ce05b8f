"""A recorded draw gives the inference: what it replays, what it sets aside, when it cannot."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from essaim.evaluation import (
    EvaluationError,
    Options,
    Panel,
    RecordedDraw,
    build_report,
    estimate,
    read_plainly,
    report_html,
)
from essaim.rollout.allocation import Request, Territory, draw, replay
from essaim.words import number

ROWS = tuple(
    Territory(f"T{i:02}", "AB"[i % 2], {"x": float(i * 7 % 24)}, "pilote" if i == 0 else "")
    for i in range(24)
)
OPENING = {1: 4, 2: 5, 3: 6}  # the period in which each wave opens


def record(method: str = "constrained", seed: int = 3) -> dict:
    request = Request(ROWS, (9, 8, 8), method, candidates=400, keep=0.25)  # type: ignore[arg-type]
    return json.loads(json.dumps(draw(request, seed).to_dict()))


def frame(made: dict, effect: float = 0.0, seed: int = 1, moved: str = "") -> pl.DataFrame:
    """A panel of 8 periods that opens as the draw says, units alike but for noise and a fixed level."""
    rng = np.random.default_rng(seed)
    rows = []
    for row in made["allocation"]:
        opens = OPENING[row["wave"]] + (row["code"] == moved)
        level = rng.normal(0, 1)
        rows += [
            (row["code"], t, opens, level + rng.normal(0, 0.5) + effect * (t >= opens)) for t in range(1, 9)
        ]
    return pl.DataFrame(rows, schema=["unit", "time", "cohort", "outcome"], orient="row")


def run(made: dict, table: pl.DataFrame, **options: object):
    settings = {"control": "notyettreated", "inference": "randomisation", "draws": 199, **options}
    return estimate(Panel.from_frame(table), Options(**settings), RecordedDraw.of(made, settings["draws"]))  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["simple", "stratified", "constrained"])
def test_a_recorded_draw_is_replayed_and_sees_an_effect(method: str) -> None:
    made = record(method)
    seen, nothing = (run(made, frame(made, effect)).provenance for effect in (2.0, 0.0))
    assert (seen["inference"], seen["waves_drawn"], seen["p_value"] < 0.02) == ("randomisation", True, True)
    assert seen["draw"]["fingerprint"] == made["fingerprint"]
    assert nothing["p_value"] > 0.05


def test_the_reading_and_the_report_say_the_draw_and_its_test() -> None:
    made = record()
    result = run(made, frame(made, 2.0))
    said = " ".join(read_plainly(result))
    assert "tirées au sort" in said and f"p = {number(result.provenance['p_value'], digits=3)}" in said
    page = report_html(build_report(result))
    assert f"empreinte {made['fingerprint'][:16]}… et de graine 3." in page and "graine 0" not in page


def test_without_the_test_that_draws_again_the_reading_says_that_waves_were_drawn() -> None:
    result = estimate(Panel.from_frame(frame(record())), Options(control="notyettreated", drawn=True))
    said = " ".join(read_plainly(result))
    assert "ont été tirées au sort" in said and "Le test qui refait" not in said


def test_other_assignments_are_the_schemes_really_kept() -> None:
    made = record()
    kept = replay(made).schemes
    found = RecordedDraw.of(made, draws=10_000)
    assert len(found.schemes) == len(kept) - 1
    assert {row.tobytes() for row in found.schemes} < {row.tobytes() for row in kept}


def test_those_that_had_to_open_first_are_set_aside_by_name() -> None:
    made = record()
    result = run(made, frame(made))
    assert result.facts.units == 23
    assert any("T00" in note and "nécessité" in note for note in result.warnings)


def test_a_territory_that_opened_late_is_named_and_intervals_are_those_of_chosen_waves() -> None:
    made = record()
    moved = next(row["code"] for row in made["allocation"] if row["wave"] == 2)
    result = run(made, frame(made, moved=moved))
    assert any(moved in said and "vague tirée" in said for said in result.warnings)
    assert (result.provenance["inference"], result.facts.drawn) == ("cr2", False)


def test_a_missing_territory_is_named() -> None:
    made = record()
    gone = next(row["code"] for row in made["allocation"] if row["in_comparison"])
    result = run(made, frame(made).filter(pl.col("unit") != gone))
    assert any(gone in said and "absents" in said for said in result.warnings)


def test_a_record_that_was_touched_is_refused() -> None:
    made = record()
    made["allocation"][1]["wave"] = 4 - made["allocation"][1]["wave"]
    with pytest.raises(EvaluationError, match="procès-verbal a été modifié"):
        RecordedDraw.of(made)


def test_p_values_over_the_schemes_really_kept_are_exactly_uniform() -> None:
    """Whatever scheme had been drawn among the 24 kept, the same data rank it: each p-value k / 24 comes once."""
    made = record()
    kept = replay(made).schemes[:24]
    drawn = RecordedDraw.of(made)
    found = []
    for row, waves in enumerate(kept):
        wave = dict(zip(drawn.units, waves + 1, strict=True))
        table = frame(made | {"allocation": [{"code": code, "wave": wave[code]} for code in drawn.units]})
        scheme = replace(drawn, waves=waves, schemes=np.delete(kept, row, axis=0))
        options = Options(control="notyettreated", inference="randomisation", aggregations=["simple"])
        found.append(estimate(Panel.from_frame(table), options, scheme).provenance["p_value"])
    assert sorted(found) == pytest.approx(np.arange(1, 25) / 24)
