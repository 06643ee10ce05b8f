"""Portfolio: 35,000 binaries, 18 regional quotas, 2 budgets, proven; against scipy's milp on the same program.

``python -m bench.territory_portfolio [--peer]``. The peer is given 120 s and HiGHS's usual gap of 0.01 %.
"""

import sys

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from bench.territory_common import show, timed
from essaim.territory.portfolio import Budget, Quota, Wave, choose


def main() -> None:
    rng, n = np.random.default_rng(0), 35_000
    codes = [f"{i:05d}" for i in range(n)]
    values = rng.random(n)
    region, first, second = rng.integers(0, 18, n), rng.uniform(1, 10, n), rng.lognormal(0, 0.5, n)
    quotas = [frozenset(codes[i] for i in np.flatnonzero(region == g)) for g in range(18)]
    wave = Wave(
        budgets=(
            Budget("euros", dict(zip(codes, first.tolist(), strict=True)), 2_000.0),
            Budget("jours", dict(zip(codes, second.tolist(), strict=True)), 400.0),
        ),
        quotas=tuple(Quota(f"région {g}", quotas[g], 10, 40) for g in range(18)),
    )
    worth = dict(zip(codes, values.tolist(), strict=True))
    found, wall, cpu = timed(lambda: choose(worth, wave, 60.0), 1)
    show(
        "essaim (highspy, core of the relaxation)", wall, cpu, f"value {found.value:.4f}, gap {found.gap:.1e}"
    )
    assert found.gap <= 1e-4
    if "--peer" in sys.argv:
        rows = np.vstack([first, second, *(region == g for g in range(18))])
        limits = LinearConstraint(rows, [-np.inf, -np.inf] + [10] * 18, [2_000, 400] + [40] * 18)
        options = {"time_limit": 120, "mip_rel_gap": 1e-4}
        peer, wall, cpu = timed(
            lambda: milp(
                -values, constraints=limits, integrality=np.ones(n), bounds=Bounds(0, 1), options=options
            ),
            1,
        )
        gap = "none" if peer.mip_gap is None else f"{peer.mip_gap:.1e}"
        value = float("nan") if peer.fun is None else -peer.fun
        show("scipy.optimize.milp", wall, cpu, f"value {value:.4f}, gap {gap}")


if __name__ == "__main__":
    main()
