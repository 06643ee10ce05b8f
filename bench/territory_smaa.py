"""SMAA: top 100 of 35,000 × 8 criteria × 10,000 weights; full ranks at n = 1,600 against pysensmcda.

``python -m bench.territory_smaa`` (dependency group ``peers``). The same weights go to both; the rank shares are
first asserted equal.
"""

import resource

import numpy as np
from pysensmcda.smaa import exact_acceptability, simulate

from bench.territory_common import show, timed
from essaim.territory.smaa import acceptability
from essaim.territory.weights import draw, weight_space

CRITERIA, DRAWS = 8, 10_000


def main() -> None:
    rng = np.random.default_rng(0)
    weights = draw(weight_space([], [f"c{i}" for i in range(CRITERIA)], {}), DRAWS, 1).weights
    large = rng.random((35_000, CRITERIA))
    found, wall, cpu = timed(lambda: acceptability(large, weights, 100))
    assert np.isclose(found.top.sum(), 100)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    show("top 100 of 35,000, 10,000 weights", wall, cpu, f"peak memory of the process {peak:.2f} GB")

    small = rng.random((1_600, CRITERIA))
    ours, wall, cpu = timed(lambda: acceptability(small, weights, 10))

    def peer() -> np.ndarray:
        made = simulate(
            lambda m, w, t: m @ w, small, np.ones(CRITERIA), weights=weights, reverse_ranking=True
        )
        return np.asarray(made.rank_acceptability())

    theirs, peer_wall, peer_cpu = timed(peer, 1)
    assert ours.ranks is not None
    assert np.abs(ours.ranks - theirs).max() < 1e-3, np.abs(ours.ranks - theirs).max()
    show("full ranks at n = 1,600, pysensmcda 2.0.0", peer_wall, peer_cpu)
    show("full ranks at n = 1,600, essaim", wall, cpu, f"{peer_cpu / cpu:.1f} times faster (processor)")

    tiny = rng.random((6, 4))
    exact = exact_acceptability(tiny, np.ones(4), scaling="none").acceptability
    free = draw(weight_space([], list("abcd"), {}), 200_000, 2).weights
    gap = np.abs(acceptability(tiny, free, 1).top - exact).max()
    print(f"against the exact volumes of pysensmcda, 6 × 4, 200,000 draws: {gap:.4f} at most")
    assert gap < 4 * 0.5 / np.sqrt(200_000)


if __name__ == "__main__":
    main()
