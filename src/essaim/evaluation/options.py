"""How an evaluation is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from essaim.evaluation import aggregate
from essaim.evaluation.att import Base, Control
from essaim.evaluation.doubly_robust import Method
from essaim.evaluation.errors import EvaluationError
from essaim.evaluation.resampling import Multiplier

Inference = Literal["cr2", "analytic", "bootstrap", "wild", "randomisation"]

MIN_DRAWS, MAX_DRAWS = 99, 100_000


@dataclass(frozen=True, slots=True)
class Options:
    """How to estimate; the defaults are those of the command line.

    ``draws`` and ``multiplier`` serve the resampling inferences. ``drawn`` says that the order of the waves
    was drawn at random (within ``Panel.stratum`` if given), so that randomisation inference replays a draw
    that took place.
    """

    method: Method = "dr"
    control: Control = "nevertreated"
    base: Base = "varying"
    anticipation: int = 0
    inference: Inference = "cr2"
    level: float = 0.95
    aggregations: Sequence[str] = aggregate.KINDS
    window: int | None = None
    draws: int = 999
    multiplier: Multiplier = "rademacher"
    seed: int = 0
    drawn: bool = False

    def __post_init__(self) -> None:
        if self.anticipation < 0:
            raise EvaluationError("L’anticipation est un nombre de périodes, zéro ou plus.")
        if self.seed < 0:
            raise EvaluationError("La graine est un nombre entier, zéro ou plus.")
        if not 0.5 <= self.level < 1:
            raise EvaluationError("Le niveau de confiance est compris entre 0,5 et 1 (0,95 d’habitude).")
        if not MIN_DRAWS <= self.draws <= MAX_DRAWS:
            raise EvaluationError(
                "Il faut de %(least)s à %(most)s tirages pour un intervalle ; 999 d’habitude.",
                least=MIN_DRAWS,
                most=MAX_DRAWS,
            )
        if not self.aggregations:
            raise EvaluationError(
                "Aucune agrégation demandée. Choisissez parmi %(known)s.", known=", ".join(aggregate.KINDS)
            )
        unknown = [kind for kind in self.aggregations if kind not in aggregate.KINDS]
        if unknown:
            raise EvaluationError(
                "Agrégation inconnue : %(names)s. Choisissez parmi %(known)s.",
                names=", ".join(unknown),
                known=", ".join(aggregate.KINDS),
            )

    @property
    def small_sample(self) -> bool:
        """Whether the inference asked for rests on CR2 errors, where they are defined."""
        return self.inference in ("cr2", "wild", "randomisation")
