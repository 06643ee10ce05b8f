"""From raw values to notes: every transformation, every rule for what is missing, nothing silently zero."""

import numpy as np
import pytest

from essaim.territory.criteria import Criterion, CriterionError, Transform, notes, problems
from essaim.territory.table import Column, Measure, Table

RAW = [10.0, 20.0, 20.0, 40.0]


def table(*values: float, level: str = "epci") -> Table:
    codes = tuple("abcdefgh"[: len(values)])
    return Table(level, codes, codes, {"x": Column(Measure("x", "X", "", "s", "d", level), np.array(values))})


def note(transform: Transform, direction: str = "high", missing: str = "exclude", values: list[float] = RAW):  # type: ignore[no-untyped-def]
    criterion = Criterion("x", "need", "x", direction, transform, missing)  # type: ignore[arg-type]
    return notes((criterion,), table(*values))


@pytest.mark.parametrize(
    ("transform", "direction", "expected"),
    [
        (Transform("rank"), "high", [0, 0.5, 0.5, 1]),
        (Transform("rank"), "low", [1, 0.5, 0.5, 0]),
        (Transform("minmax"), "high", [0, 1 / 3, 1 / 3, 1]),
        (Transform("minmax", low=0, high=20), "high", [0.5, 1, 1, 1]),
        (
            Transform("log"),
            "high",
            [0, np.log(21 / 11) / np.log(41 / 11), np.log(21 / 11) / np.log(41 / 11), 1],
        ),
        (Transform("threshold", at=20), "high", [0, 1, 1, 1]),
        (Transform("threshold", at=20), "low", [1, 1, 1, 0]),
        (Transform("curve", points=((10, 0.2), (30, 1.0), (40, 0.0))), "high", [0.2, 0.6, 0.6, 0]),
    ],
)
def test_a_transformation(transform: Transform, direction: str, expected: list[float]) -> None:
    assert note(transform, direction).values[:, 0] == pytest.approx(expected)


def test_a_criterion_equal_everywhere_gives_the_same_middle_note() -> None:
    assert note(Transform("minmax"), values=[3.0, 3.0]).values[:, 0] == pytest.approx([0.5, 0.5])
    assert note(Transform("rank"), values=[3.0, 3.0]).values[:, 0] == pytest.approx([0.5, 0.5])
    assert note(Transform("rank"), values=[3.0]).values[:, 0] == pytest.approx([0.5])


def test_negative_values_have_no_logarithm() -> None:
    with pytest.raises(CriterionError, match="négatives"):
        note(Transform("log"), values=[-1.0, 2.0])


HOLED = [10.0, np.nan, 20.0, 40.0]


def test_exclude_leaves_the_territory_out_and_says_why() -> None:
    found = note(Transform("minmax"), values=HOLED)
    assert found.codes == ("a", "c", "d")
    assert found.left_out == {"b": ("x",)}


def test_median_and_worst_fill_and_mark_the_hole() -> None:
    median, worst = (note(Transform("minmax"), missing=m, values=HOLED) for m in ("median", "worst"))
    assert median.values[1, 0] == pytest.approx(1 / 3)
    assert worst.values[1, 0] == 0
    assert median.filled[:, 0].tolist() == worst.filled[:, 0].tolist() == [False, True, False, False]


def test_unknown_marks_the_hole_to_be_drawn() -> None:
    found = note(Transform("minmax"), missing="unknown", values=HOLED)
    assert found.unknown[:, 0].tolist() == [False, True, False, False]
    assert not found.filled.any()


def test_a_criterion_without_any_value_is_refused() -> None:
    with pytest.raises(CriterionError, match="aucune valeur"):
        note(Transform("rank"), missing="median", values=[np.nan, np.nan])
    with pytest.raises(CriterionError, match="Aucun territoire"):
        note(Transform("rank"), values=[np.nan, np.nan])


@pytest.mark.parametrize(
    ("criterion", "word"),
    [
        (Criterion("x", "besoin", "x"), "family"),  # type: ignore[arg-type]
        (Criterion("x", "need", "x", "up"), "direction"),  # type: ignore[arg-type]
        (Criterion("x", "need", "x", missing="zero"), "missing"),  # type: ignore[arg-type]
        (Criterion("x", "need", "x", transform=Transform("cube")), "transform.kind"),  # type: ignore[arg-type]
        (Criterion("x", "need", "x", transform=Transform("threshold")), "seuil"),
        (
            Criterion("x", "need", "x", transform=Transform("minmax", at=3)),
            "transform.at n’a pas d’effet avec « minmax » ; retirez-le, ou prenez « threshold »",
        ),
        (Criterion("x", "need", "x", transform=Transform("rank", low=0)), "ou prenez « minmax » ou « log »"),
        (
            Criterion("x", "need", "x", transform=Transform("log", points=((0, 0), (1, 1)))),
            "transform.points",
        ),
        (Criterion("x", "need", "x", transform=Transform("threshold", at=float("nan"))), "finis"),
        (
            Criterion("x", "need", "x", transform=Transform("curve", points=((0, 0), (float("inf"), 1)))),
            "finis",
        ),
        (Criterion("x", "need", "x", transform=Transform("minmax", low=2, high=1)), "inférieur"),
        (Criterion("x", "need", "x", transform=Transform("curve", points=((1, 0),))), "deux points"),
        (Criterion("x", "need", "x", transform=Transform("curve", points=((1, 0), (1, 1)))), "croître"),
        (Criterion("x", "need", "x", transform=Transform("curve", points=((1, 0), (2, 3)))), "de 0 à 1"),
        (Criterion("x", "need", "x", "low", Transform("curve", points=((1, 0), (2, 1)))), "direction"),
    ],
)
def test_a_criterion_that_makes_no_sense_is_told(criterion: Criterion, word: str) -> None:
    assert any(word in p for p in problems(criterion))


def test_a_sound_criterion_has_no_problem() -> None:
    assert problems(Criterion("x", "need", "x")) == []
