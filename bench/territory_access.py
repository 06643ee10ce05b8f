"""Access: E2SFCA of every commune to 20,000 service points within 30 km, against PySAL ``access``.

``python -m bench.territory_access`` (group ``peers``, extra ``fast``). The peer gets the origin-service pairs for
free; ours finds them, with scipy alone and with the compiled kernel. All are first asserted equal to 1e-9.
"""

import numpy as np
import pandas as pd
from access import Access as Peer

from bench.territory_common import places, show, timed
from essaim import kernels
from essaim.territory.access import Access, access, e2sfca, pairs_between
from essaim.territory.places import Points

REACH, SERVICES = 30_000.0, 20_000


def main() -> None:
    here, people, _ = places()
    rng = np.random.default_rng(0)
    near = rng.choice(len(people), SERVICES, p=people / people.sum())
    there = Points(here.xy[near] + rng.normal(0, 2_000, (SERVICES, 2)))
    capacity = rng.integers(1, 50, SERVICES).astype(float)

    def ours(kernel: bool) -> Access:
        kernels.AVAILABLE = kernel  # type: ignore[misc]
        return access(here, people, there, capacity, REACH)

    assert kernels.AVAILABLE, "install the extra « fast » to measure the kernel"
    ours(True)  # compiles, or reads what an earlier run compiled
    by_kernel, kernel_wall, kernel_cpu = timed(lambda: ours(True), 5)
    by_scipy, wall, cpu = timed(lambda: ours(False))
    pairs = pairs_between(here, there, REACH)
    print(f"{len(people):,} origins, {SERVICES:,} services, {len(pairs.origin):,} pairs within 30 km")
    _, given_wall, given_cpu = timed(lambda: e2sfca(pairs, people, capacity, REACH))

    demand = pd.DataFrame({"place": np.arange(len(people)), "people": people})
    supply = pd.DataFrame({"service": np.arange(SERVICES), "capacity": capacity})
    cost = pd.DataFrame({"place": pairs.origin, "service": pairs.service, "metres": pairs.distance})

    def peer() -> pd.DataFrame:
        made = Peer(
            demand_df=demand,
            demand_index="place",
            demand_value="people",
            supply_df=supply,
            supply_index="service",
            supply_value="capacity",
            cost_df=cost,
            cost_origin="place",
            cost_dest="service",
            cost_name="metres",
        )
        weight = lambda d: np.exp(np.log(0.01) * (d / REACH) ** 2)  # noqa: E731
        return made.enhanced_two_stage_fca(name="a", cost="metres", max_cost=REACH, weight_fn=weight)

    theirs, peer_wall, peer_cpu = timed(peer, 1)
    column = (
        theirs[next(c for c in theirs.columns if c.startswith("a"))].reindex(np.arange(len(people))).fillna(0)
    )
    for found in (by_kernel, by_scipy):
        worst = float(np.abs(column.to_numpy() - found.values).max())
        assert worst < 1e-9, worst
        assert np.isclose(people @ found.values, found.reached, rtol=1e-12)
        print(f"equal to {worst:.1e}; conserved: {people @ found.values:,.1f} of {found.reached:,.1f} places")
    show("PySAL access 1.1.10, pairs given", peer_wall, peer_cpu)
    for name, w, c in (
        ("essaim, pairs given", given_wall, given_cpu),
        ("essaim, pairs found, scipy", wall, cpu),
        ("essaim, pairs found, kernel", kernel_wall, kernel_cpu),
    ):
        show(name, w, c, f"{peer_wall / w:.1f} times faster ({peer_cpu / c:.1f} by processor)")


if __name__ == "__main__":
    main()
