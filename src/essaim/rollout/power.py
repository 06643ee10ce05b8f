"""Power and smallest detectable effect of a design, by generalised least squares on cell means.

Model on the mean of cluster i in period j (Hussey & Hughes 2007, section 3): ``Y_ij = μ_j + X_ij θ + e_ij``,
period effects fixed, ``e_i`` with covariance ``V_i`` between the periods of a cluster, clusters independent. Then
``Var(θ̂) = [Σ_i (X V⁻¹ X)]⁻¹`` at θ, and power is that of a two-sided z test, both tails counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

import numpy as np
from scipy.optimize import brentq, minimize
from scipy.stats import norm

from essaim.rollout.design import MOST, Design, Floats
from essaim.rollout.errors import RolloutError
from essaim.words import told

Correlation = Literal["exchangeable", "nested", "exponential", "proportional"]
CORRELATIONS: Final[tuple[Correlation, ...]] = get_args(Correlation)
# Under this share of what the data would hold without period effects, information is rounding error.
NOTHING: Final = 1e-10
# Below this many clusters the normal law is too hopeful: Hussey & Hughes 2007 already advise care.
FEW_CLUSTERS: Final = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the outcome varies: ``sigma`` between persons of a cell, ``tau`` between clusters in one period (SDs).

    Correlation of a cluster with itself d ≥ 1 periods apart: 1 (``exchangeable``, Hussey & Hughes 2007);
    ``autocorrelation`` whatever d (``nested`` exchangeable, Hooper et al. 2016); ``autocorrelation ** d``
    (``exponential`` decay, Kasza et al. 2019); the same for clusters and for persons (``proportional`` decay, Li 2020).
    ``person``: correlation of one person with itself between periods, net of the cluster: 0 (default) when new
    persons are measured at each period; for ``proportional`` it is the decay itself.
    ``retention``: share of persons still there one period later: 1 (default) closed cohort, less in an open one
    (the expected overlap of Kasza et al. 2020, here of persons who leave at a constant rate).
    """

    sigma: float
    tau: float
    correlation: Correlation = "exchangeable"
    autocorrelation: float = 1.0
    person: float = 0.0
    retention: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.sigma < MOST:
            raise RolloutError(
                "Écart-type entre personnes : %(sigma)s. Donnez un nombre positif.", sigma=self.sigma
            )
        if not 0 <= self.tau < MOST:
            raise RolloutError(
                "Écart-type entre territoires : %(tau)s. Donnez un nombre positif ou nul.", tau=self.tau
            )
        if self.correlation not in CORRELATIONS:
            raise RolloutError(
                "Corrélation « %(correlation)s » inconnue. Choisissez parmi : %(names)s.",
                correlation=self.correlation,
                names=", ".join(CORRELATIONS),
            )
        for name, value in (
            (told("Autocorrélation du territoire"), self.autocorrelation),
            (told("Corrélation d’une personne avec elle-même"), self.person),
            (told("Part des personnes qui restent"), self.retention),
        ):
            if not 0 <= value <= 1:
                raise RolloutError("%(name)s : %(value)s. Elle va de 0 à 1.", name=name, value=value)
        if self.retention == 1 and self._same_person(np.ones(1))[0] == 1:
            raise RolloutError(
                "Une personne suivie d’une période à l’autre ne peut pas être identique à elle-même (corrélation 1) : "
                "donnez une corrélation inférieure à 1."
            )
        if self.correlation == "exchangeable" and self.autocorrelation != 1:
            raise RolloutError(
                "Une corrélation « exchangeable » ne décroît pas : choisissez « nested », « exponential » ou "
                "« proportional », ou retirez l’autocorrélation."
            )

    @property
    def icc(self) -> float:
        """Correlation of two persons of one cluster in one period."""
        return self.tau**2 / (self.tau**2 + self.sigma**2)

    def with_icc(self, icc: float) -> Outcome:
        """The same total variance, shared otherwise."""
        if not 0 <= icc < 1:
            raise RolloutError("Corrélation intra-territoire : %(icc)s. Elle va de 0 à moins de 1.", icc=icc)
        total = self.sigma**2 + self.tau**2
        return replace(self, sigma=float(np.sqrt(total * (1 - icc))), tau=float(np.sqrt(total * icc)))

    def covariance(self, sizes: Floats) -> Floats:
        """Covariance (periods × periods) of the means of one cluster whose cells hold ``sizes`` persons."""
        apart = np.abs(np.subtract.outer(np.arange(len(sizes)), np.arange(len(sizes)))).astype(float)
        cluster = np.ones(apart.shape)
        if self.correlation == "nested":
            cluster = np.where(apart > 0, self.autocorrelation, 1.0)
        elif self.correlation != "exchangeable":
            cluster = self.autocorrelation**apart
        same = self._same_person(apart)
        common = self.retention**apart * np.minimum.outer(sizes, sizes)
        persons = np.where(apart > 0, same * common, sizes) / np.multiply.outer(sizes, sizes)
        return self.tau**2 * cluster + self.sigma**2 * persons

    def _same_person(self, apart: Floats) -> Floats:
        """Correlation of a person with itself ``apart`` periods away, net of the cluster."""
        if self.correlation == "proportional":
            return np.asarray(self.autocorrelation**apart, dtype=float)
        return np.full(apart.shape, self.person)


