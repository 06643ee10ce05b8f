"""Coverage: never better than its bound, never worse than brute force allows, every constraint kept."""

import time
from itertools import combinations

import numpy as np
import pytest
from scipy.sparse import csr_matrix, random_array

from essaim.territory.coverage import Cover, CoverError, cover
from essaim.territory.coverage_bound import CONVERGED, CoreProgram, Relaxation
from essaim.territory.solver import solve


def problem(seed: int, **limits: object) -> Cover:
    rng = np.random.default_rng(seed)
    reach = csr_matrix(random_array((10, 25), density=0.2, rng=rng))
    reach.data[:] = 1.0
    return Cover(reach, rng.integers(1, 100, 25).astype(float), **limits)  # type: ignore[arg-type]


def covered(made: Cover, sites: tuple[int, ...]) -> float:
    return (
        float(made.people[np.asarray(made.reach[list(sites)].sum(axis=0)).ravel() > 0].sum())
        if sites
        else 0.0
    )


def allowed(made: Cover, sites: tuple[int, ...]) -> bool:
    if made.size is not None and len(sites) > made.size:
        return False
    if made.costs is not None and made.budget is not None and made.costs[list(sites)].sum() > made.budget:
        return False
    if made.group is None:
        return True
    count = np.bincount(made.group[list(sites)], minlength=2) if sites else np.zeros(2)
    most_ok = made.group_most is None or bool((count <= made.group_most).all())
    return most_ok and (made.group_least is None or bool((count >= made.group_least).all()))


def brute(made: Cover) -> float:
    every = (s for size in range(11) for s in combinations(range(10), size) if allowed(made, s))
    return max(covered(made, s) for s in every)


COSTS = np.array([1.0, 2, 1.5, 3, 1, 2.5, 1, 2, 1, 3])
HALVES = np.array([0, 1] * 5)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "limits",
    [
        {"size": 3},
        {"costs": COSTS, "budget": 5.0},
        {"costs": COSTS, "budget": 6.0, "size": 4},
        {"size": 4, "group": HALVES, "group_most": np.array([1, 3])},
        {
            "costs": COSTS,
            "budget": 7.0,
            "group": HALVES,
            "group_least": np.array([2, 0]),
            "group_most": np.array([3, 2]),
        },
    ],
)
def test_small_problems_are_solved_and_bounded(seed: int, limits: dict[str, object]) -> None:
    made = problem(seed, **limits)
    found, best = cover(made, seconds=60.0, target=0.0, rounds=40), brute(made)
    assert allowed(made, tuple(found.sites.tolist()))
    assert found.covered == pytest.approx(covered(made, tuple(found.sites.tolist())))
    assert found.covered == pytest.approx(best)
    assert found.bound >= best * (1 - 1e-9)
    assert found.gap == pytest.approx((found.bound - found.covered) / found.bound)


def test_the_same_seed_gives_the_same_choice() -> None:
    one, two = (cover(problem(1, size=4), seconds=60.0, target=0.0, rounds=5) for _ in range(2))
    assert one.sites.tolist() == two.sites.tolist()
    assert one.bound == two.bound


def test_what_the_bound_calls_undecided_holds_every_better_choice() -> None:
    """Sites that no choice as good may hold are left out; the best choice is never among them."""
    made = problem(1, costs=COSTS, budget=5.0)
    relaxation = Relaxation(made, np.arange(3))
    relaxation.tighten(time.monotonic() + 60)
    best = max(
        (s for size in range(11) for s in combinations(range(10), size) if allowed(made, s)),
        key=lambda s: covered(made, s),
    )
    assert set(best) <= set(relaxation.undecided(covered(made, best)).tolist())
    assert len(relaxation.undecided(relaxation.best.bound)) < 10


def test_the_relaxation_of_a_core_reaches_that_of_the_whole() -> None:
    rng = np.random.default_rng(4)
    reach = csr_matrix(random_array((300, 500), density=0.03, rng=rng))
    reach.data[:] = 1.0
    made = Cover(reach, rng.integers(1, 100, 500).astype(float), size=12)
    relaxation = Relaxation(made, np.arange(5))
    relaxation.tighten(time.monotonic() + 60)
    whole = CoreProgram(relaxation, np.arange(300)).program(integer=False)
    exact = -solve(whole, 60.0).objective
    assert exact * (1 - 1e-9) <= relaxation.best.bound <= exact * (1 + 2 * CONVERGED)


def test_a_minimum_that_only_the_cheapest_meet_is_found() -> None:
    """The site of best gain per cost takes most of the budget; two cheap ones are asked for and fit."""
    reach = csr_matrix(np.eye(4))
    made = Cover(
        reach,
        np.array([100.0, 1, 1, 1]),
        np.array([2.0, 1, 1, 1]),
        budget=2.5,
        group=np.zeros(4, np.int64),
        group_least=np.array([2]),
    )
    assert cover(made, seconds=60.0, rounds=3).covered == 2


def test_all_is_covered_when_nothing_limits() -> None:
    made = problem(1)
    found = cover(made, seconds=2.0)
    assert found.covered == pytest.approx(covered(made, tuple(range(10))))
    assert found.gap == pytest.approx(0, abs=1e-9)


def test_the_search_stops_once_the_target_is_certified() -> None:
    assert cover(problem(2, size=5), seconds=5.0, target=0.5).rounds == 0


def test_quotas_that_cannot_be_met_are_refused() -> None:
    with pytest.raises(CoverError, match="n’a que 5 candidats"):
        cover(problem(0, group=HALVES, group_least=np.array([6, 0])))
    with pytest.raises(CoverError, match="ne tient pas"):
        cover(problem(0, group=HALVES, group_least=np.array([4, 0]), size=3))
    with pytest.raises(CoverError, match="sans dire à quel groupe"):
        cover(problem(0, group_most=np.array([1])))


def test_negative_people_and_free_sites_are_refused() -> None:
    made = problem(0)
    with pytest.raises(CoverError):
        cover(Cover(made.reach, -made.people))
    with pytest.raises(CoverError):
        cover(Cover(made.reach, made.people, np.zeros(10), 1.0))
