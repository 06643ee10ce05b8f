"""Access: conserving, equal to a case by hand and to an independent formula, blind to nothing across seas."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from essaim import kernels
from essaim.territory import access_kernel
from essaim.territory.access import DECAYS, AccessError, Pairs, _by_kernel, _by_pairs, access, decay, e2sfca
from essaim.territory.places import PLANE_GAP_M, Points, points

LINE = Points(np.array([[0.0, 0.0], [10_000.0, 0.0], [100_000.0, 0.0]]))


def test_a_case_worked_by_hand() -> None:
    """Two places at 0 and 10 km share one service at 0 (30 km, linear): weights 1 and 2/3, R = 60 / (100 + 100)."""
    found = access(
        LINE, np.array([100.0, 150.0, 50.0]), Points(LINE.xy[:1]), np.array([60.0]), 30_000.0, "linear"
    )
    assert found.ratio == pytest.approx([0.3])
    assert found.values == pytest.approx([0.3, 0.2, 0.0])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(DECAYS), st.floats(1_000, 60_000))
def test_capacity_is_conserved_and_equal_to_the_dense_formula(seed: int, kind: str, reach: float) -> None:
    rng = np.random.default_rng(seed)
    here, there = Points(rng.uniform(0, 1e5, (40, 2))), Points(rng.uniform(0, 1e5, (15, 2)))
    people, capacity = rng.integers(0, 500, 40).astype(float), rng.integers(0, 30, 15).astype(float)
    found = access(here, people, there, capacity, reach, kind)  # type: ignore[arg-type]
    metres = np.linalg.norm(here.xy[:, None] - there.xy[None], axis=2)
    weight = np.where(metres <= reach, decay(metres, reach, kind), 0.0)  # type: ignore[arg-type]
    demand = people @ weight
    ratio = np.divide(capacity, demand, out=np.zeros(15), where=demand > 0)
    assert found.values == pytest.approx(weight @ ratio, abs=1e-12)
    assert people @ found.values == pytest.approx(found.reached)
    assert found.reached == capacity[demand > 0].sum()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(DECAYS), st.floats(500, 60_000))
def test_the_kernel_gives_the_same_numbers_as_the_pairs(seed: int, kind: str, reach: float) -> None:
    """Points on a grid of 500 m, so that some lie exactly at the reach or on a strip's edge."""
    rng = np.random.default_rng(seed)
    here, there = (Points(rng.integers(-80, 80, (n, 2)) * 500.0) for n in (50, 20))
    people, capacity = rng.integers(0, 500, 50).astype(float), rng.integers(0, 30, 20).astype(float)
    reach = round(reach / 500) * 500.0 or 500.0
    given = (here, people, there, capacity, reach, kind)
    one, two = _by_pairs(*given), _by_kernel(*given)  # type: ignore[arg-type]
    assert two.values == pytest.approx(one.values, abs=1e-12)
    assert two.ratio == pytest.approx(one.ratio, abs=1e-12, nan_ok=True)
    assert two.reached == one.reached


def test_the_kernel_is_chosen_when_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    monkeypatch.setattr(access_kernel, "gather", lambda *a: calls.append(1) or np.zeros(len(a[0])))
    for available in (False, True):
        monkeypatch.setattr(kernels, "AVAILABLE", available)
        access(LINE, np.ones(3), LINE, np.ones(3), 1_000.0)
    assert len(calls) == 2


@pytest.mark.parametrize(("origin", "service", "word"), [(5, 0, "une origine"), (0, -1, "un service")])
def test_a_journey_to_nowhere_is_refused(origin: int, service: int, word: str) -> None:
    pairs = Pairs(np.array([origin]), np.array([service]), np.array([1.0]))
    with pytest.raises(AccessError, match=word):
        e2sfca(pairs, np.array([1.0]), np.array([1.0]), 5.0)


def test_a_service_nobody_reaches_has_no_ratio_rather_than_zero() -> None:
    found = access(Points(LINE.xy[:1]), np.array([10.0]), Points(LINE.xy[2:]), np.array([5.0]), 1_000.0)
    assert np.isnan(found.ratio).all()
    assert found.reached == 0


def test_a_place_without_position_has_no_access_rather_than_zero() -> None:
    here = Points(np.array([[0.0, 0.0], [np.nan, np.nan]]))
    found = access(here, np.array([1.0, 1.0]), Points(LINE.xy[:1]), np.array([1.0]), 5_000.0)
    assert np.isnan(found.values).tolist() == [False, True]


def test_overseas_is_served_by_its_own_services_only() -> None:
    """Fort-de-France and Saint-Denis de La Réunion, a service in each: neither crosses the sea."""
    here = points(np.array([-61.07, 55.45]), np.array([14.61, -20.88]), ["97209", "97411"])
    found = access(here, np.array([100.0, 100.0]), here, np.array([10.0, 40.0]), PLANE_GAP_M / 10, "none")
    assert found.values == pytest.approx([0.1, 0.4])


def test_travel_times_given_by_the_user_are_taken() -> None:
    pairs = Pairs(np.array([0, 1]), np.array([0, 0]), np.array([10.0, 25.0]))
    found = e2sfca(pairs, np.array([100.0, 100.0]), np.array([20.0]), 20.0, "none")
    assert found.values == pytest.approx([0.2, 0.0])


@pytest.mark.parametrize("kind", DECAYS)
def test_decay_falls_from_one_and_never_rises(kind: str) -> None:
    weights = decay(np.linspace(0, 30, 61), 30.0, kind)  # type: ignore[arg-type]
    assert weights[0] == 1
    assert (np.diff(weights) <= 0).all()
    assert weights.min() >= 0


def test_the_gaussian_is_one_percent_at_the_edge() -> None:
    assert decay(np.array([30.0]), 30.0, "gaussian") == pytest.approx([0.01])


@pytest.mark.parametrize(
    ("people", "capacity", "reach", "kind", "word"),
    [
        ([1.0], [1.0], 0.0, "none", "portée"),
        ([1.0], [1.0], np.nan, "none", "portée"),
        ([1.0], [1.0], 5.0, "cube", "Décroissance"),
        ([-1.0], [1.0], 5.0, "none", "population de la ligne 1"),
        ([1.0], [np.nan], 5.0, "none", "capacité de la ligne 1"),
    ],
)
def test_impossible_inputs_are_refused(
    people: list[float], capacity: list[float], reach: float, kind: str, word: str
) -> None:
    here = Points(np.zeros((1, 2)))
    with pytest.raises(AccessError, match=word):
        access(here, np.array(people), here, np.array(capacity), reach, kind)  # type: ignore[arg-type]


def test_a_negative_travel_time_is_refused() -> None:
    pairs = Pairs(np.array([0]), np.array([0]), np.array([-1.0]))
    with pytest.raises(AccessError, match="négatif"):
        e2sfca(pairs, np.array([1.0]), np.array([1.0]), 5.0)
