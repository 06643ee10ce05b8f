"""The joint test of the effects before exposure, against the definition with the whole covariance."""

import numpy as np
import polars as pl
import pytest

from essaim.evaluation import Options, Panel, estimate, joint_test
from essaim.evaluation.att import Base, Control
from essaim.evaluation.bands import Pretest
from essaim.evaluation.simulate import Scenario, simulate

LARGE = Scenario(units=300, waves=(40, 60, 50), before=6, gap=2, periods=14, seed=5)
SMALL = Scenario(units=24, waves=(4, 5, 6), seed=5)


def pretest(
    frame: pl.DataFrame, control: Control, base: Base, anticipation: int = 0, **columns: str
) -> Pretest:
    options = Options(inference="analytic", control=control, base=base, anticipation=anticipation)
    return estimate(Panel.from_frame(frame, **columns), options).pretest  # type: ignore[arg-type]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[float | None]:
    """What the short way answered, each time; the estimation is told that it found nothing."""
    answers: list[float | None] = []
    short = joint_test.statistic

    def told(*given: object) -> None:
        answers.append(short(*given))  # type: ignore[arg-type]

    monkeypatch.setattr(joint_test, "statistic", told)
    return answers


@pytest.mark.parametrize(
    ("control", "base", "anticipation"),
    [
        ("nevertreated", "varying", 0),
        ("notyettreated", "varying", 0),
        ("notyettreated", "varying", 1),
        ("nevertreated", "universal", 0),
    ],
)
def test_the_statistic_is_that_of_the_whole_covariance(
    control: Control, base: Base, anticipation: int, asked: list[float | None]
) -> None:
    whole = pretest(simulate(LARGE), control, base, anticipation)
    assert asked == [pytest.approx(whole.statistic, rel=1e-10)]


def test_it_holds_without_units_never_exposed(asked: list[float | None]) -> None:
    frame = simulate(LARGE).filter(pl.col("wave") != "")
    whole = pretest(frame, "notyettreated", "varying")
    assert asked == [pytest.approx(whole.statistic, rel=1e-10)]


def test_unequal_weights_and_crossed_comparisons_are_left_to_the_whole_covariance(
    asked: list[float | None],
) -> None:
    frame = simulate(LARGE)
    weighted = frame.with_columns(w=1.0 + pl.col("unit").rank("dense") % 3)
    assert pretest(weighted, "nevertreated", "varying", weights="w").statistic is not None
    assert pretest(frame, "notyettreated", "universal").statistic is not None
    assert asked == [None, None]


def test_fewer_units_than_periods_are_told_as_before(asked: list[float | None]) -> None:
    whole = pretest(simulate(SMALL), "nevertreated", "varying")
    assert asked == [None]
    assert whole.statistic is None or np.isfinite(whole.statistic)
