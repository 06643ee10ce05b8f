"""Power by simulation with the very estimator that will be used: REML on cell means, then three tests of the effect.

Data are drawn from the assumed correlations, whatever they are; the estimator knows of one random effect a cluster,
as in practice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, t

from essaim.rollout.allocation import Labels
from essaim.rollout.design import Design, Floats
from essaim.rollout.errors import RolloutError
from essaim.rollout.power import Outcome
from essaim.rollout.reml import fit

_BLOCK = 2_000


@dataclass(frozen=True, slots=True)
class SimulatedPower:
    """Share of data sets in which each two-sided test rejects no effect; ``error`` is the Monte-Carlo error at 50 %.

    ``z`` the normal law; ``t`` Student's with I − 2 degrees of freedom, I clusters; ``randomisation`` the test that
    draws the waves again, None without schemes; ``bias`` mean estimate minus the effect.
    """

    replicates: int
    z: float
    t: float
    randomisation: float | None
    bias: float
    error: float


def simulated_power(
    design: Design,
    outcome: Outcome,
    effect: float,
    *,
    replicates: int = 2_000,
    seed: int = 0,
    level: float = 0.05,
    schemes: Labels | None = None,
) -> SimulatedPower:
    """Draw ``replicates`` data sets, estimate, test. At ``effect`` 0 the shares are the sizes of the tests.

    ``schemes`` (S × clusters) say which row of the design each cluster could have followed, the first being the one it
    follows: the set really used by a draw. Raises ``RolloutError`` when numbers of clusters are not whole.
    """
    follows = _clusters(design)
    exposure, sizes = design.exposure[follows], design.sizes[follows]
    roots = np.array([np.linalg.cholesky(outcome.covariance(n)) for n in _known(design)])[follows]
    rng = np.random.default_rng(seed)
    rejected, total = np.zeros(3), 0.0
    for start in range(0, replicates, _BLOCK):
        count = min(_BLOCK, replicates - start)
        noise = np.einsum("ist,rit->ris", roots, rng.standard_normal((count, *exposure.shape)), optimize=True)
        means = noise + effect * np.nan_to_num(exposure)
        found = fit(means, exposure, sizes)
        ratio = np.abs(found.effect / found.se)
        rejected[0] += (ratio > norm.isf(level / 2)).sum()
        rejected[1] += (ratio > t.isf(level / 2, max(len(follows) - 2, 1))).sum()
        if schemes is not None:
            rejected[2] += (randomisation_p(design, outcome, means, schemes) <= level).sum()
        total += float(found.effect.sum())
    z, student, redrawn = (float(share) for share in rejected / replicates)
    return SimulatedPower(
        replicates, z, student, redrawn if schemes is not None else None, total / replicates - effect,
        0.5 / float(np.sqrt(replicates)),
    )  # fmt: skip


def randomisation_p(design: Design, outcome: Outcome, means: Floats, schemes: Labels) -> Floats:
    """(R,) two-sided p-values of data sets ``means`` (R, I, T) over ``schemes`` (S, I), the first being the real one.

    The statistic is the generalised least squares estimate under the assumed correlations: valid whatever they are
    in truth, sharper the nearer they are. Needs every cell observed and the same sizes in all clusters.
    """
    if np.isnan(design.exposure).any() or np.ptp(design.sizes, axis=0).any():
        raise RolloutError(
            "Le test par nouveau tirage demande que tout soit mesuré, avec les mêmes effectifs partout."
        )
    precision = np.linalg.inv(outcome.covariance(design.sizes[0]))
    centred = means - means.mean(axis=1, keepdims=True)
    score = np.einsum("ks,ris->rik", design.exposure @ precision, centred, optimize=True)
    clusters = np.arange(schemes.shape[1])
    seen = np.abs(score[:, clusters, schemes[0]].sum(axis=1))
    exceed = np.zeros(len(means))
    for scheme in schemes:
        exceed += np.abs(score[:, clusters, scheme].sum(axis=1)) >= seen * (1 - 1e-12)
    return np.asarray(exceed / len(schemes))


def every_scheme(waves: Sequence[int]) -> Labels:
    """All the ways to share clusters between waves of these sizes, the given one first (S × clusters).

    >>> every_scheme([1, 1]).tolist()
    [[0, 1], [1, 0]]
    """
    found = [np.repeat(np.arange(len(waves)), waves)]
    for scheme in _shares(list(waves)):
        if not (scheme == found[0]).all():
            found.append(scheme)
    return np.array(found, dtype=np.int64)


def _shares(left: list[int]) -> list[Labels]:
    if not sum(left):
        return [np.array([], dtype=np.int64)]
    made = []
    for wave, count in enumerate(left):
        if count:
            rest = [n - (w == wave) for w, n in enumerate(left)]
            made += [np.concatenate([[wave], scheme]).astype(np.int64) for scheme in _shares(rest)]
    return made


def _clusters(design: Design) -> Labels:
    """Row of the design that each cluster follows."""
    counts = design.clusters.astype(int)
    if (counts != design.clusters).any():
        raise RolloutError("La simulation demande un nombre entier de territoires par vague.")
    return np.repeat(np.arange(len(counts)), counts)


def _known(design: Design) -> Floats:
    """Sizes of each row of the design, 1 where nothing is observed (it is not used)."""
    return np.where(design.observed, design.sizes, 1.0)
