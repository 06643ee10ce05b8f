"""Capacity: the scarcer resource decides, and sites already open are followed first."""

import pytest

from essaim.rollout.capacity import Means, Needs, capacity
from essaim.rollout.errors import RolloutError


@pytest.mark.parametrize(
    ("means", "sites", "binds"),
    [
        (Means(1, 1000), 8, "coordinators"),
        (Means(10, 50), 5, "days"),
        (Means(1, 80), 8, "both"),
        (Means(0, 100), 0, "coordinators"),
        (Means(0.3, 1000), 2, "coordinators"),
    ],
)
def test_the_scarcer_resource_decides(means: Means, sites: int, binds: str) -> None:
    (wave,) = capacity([means], Needs(sites_per_coordinator=8, days_to_open=10))
    assert (wave.sites, wave.binds) == (sites, binds)


def test_followed_sites_take_their_share_then_are_let_go() -> None:
    needs = Needs(sites_per_coordinator=5, days_to_open=1, followed=1)
    assert [w.sites for w in capacity([Means(2, 100)] * 3, needs)] == [10, 0, 10]


def test_means_that_cannot_even_follow_open_sites_are_told() -> None:
    first, second = capacity([Means(4, 100), Means(1, 100)], Needs(5, 1, followed=1))
    assert (first.sites, first.overloaded) == (20, False)
    assert (second.sites, second.overloaded) == (0, True)


def test_without_days_to_open_days_do_not_limit() -> None:
    (wave,) = capacity([Means(2, 0)], Needs(5, 0))
    assert (wave.sites, wave.by_days, wave.binds) == (10, None, "coordinators")


def test_days_short_of_following_open_nothing_even_if_opening_is_free() -> None:
    _, second = capacity([Means(2, 10), Means(4, 5)], Needs(5, 0, days_to_follow=1, followed=1))
    assert (second.sites, second.binds, second.overloaded) == (0, "days", True)


@pytest.mark.parametrize(
    ("means", "needs"),
    [
        ([], Needs(5, 1)),
        ([Means(-1, 10)], Needs(5, 1)),
        ([Means(1, float("inf"))], Needs(5, 1)),
        ([Means(1, 10)], Needs(0, 1)),
        ([Means(1, 10)], Needs(5, -1)),
        ([Means(1, 10)], Needs(5, 1, followed=-1)),
        ([Means(1e308, 10)], Needs(5, 1)),
        ([Means(1, 10)], Needs(5, 1e-308)),
    ],
)
def test_impossible_means_are_refused(means: list[Means], needs: Needs) -> None:
    with pytest.raises(RolloutError):
        capacity(means, needs)
