"""Access: E2SFCA of every commune to 20,000 service points within 30 km, against PySAL ``access``.

``python -m bench.territory_access`` (dependency group ``peers``). The peer gets the origin-service pairs for free;
ours finds them. The values are first asserted equal to 1e-9 and conserving.
"""

import numpy as np
import pandas as pd
from access import Access as Peer

from bench.territory_common import places, show, timed
from essaim.territory.access import access, e2sfca, pairs_between
from essaim.territory.places import Points

REACH, SERVICES = 30_000.0, 20_000


def main() -> None:
    here, people, _ = places()
    rng = np.random.default_rng(0)
    near = rng.choice(len(people), SERVICES, p=people / people.sum())
    there = Points(here.xy[near] + rng.normal(0, 2_000, (SERVICES, 2)))
    capacity = rng.integers(1, 50, SERVICES).astype(float)

    ours, wall, cpu = timed(lambda: access(here, people, there, capacity, REACH))
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
    worst = float(np.abs(column.to_numpy() - ours.values).max())
    assert worst < 1e-9, worst
    assert np.isclose(people @ ours.values, ours.reached, rtol=1e-12)
    print(f"equal to {worst:.1e}; conserved: {people @ ours.values:,.1f} of {ours.reached:,.1f} places")
    show("PySAL access 1.1.10, pairs given", peer_wall, peer_cpu)
    show("essaim, pairs given", given_wall, given_cpu, f"{peer_cpu / given_cpu:.1f} times faster (processor)")
    show("essaim, pairs found", wall, cpu, f"{peer_cpu / cpu:.1f} times faster (processor)")


if __name__ == "__main__":
    main()
