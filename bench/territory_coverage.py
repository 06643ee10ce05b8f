"""Coverage: 5,000 candidates, all communes, about a million links within 30 km, a budget and regional quotas.

``python -m bench.territory_coverage [seconds]``: how soon 1 % is certified, and what is certified in that time
(30 s by default).
"""

import sys

import numpy as np
from scipy.sparse import csr_matrix

from bench.territory_common import places, show, timed
from essaim.territory.access import pairs_between
from essaim.territory.codes import communes, region_of_department
from essaim.territory.coverage import Cover, Covering, cover
from essaim.territory.places import Points

REACH, CANDIDATES = 30_000.0, 5_000


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    here, people, codes = places()
    sites = np.argsort(-people)[:CANDIDATES]
    pairs = pairs_between(Points(here.xy[sites]), here, REACH)
    reach = csr_matrix(
        (np.ones(len(pairs.origin)), (pairs.origin, pairs.service)), shape=(CANDIDATES, len(people))
    )
    regions = [region_of_department()[communes()[codes[i]].department] for i in sites]
    names = sorted(set(regions))
    costs = np.random.default_rng(1).uniform(1, 3, CANDIDATES)
    problem = Cover(
        reach,
        people,
        costs,
        120.0,
        group=np.array([names.index(r) for r in regions]),
        group_most=np.full(len(names), 12),
        group_least=np.ones(len(names), np.int64),
    )
    print(
        f"{CANDIDATES:,} candidates, {len(people):,} communes, {reach.nnz:,} links, {len(names)} regional quotas"
    )
    for name, target in (("until 1 % is certified", 0.01), (f"in {seconds:g} s", 0.0)):
        found, wall, cpu = timed(lambda target=target: cover(problem, seconds, target), 1)
        _check(problem, found)
        share = 100 * found.covered / people.sum()
        note = f"{len(found.sites)} sites, {share:.2f} % covered, certified within {100 * found.gap:.2f} %"
        show(f"essaim, {name}", wall, cpu, note)


def _check(problem: Cover, found: Covering) -> None:
    """Every limit is kept and the people counted are those reached."""
    assert problem.costs is not None and problem.budget is not None and problem.group is not None
    count = np.bincount(problem.group[found.sites], minlength=problem.groups())
    assert (count >= problem.group_least).all() and (count <= problem.group_most).all()
    assert problem.costs[found.sites].sum() <= problem.budget * (1 + 1e-9)
    reached = np.asarray(problem.reach[found.sites].sum(axis=0)).ravel() > 0
    assert np.isclose(problem.people[reached].sum(), found.covered)
    assert found.covered <= found.bound


if __name__ == "__main__":
    main()
