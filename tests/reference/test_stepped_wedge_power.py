"""Published numbers on the power of stepped wedges: two-sided z test, both tails.

Hussey & Hughes 2007 (Contemporary Clinical Trials 28:182-191), Woertman et al. 2013 (Journal of Clinical
Epidemiology 66:752-758), Lawrie, Carlin & Forbes 2015 (Statistics & Probability Letters 99:210-214), and outputs
of R on the same designs.
"""

import numpy as np
import pytest

from essaim.rollout.design import stepped_wedge
from essaim.rollout.power import Outcome, from_correlations, optimal_proportions, power, variance

WASHINGTON = Outcome(sigma=float(np.sqrt(0.041 * 0.959)), tau=0.015)


def _power(effect: float, waves: list[int], persons: float, outcome: Outcome) -> float:
    return power(effect, float(np.sqrt(variance(stepped_wedge(waves, persons), outcome))))


@pytest.mark.parametrize(("target", "expected"), [(0.032, 0.8386832134), (0.035, 0.6906060608)])
def test_power_of_24_clusters_in_5_periods(target: float, expected: float) -> None:
    assert _power(0.05 - target, [6, 6, 6, 6], 100, WASHINGTON) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome(sigma=2, tau=0.33), 0.7773233042),
        (Outcome(2, 0.33, "exponential", 0.7), 0.7561161286),
    ],
)
def test_power_of_5_clusters(outcome: Outcome, expected: float) -> None:
    assert _power(1, [1, 1, 1, 1, 1], 10, outcome) == pytest.approx(expected, abs=1e-10)


def test_closed_form_of_hussey_and_hughes_equation_8() -> None:
    design, outcome = stepped_wedge([3, 1, 4, 2], 25), Outcome(sigma=1.7, tau=0.6)
    x = np.repeat(design.exposure, design.clusters.astype(int), axis=0)
    clusters, periods = x.shape
    u, w, v = x.sum(), (x.sum(axis=0) ** 2).sum(), (x.sum(axis=1) ** 2).sum()
    s2, t2 = 1.7**2 / 25, 0.36
    top = clusters * s2 * (s2 + periods * t2)
    bottom = (clusters * u - w) * s2 + (u**2 + clusters * periods * u - periods * w - clusters * v) * t2
    assert variance(design, outcome) == pytest.approx(top / bottom, rel=1e-12)


def test_design_effect_of_woertman() -> None:
    """Against an individually randomised trial whose N persons give a variance of 4 σ² / N."""
    found = variance(stepped_wedge([1, 1, 1], 10), from_correlations(sd=1, icc=0.05))
    assert found * 3 * 10 / 4 == pytest.approx(0.716548, abs=5e-7)


def test_optimal_proportions_of_lawrie() -> None:
    found = optimal_proportions(stepped_wedge([1, 1, 1, 1], 20), from_correlations(sd=1, icc=0.05))
    assert found == pytest.approx([0.33193, 0.16807, 0.16807, 0.33193], abs=5e-6)
