"""How well waves are balanced on what is known before, and how much constraint on a draw is too much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from essaim.words import told, told_count

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

# With fewer schemes than this a randomisation test cannot go below 5 %.
FEWEST: Final = 20
# Under this, p-values move by steps of more than 1 %.
FEW: Final = 100
# Candidates looked at to know which pairs could be together: more would only cost time.
SAMPLE: Final = 10_000
# Scores are compared to this many decimals, so that the last bits of a sum do not depend on the machine.
DECIMALS: Final = 9


def balance_scores(schemes: Labels, covariates: Floats) -> Floats:
    """Imbalance of each scheme (schemes × territories) on ``covariates`` (territories × covariates).

    The sum over covariates of the share of their variance that lies between waves: 0 when all waves have the
    same means, whatever their number; the l2 metric of Raab & Butcher 2001, extended from two arms to any number.
    """
    centred = covariates - covariates.mean(axis=0)
    unit = centred / np.sqrt((centred**2).sum(axis=0))
    scores = np.zeros(len(schemes))
    for wave in np.unique(schemes[0]):
        inside = (schemes == wave).astype(float)
        scores += ((inside @ unit) ** 2).sum(axis=1) / inside[0].sum()
    return np.asarray(np.round(scores, DECIMALS), dtype=float)


def between_waves(labels: Labels, covariates: Mapping[str, Floats]) -> dict[str, float]:
    """For each covariate the share of its variance that lies between waves: 0 balanced, 1 told by the wave."""
    return {name: float(balance_scores(labels[None, :], x[:, None])[0]) for name, x in covariates.items()}


@dataclass(frozen=True, slots=True)
class Constraint:
    """What the constraint left: ``distinct`` schemes among the candidates, those ``kept``, the worst imbalance
    kept and the median of candidates; pairs ``always`` or ``never`` in the same wave though candidates had both;
    ``warnings`` say when it is too much."""

    distinct: int
    kept: int
    worst_kept: float
    median_candidate: float
    always: tuple[tuple[str, str], ...]
    never: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"smallest_p_value": 1 / self.kept}


def judge(pool: Labels, kept: Labels, scores: Floats, worst: float, codes: Sequence[str]) -> Constraint:
    """Compare the ``kept`` schemes with the ``pool`` they come from (Moulton 2004: are some pairs locked?)."""
    some = pool[:SAMPLE]
    before, after = _together(some), _together(kept)
    free = (before > 0) & (before < len(some))
    always, never = _pairs(free & (after == len(kept)), codes), _pairs(free & (after == 0), codes)
    warnings = too_much(len(kept), len(always), len(never))
    return Constraint(len(pool), len(kept), worst, float(np.median(scores)), always, never, warnings)


def too_much(kept: int, always: int, never: int) -> tuple[str, ...]:
    """What must be said of a constraint that leaves ``kept`` schemes, and pairs ``always`` or ``never`` together."""
    warnings: list[str] = []
    if kept < FEWEST:
        warnings.append(
            told_count(
                "Contrainte trop forte : %(count)s répartition gardée, aucun test par tirage ne peut descendre sous "
                "5 %%. Gardez une plus grande part.",
                "Contrainte trop forte : %(count)s répartitions gardées, aucun test par tirage ne peut descendre sous "
                "5 %%. Gardez une plus grande part.",
                kept,
            )
        )
    elif kept < FEW:
        warnings.append(
            told(
                "Contrainte forte : %(kept)s répartitions gardées ; gardez-en plutôt %(few)s ou plus.",
                kept=kept,
                few=FEW,
            )
        )
    if always or never:
        warnings.append(
            told(
                "Contrainte trop forte : %(always)s paires de territoires toujours ensemble et %(never)s jamais "
                "ensemble dans les répartitions gardées. Gardez une plus grande part ou équilibrez moins de "
                "covariables.",
                always=always,
                never=never,
            )
        )
    return tuple(warnings)


def _together(schemes: Labels) -> Floats:
    """In how many schemes each pair of territories is in the same wave (territories × territories)."""
    count = np.zeros((schemes.shape[1], schemes.shape[1]))
    for wave in np.unique(schemes[0]):
        inside = (schemes == wave).astype(np.float32)  # whole numbers, exact up to 16 million
        count += inside.T @ inside
    return count


def _pairs(held: NDArray[np.bool_], codes: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple((codes[i], codes[j]) for i, j in zip(*np.nonzero(np.triu(held, 1)), strict=True))
