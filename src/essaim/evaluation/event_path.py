"""The event study as sensitivity analysis needs it: deviations around one reference period, with covariance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from essaim.evaluation.columns import Floats, Ints
from essaim.evaluation.errors import EvaluationError
from essaim.evaluation.estimation import estimate
from essaim.evaluation.options import Options
from essaim.evaluation.panel import Panel
from essaim.evaluation.periods import NEVER
from essaim.evaluation.prepare import prepare
from essaim.evaluation.result import Cell, Json

#: Beyond this, squares are no numbers; under that share of the largest estimate, an error is nil to rounding.
_HUGE, _EXACT = 1e75, 1e-10


@dataclass(frozen=True, slots=True)
class EventPath:
    """P effects before and Q effects after a reference period whose effect is 0 by construction.

    ``estimates`` (P + Q,) and ``covariance`` (P + Q, P + Q), in order of time; ``times`` (P + Q,) distances
    to the reference period, negative before; ``weights`` (Q,) of the effect of interest among the effects
    after; ``df`` degrees of freedom of its error, infinite for a normal.
    """

    estimates: Floats
    covariance: Floats
    pre: int
    times: Floats
    weights: Floats
    df: float = np.inf

    def __post_init__(self) -> None:
        size = len(self.estimates)
        if not 1 <= self.pre < size:
            raise EvaluationError(
                "L’analyse de sensibilité demande au moins un effet avant la période de référence et un après : "
                "ici %(pre)s avant et %(value)s après. Allongez la fenêtre avant l’ouverture.",
                pre=self.pre,
                value=size - self.pre,
            )
        if self.covariance.shape != (size, size):
            raise EvaluationError(
                "La covariance est de taille %(names)s pour %(size)s "
                "estimations : il en faut une ligne et une colonne par estimation.",
                names=" × ".join(map(str, self.covariance.shape)),
                size=size,
            )
        known = (np.abs(self.estimates) < _HUGE).all() and (np.abs(self.covariance) < _HUGE**2).all()
        if not known or not np.allclose(self.covariance, self.covariance.T, atol=1e-10, rtol=1e-6):
            raise EvaluationError(
                "Les estimations et leur covariance doivent être des nombres finis, et la covariance symétrique."
            )
        if np.linalg.eigvalsh(self.covariance)[0] < -1e-8 * max(float(np.trace(self.covariance)), 1e-300):
            raise EvaluationError("La covariance a une valeur propre négative : ce n’est pas une covariance.")
        if (np.diag(self.covariance) <= (_EXACT * np.abs(self.estimates).max()) ** 2).any():
            raise EvaluationError(
                "Une estimation a une variance nulle : aucun intervalle n’a de sens autour d’elle."
            )
        if len(self.weights) != size - self.pre or len(self.times) != size:
            raise EvaluationError(
                "Il faut un poids par effet après (%(value)s) et une date par effet (%(size)s).",
                value=size - self.pre,
                size=size,
            )
        if not (np.abs(self.weights) < _HUGE).all() or not self.weights.any() or not self.df > 0:
            raise EvaluationError(
                "Les poids sont des nombres finis, non tous nuls ; les degrés de liberté, un nombre positif."
            )
        ordered = (np.diff(self.times) > 0).all() and (np.sign(self.times) == _sides(self.pre, size)).all()
        if not ordered:
            raise EvaluationError(
                "Les dates vont de la plus ancienne à la plus récente, négatives avant la période de référence, "
                "positives après."
            )

    @property
    def post(self) -> int:
        """Number Q of effects after the reference period."""
        return len(self.estimates) - self.pre

    @property
    def effect(self) -> float:
        """The effect of interest."""
        return float(self.weights @ self.estimates[self.pre :])

    def slopes(self) -> Floats:
        """(P + Q, P + Q) matrix from the effects to their changes a period, each on the one before it.

        The reference stands between the effects before and after.
        """
        size = len(self.estimates)
        points = np.insert(np.eye(size), self.pre, 0.0, axis=0)
        spacing = np.diff(np.insert(self.times, self.pre, 0.0))
        return np.asarray(np.diff(points, axis=0) / spacing[:, None])

    def to_json(self) -> Json:
        """The object that ``essaim sensitivity`` reads."""
        return {
            "estimates": self.estimates.tolist(),
            "covariance": self.covariance.tolist(),
            "pre": self.pre,
            "post": self.post,
            "times": self.times.tolist(),
            "weights": self.weights.tolist(),
            "df": self.df if np.isfinite(self.df) else None,
        }


def _sides(pre: int, size: int) -> Floats:
    return np.repeat([-1.0, 1.0], [pre, size - pre])


def path_from_json(given: Mapping[str, object], target: str = "given") -> EventPath:
    """Read ``{"estimates", "covariance", "pre", "post"}``, with ``times``, ``weights`` and ``df`` if given.

    ``target`` is ``given`` (the weights of the file, else the mean of the effects after), ``average``,
    ``first``, or the number of an effect after, from 0.
    """
    try:
        estimates = np.asarray(given["estimates"], dtype=np.float64)
        covariance = np.atleast_2d(np.asarray(given["covariance"], dtype=np.float64))
        pre, post = int(str(given["pre"])), int(str(given["post"]))
        times = np.asarray(given.get("times") or [*range(-pre, 0), *range(1, post + 1)], dtype=np.float64)
        weights = None if given.get("weights") is None else np.asarray(given["weights"], dtype=np.float64)
        df = np.inf if given.get("df") is None else float(str(given["df"]))
    except KeyError as missing:
        raise EvaluationError(
            "Il manque « %(missing)s » : le fichier doit contenir « estimates », « covariance », « pre » et « post », "
            "ou venir de « essaim evaluate --json ».",
            missing=str(missing.args[0]),
        ) from missing
    except (TypeError, ValueError) as error:
        raise EvaluationError(
            "« estimates », « covariance », « times », « weights » et « df » sont des nombres, « pre » et « post » des "
            "entiers."
        ) from error
    if estimates.ndim != 1 or pre + post != len(estimates):
        raise EvaluationError(
            "« pre » + « post » = %(value)s, mais il y a %(size)s estimations. La période de référence, "
            "dont l’effet est nul par construction, n’en fait pas partie.",
            value=pre + post,
            size=estimates.size,
        )
    if post < 1:
        raise EvaluationError("Il n’y a pas d’effet après la période de référence (« post » = 0).")
    return EventPath(
        estimates,
        covariance,
        pre,
        times,
        _weights(target, weights, post),
        df,
    )


def _weights(target: str, given: Floats | None, post: int) -> Floats:
    """(post,) weights of the effect of interest."""
    if target == "given" and given is not None:
        return given
    if target in ("given", "average"):
        return np.full(post, 1 / post)
    index = 0 if target == "first" else int(target) if target.isdecimal() else -1
    if not 0 <= index < post:
        raise EvaluationError(
            "Effet visé « %(target)s » inconnu : « average », « first », ou un numéro de 0 à %(value)s.",
            target=target,
            value=post - 1,
        )
    return np.asarray(np.eye(post)[index])


def event_path(panel: Panel, options: Options | None = None) -> EventPath:
    """Estimate again with a universal base, and weigh the effects after opening as the mean effect does.

    Raises ``EvaluationError`` where there is no single reference period (gaps between periods), or nothing
    before it.
    """
    options = options or Options()
    inference = options.inference if options.inference == "analytic" else "cr2"
    found = estimate(
        panel,
        replace(
            options, base="universal", inference=inference, aggregations=("simple", "event"), window=None
        ),
    )
    main = found.aggregations["simple"].overall
    if main.se != main.se or main.df != main.df:
        raise EvaluationError("L’incertitude de l’effet moyen n’est pas définie.")
    event = found.aggregations["event"].by
    keys = np.array([int(key) for key, _ in event])
    values = np.array([effect.estimate for _, effect in event])
    reference = np.flatnonzero(keys == -1 - options.anticipation)
    if not len(reference) or not np.isnan(event[int(reference[0])][1].se):
        raise EvaluationError(
            "Les vagues n’ont pas toutes la même période de référence (il y a des trous entre les périodes) : "
            "l’analyse de sensibilité n’est pas définie. Regroupez les périodes à pas régulier."
        )
    kept = np.arange(len(keys)) != reference[0]
    kept &= np.isfinite(values) & np.isfinite(np.diag(found.event_covariance))
    distance = keys[kept] - int(keys[reference[0]])
    weights = _simple_weights(panel, options, keys[kept][distance > 0], found.cells)
    return EventPath(
        values[kept],
        found.event_covariance[np.ix_(kept, kept)],
        int((distance < 0).sum()),
        distance.astype(np.float64),
        weights,
        main.df,
    )


def _simple_weights(panel: Panel, options: Options, after: Ints, cells: Sequence[Cell]) -> Floats:
    """(Q,) weights with which the effects by time since opening make the mean effect over all cells."""
    ready = prepare(panel, options.control, options.anticipation).panel
    size = {
        ready.calendar.key(int(cohort)): float(ready.unit_weight[ready.cohort == cohort].sum())
        for cohort in np.unique(ready.cohort)
        if cohort != NEVER
    }
    total = np.zeros(len(after))
    for cell in cells:
        if cell.since >= 0 and cell.effect.estimate == cell.effect.estimate:
            total[after == cell.since] += size[cell.group]
    return np.asarray(total / total.sum())
