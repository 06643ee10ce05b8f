"""The two regressions that covariates call for: weighted least squares and a weighted logit.

Both come with their influence functions, as (n, k) rows whose mean is zero and whose product with the
gradient of an effect gives the contribution of the estimated coefficients to the uncertainty of that effect.
"""

from dataclasses import dataclass

import numpy as np

from essaim.evaluation.columns import Bools, Floats
from essaim.words import SaidError, told

#: Reciprocal condition number under which a design is called singular.
SINGULAR = 1e-12
#: Comparison units whose probability of exposure reaches this are set aside; exposed ones above it break
#: overlap.
TRIM = 0.995
NO_OVERLAP = 0.999

_ITERATIONS = 50


class Undefined(SaidError):
    """The cell cannot be estimated; the message is a French reason."""


@dataclass(frozen=True, slots=True)
class Regression:
    """Coefficients (k,) or (k, m), fitted values (n,) or (n, m), and the inverse of E[w x xᵗ]."""

    coefficients: Floats
    fitted: Floats
    inverse: Floats


def least_squares(x: Floats, y: Floats, w: Floats) -> Regression:
    """Weighted least squares of ``y`` on ``x`` (n, k); weights (n,) are zero outside of the sample.

    Raises ``Undefined`` when the design is singular.
    """
    wx = w[:, None] * x
    inverse = inverse_of(x.T @ wx / len(x))
    coefficients = inverse @ (wx.T @ y / len(x))
    return Regression(coefficients, x @ coefficients, inverse)


def least_squares_influence(x: Floats, y: Floats, w: Floats, fit: Regression) -> Floats:
    """(n, k) influence of each row on the coefficients."""
    return np.asarray((w * (y - fit.fitted))[:, None] * x @ fit.inverse)


def inverse_of(gram: Floats) -> Floats:
    """The inverse of a weighted Gram matrix (k, k). Raises ``Undefined`` when it is singular."""
    scale = np.sqrt(np.diag(gram))
    if not (scale > 0).all():
        raise Undefined(told("une covariable est constante à zéro parmi les unités comparées"))
    correlation = gram / np.outer(scale, scale)
    if np.linalg.cond(correlation) > 1 / SINGULAR:
        raise Undefined(told("les covariables sont redondantes parmi les unités comparées"))
    return np.asarray(np.linalg.inv(correlation) / np.outer(scale, scale))


@dataclass(frozen=True, slots=True)
class Propensity:
    """Probabilities of exposure (n,), odds of the comparison units (n,), and the inverse of E[w p (1 − p) x xᵗ]."""

    probability: Floats
    odds: Floats
    inverse: Floats


def propensity(x: Floats, treated: Bools, w: Floats) -> Propensity:
    """Weighted logit of exposure by Newton's method.

    Raises ``Undefined`` when it does not converge or when some units are exposed almost surely.
    """
    d = treated.astype(float)
    beta = np.zeros(x.shape[1])
    share = float(w @ d / w.sum())
    if np.ptp(x[:, 0]) == 0:
        beta[0] = np.log(share / (1 - share)) / x[0, 0]
    columns = np.ascontiguousarray(x.T)  # (k, n): products by unit run along them
    for _ in range(_ITERATIONS):
        p = _logistic(beta @ columns)
        step = _information(columns, w, p) @ (columns @ (w * (d - p)) / len(x))
        beta = beta + step
        if np.abs(step).max() <= 1e-12 * max(1.0, float(np.abs(beta).max())):
            break
    else:
        raise Undefined(told("la probabilité d’exposition ne peut pas être estimée (séparation parfaite)"))
    p = np.minimum(_logistic(beta @ columns), 1 - 1e-6)
    if float(p[w > 0].max()) >= NO_OVERLAP:
        raise Undefined(told("certaines unités exposées n’ont pas de semblable parmi les autres"))
    kept = ~treated & (p < TRIM)
    return Propensity(p, np.where(kept, w * p / (1 - p), 0.0), _information(columns, w, p))


def _logistic(v: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(v, -500, 500))))


def _information(columns: Floats, w: Floats, p: Floats) -> Floats:
    """Inverse of the mean information (k, k) of a logit on the columns (k, n)."""
    return inverse_of((w * p * (1 - p) * columns) @ columns.T / len(p))


def propensity_influence(x: Floats, treated: Bools, w: Floats, fit: Propensity) -> Floats:
    """(n, k) influence of each row on the coefficients of the logit."""
    return np.asarray((w * (treated - fit.probability))[:, None] * x @ fit.inverse)
