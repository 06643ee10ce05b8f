"""Coverage: 5,000 candidates, all communes, about a million links within 30 km, a budget and regional quotas.

``python bench/territory_coverage.py [seconds]``: the certified gap reached in that time (30 s by default).
"""

import sys

import numpy as np
from scipy.sparse import csr_matrix

from bench.territory_common import places, show, timed
from essaim.territory.access import pairs_between
from essaim.territory.codes import communes, region_of_department
from essaim.territory.coverage import Cover, cover
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
    found, wall, cpu = timed(lambda: cover(problem, seconds, target=0.01), 1)
    share = 100 * found.covered / people.sum()
    note = f"{len(found.sites)} sites, {share:.2f} % covered, certified within {100 * found.gap:.2f} %"
    show("essaim", wall, cpu, note)


if __name__ == "__main__":
    main()