def from_correlations(
    sd: float,
    icc: float,
    correlation: Correlation = "exchangeable",
    autocorrelation: float = 1.0,
    person: float = 0.0,
    retention: float = 1.0,
) -> Outcome:
    """The outcome from its total standard deviation and its intra-cluster correlation.

    >>> round(from_correlations(sd=2.0, icc=0.05).tau, 4)
    0.4472
    """
    return Outcome(sd, 0.0, correlation, autocorrelation, person, retention).with_icc(icc)


def variance(design: Design, outcome: Outcome) -> float:
    """Variance of the effect estimated by generalised least squares (Hussey & Hughes 2007, section 3;
    its closed form for the exchangeable model is their equation 8).

    >>> from essaim.rollout.design import parallel
    >>> round(variance(parallel(1, 1, sizes=1, before=1), Outcome(sigma=1, tau=1)), 6)
    3.0

    Raises ``RolloutError`` when the design cannot tell the effect from the passing of time.
    """
    periods = design.periods
    times, cross, own = np.zeros((periods, periods)), np.zeros(periods), 0.0
    for exposure, sizes, count in zip(design.exposure, design.sizes, design.clusters, strict=True):
        seen = np.flatnonzero(~np.isnan(exposure))
        if not count or not len(seen):
            continue
        whole = outcome.covariance(np.where(np.isnan(exposure), 1.0, sizes))
        precision = count * np.linalg.inv(whole[np.ix_(seen, seen)])
        times[np.ix_(seen, seen)] += precision
        cross[seen] += precision @ exposure[seen]
        own += float(exposure[seen] @ precision @ exposure[seen])
    used = np.flatnonzero(np.diag(times))
    information = own - float(
        cross[used] @ np.linalg.lstsq(times[np.ix_(used, used)], cross[used], rcond=None)[0]
    )
    if own == 0 or information <= NOTHING * own:
        raise RolloutError(
            "Ce plan ne peut pas distinguer l’effet du temps qui passe : à chaque période observée, tous les "
            "territoires sont exposés de la même façon. Décalez les ouvertures, ou gardez des territoires sans "
            "ouverture."
        )
    return 1 / information


def power(effect: float, standard_error: float, level: float = 0.05) -> float:
    """Power of the two-sided z test, both tails (Hussey & Hughes 2007, equation 7, keeps one tail).

    >>> round(power(1.959963985, 1.0), 4)
    0.5
    """
    _probability(told("Seuil du test"), level)
    if not np.isfinite(effect):
        raise RolloutError("Effet à détecter : %(effect)s. Donnez un nombre fini.", effect=effect)
    quantile, ratio = norm.isf(level / 2), effect / standard_error
    return float(norm.cdf(ratio - quantile) + norm.cdf(-ratio - quantile))


def smallest_effect(standard_error: float, wanted: float = 0.8, level: float = 0.05) -> float:
    """Smallest effect (positive) that the two-sided z test detects with power ``wanted``.

    >>> round(smallest_effect(1.0), 4)
    2.8016
    """
    _probability(told("Puissance voulue"), wanted)
    _probability(told("Seuil du test"), level)
    if wanted <= level:
        raise RolloutError(
            "Puissance voulue %(wanted)s : elle doit dépasser le seuil du test (%(level)s).",
            wanted=wanted,
            level=level,
        )
    top = norm.isf(level / 2) + norm.isf((1 - wanted) / 2) + 1
    return float(
        standard_error * brentq(lambda ratio: power(ratio, 1.0, level) - wanted, 0.0, top, xtol=1e-13)
    )


def _probability(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise RolloutError(
            "%(name)s : %(value)s. Donnez un nombre entre 0 et 1, bornes exclues.", name=name, value=value
        )


@dataclass(frozen=True, slots=True)
class GridCell:
    """One guess of the correlations and what it gives; ``power`` is None when no effect is asked."""

    icc: float
    autocorrelation: float
    standard_error: float
    power: float | None
    smallest_effect: float


def grid(
    design: Design,
    outcome: Outcome,
    iccs: Sequence[float],
    autocorrelations: Sequence[float],
    *,
    effect: float | None = None,
    wanted: float = 0.8,
    level: float = 0.05,
) -> tuple[GridCell, ...]:
    """Power and smallest effect for each pair of correlations: nobody knows them before, so none is shown alone."""
    cells = []
    for icc in iccs:
        for autocorrelation in autocorrelations:
            guess = replace(outcome.with_icc(icc), autocorrelation=autocorrelation)
            error = float(np.sqrt(variance(design, guess)))
            found = None if effect is None else power(effect, error, level)
            cells.append(GridCell(icc, autocorrelation, error, found, smallest_effect(error, wanted, level)))
    return tuple(cells)


def optimal_proportions(design: Design, outcome: Outcome) -> Floats:
    """Shares of clusters to give each sequence so that the effect is best known, whatever their number.

    The variance is convex in the shares. For the exchangeable model it is the closed form of Lawrie, Carlin &
    Forbes 2015. Accurate to about 1e-6.
    """
    count = len(design.exposure)
    start = np.full(count, 1 / count)
    unit = variance(replace(design, clusters=start), outcome)
    found = minimize(
        lambda shares: variance(replace(design, clusters=np.clip(shares, 0, None)), outcome) / unit,
        start,
        bounds=[(0, 1)] * count,
        constraints={"type": "eq", "fun": lambda shares: shares.sum() - 1},
        method="SLSQP",
        options={"ftol": 1e-15, "maxiter": 500},
    )
    return np.asarray(found.x, dtype=float)
