"""Other estimators of the mean effect, to see whether the conclusion hangs on the first one.

On a balanced panel without covariates each is a fixed combination of the means of cohorts by period, so that
the statistics of the panel give both its value and its error.

- ``imputation``: Borusyak, Jaravel & Spiess (2024); efficient under parallel trends in all periods.
- ``random_timing``: Roth & Sant'Anna (2023); efficient when the order of the waves was drawn.
- ``two_way``: the two-way fixed-effects coefficient, with what it compares (Goodman-Bacon 2021). Shown only as
  a warning: it compares sites that open to sites that are open already.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from essaim.evaluation import aggregate, att, bands, covariance
from essaim.evaluation.columns import Bools, Floats
from essaim.evaluation.covariance import Spread
from essaim.evaluation.errors import EvaluationError
from essaim.evaluation.moments import Moments, moments
from essaim.evaluation.options import Options
from essaim.evaluation.panel import Panel
from essaim.evaluation.periods import NEVER
from essaim.evaluation.prepare import prepare
from essaim.evaluation.result import Estimate
from essaim.evaluation.threads import single_thread
from essaim.words import marked


@dataclass(frozen=True, slots=True)
class Comparison:
    """One of the two-by-two comparisons that the two-way coefficient averages.

    ``kind`` is ``never`` (against the never exposed), ``later`` (against those exposed later, before they are) or
    ``earlier`` (against those exposed already).
    """

    kind: str
    group: int | str
    control: int | str
    estimate: float
    weight: float


@dataclass(frozen=True, slots=True)
class TwoWay:
    """The two-way fixed-effects coefficient and its decomposition."""

    effect: Estimate
    comparisons: tuple[Comparison, ...]

    def share(self, kind: str) -> float:
        """Weight of one kind of comparisons."""
        return sum(c.weight for c in self.comparisons if c.kind == kind)

    def mean(self, kind: str) -> float:
        """Mean estimate of one kind of comparisons; NaN where there is none."""
        share = self.share(kind)
        total = sum(c.weight * c.estimate for c in self.comparisons if c.kind == kind)
        return total / share if share else float("nan")


class OtherEstimators:
    """The other estimators of one panel, from one pass over it.

    Raises ``EvaluationError`` for panels with holes, covariates, weights that vary, or cross-sections.
    """

    def __init__(self, panel: Panel, options: Options | None = None) -> None:
        self._options = options or Options()
        self._panel = prepare(panel, self._options.control, self._options.anticipation).panel
        if self._panel.covariates is not None or not self._panel.balanced:
            raise EvaluationError(
                marked(
                    "Les autres estimateurs demandent un panel complet, sans covariables ni poids qui varient."
                )
            )
        with single_thread():
            self._stats = moments(self._panel)
        self._ordinals = np.array(self._panel.calendar.ordinals, dtype=np.int64)
        self._weight = self._stats.weight[:, 0]
        self._exposed = self._stats.cohorts[:, None] <= self._ordinals[None, :]

    def imputation(self) -> Estimate:
        """Mean over exposed units and periods of the outcome less what the unexposed cells predict."""
        stats, weight = self._stats, self._weight
        cohorts, periods = stats.mean.shape
        treated = stats.cohorts[:, None] <= self._ordinals[None, :] + self._options.anticipation
        design = np.hstack(
            [np.repeat(np.eye(cohorts), periods, axis=0), np.tile(np.eye(periods), (cohorts, 1))]
        )
        flat, each = ~treated.ravel(), np.repeat(weight, periods)
        known = design[flat] * np.sqrt(each[flat])[:, None]
        target = np.where(self._exposed, weight[:, None], 0.0)
        target /= target.sum()
        fit = np.linalg.pinv(known)
        coefficients = target.copy().ravel()
        coefficients[flat] = -(target.ravel() @ design) @ fit * np.sqrt(each[flat])
        predicted = design @ (fit @ (np.sqrt(each[flat]) * stats.mean.ravel()[flat]))
        misfit = np.where(flat, stats.mean.ravel() - predicted, 0.0)
        return self._estimate(coefficients.reshape(cohorts, periods), misfit.reshape(cohorts, periods))

    def random_timing(self) -> tuple[Estimate, float]:
        """The efficient estimate under a drawn order, and β: 1 would be Callaway & Sant'Anna's, 0 simple means.

        θ̂(β) = θ̂₀ − β·X̂, where θ̂₀ compares means after opening and X̂ the same units the period before; the
        error is Neyman's, which is conservative (the effects that differ between units widen it).
        """
        if np.ptp(self._panel.weight) or self._panel.cluster is not None:
            raise EvaluationError(
                marked("L’estimateur d’un ordre tiré au sort demande des poids égaux et pas de grappes.")
            )
        after, before = self._sides()
        both = self._spread(np.stack([after, before]), np.zeros_like(self._stats.mean), small=True).covariance
        beta = float(both[0, 1] / both[1, 1]) if both[1, 1] > 0 else 1.0
        return self._estimate(after - beta * before, np.zeros_like(after), small=True), beta

    def two_way(self) -> TwoWay:
        """The coefficient of « exposed » in a regression with effects of units and periods, and what it compares."""
        share = self._weight / self._weight.sum()
        exposed = self._exposed.astype(float)
        residual = (
            exposed - exposed.mean(axis=1, keepdims=True) - share @ exposed + share @ exposed.mean(axis=1)
        )
        scaled = share[:, None] * residual
        coefficients = scaled / (scaled * residual).sum()
        return TwoWay(
            self._estimate(coefficients, np.zeros_like(coefficients)), tuple(self._comparisons(share))
        )

    def _sides(self) -> tuple[Floats, Floats]:
        """(G, T) coefficients of the mean differences after opening, and of the same the period before it."""
        stats = self._stats
        grid = att.cells(stats.cohorts, self._ordinals, "varying", 0)
        compared = att.comparison(grid, stats.cohorts, self._ordinals, "notyettreated", 0)
        effect, _ = att.group_time(stats, grid, compared)
        mix = aggregate.weighting(
            "simple", grid, effect, stats.cohorts, stats.unit_weight, None
        ).cells.toarray()[0]
        after, before = np.zeros_like(stats.mean), np.zeros_like(stats.mean)
        for k in np.flatnonzero(mix):
            control = compared[k] * self._weight
            difference = -control / control.sum()
            difference[grid.own[k]] += 1.0
            after[:, grid.period[k]] += mix[k] * difference
            before[:, grid.base[k]] += mix[k] * difference
        return after, before

    def _comparisons(self, share: Floats) -> list[Comparison]:
        """The two-by-two comparisons with their weights (Goodman-Bacon 2021, theorem 1)."""
        mean, exposed, cohorts = self._stats.mean, self._exposed, self._stats.cohorts
        found: list[tuple[str, int, int, float, float]] = []

        def add(kind: str, one: int, other: int, late: Bools, early: Bools, weight: float) -> None:
            change = mean[:, late].mean(axis=1) - mean[:, early].mean(axis=1)
            found.append(
                (kind, one, other, float(change[one] - change[other]), share[one] * share[other] * weight)
            )

        spent = exposed.mean(axis=1)
        opened = [g for g, cohort in enumerate(cohorts) if cohort != NEVER]
        for g in opened:
            for u in range(len(opened), len(cohorts)):
                add("never", g, u, exposed[g], ~exposed[g], spent[g] * (1 - spent[g]))
        for k, late in combinations(opened, 2):
            between = exposed[k] & ~exposed[late]
            gap = spent[k] - spent[late]
            add("later", k, late, between, ~exposed[k], gap * (1 - spent[k]))
            add("earlier", late, k, exposed[late], between, gap * spent[late])
        total = sum(weight for *_, weight in found)
        return [
            Comparison(kind, self._label(one), self._label(other), estimate, float(weight / total))
            for kind, one, other, estimate, weight in found
        ]

    def _label(self, g: int) -> int | str:
        cohort = int(self._stats.cohorts[g])
        return "jamais" if cohort == NEVER else self._panel.calendar.key(cohort)

    def _spread(self, coefficients: Floats, misfit: Floats, small: bool) -> Spread:
        """Uncertainty of E combinations (E, G, T) of the means; ``misfit`` (G, T) adds to the analytic one."""
        stats: Moments = self._stats
        small = small and not np.isnan(stats.trace).all()
        slope = (coefficients / self._weight[None, :, None]).transpose(1, 0, 2)
        load = np.zeros((*slope.shape[:2], stats.width))
        load[:, :, : stats.periods] = slope
        if not small:
            load[:, :, stats.unit] += np.einsum("get,gt->ge", slope, misfit)
        with single_thread():
            return covariance.cr2_of(stats, load) if small else covariance.analytic_of(stats, load)

    def _estimate(self, coefficients: Floats, misfit: Floats, small: bool | None = None) -> Estimate:
        small = self._options.inference != "analytic" if small is None else small
        spread = self._spread(coefficients[None], misfit, small)
        value, se = float((coefficients * self._stats.mean).sum()), float(spread.se[0])
        half = float(bands.critical(spread.df, self._options.level)[0]) * se
        return Estimate(value, se, value - half, value + half, float(spread.df[0]))


__all__ = ["Comparison", "OtherEstimators", "TwoWay"]
