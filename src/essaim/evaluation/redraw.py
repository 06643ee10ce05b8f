"""A recorded draw of the waves, replayed: the assignments it could have given, for randomisation inference."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from essaim.evaluation.columns import Ints
from essaim.evaluation.errors import EvaluationError, some
from essaim.evaluation.panel import Panel
from essaim.rollout.allocation import others, replay
from essaim.rollout.errors import RolloutError
from essaim.words import told


@dataclass(frozen=True, slots=True)
class RecordedDraw:
    """``units`` (m) were drawn into ``waves`` (m,), from 0; ``schemes`` (B, m) are other assignments as likely.

    ``first`` are the units that had to open first: outside the randomised comparison.
    """

    units: tuple[str, ...]
    waves: Ints
    schemes: Ints
    first: tuple[str, ...]
    fingerprint: str
    seed: int

    @classmethod
    def of(cls, record: Mapping[str, Any], draws: int = 999) -> "RecordedDraw":
        """Replay the public record that ``essaim rollout draw`` wrote; at most ``draws`` other assignments.

        Raises ``EvaluationError`` when the record does not give what it says.
        """
        try:
            made = replay(record)
        except RolloutError as error:
            raise EvaluationError(error.said) from error
        return cls(
            units=tuple(t.code for t in made.request.drawn),
            waves=made.labels,
            schemes=others(made, draws),
            first=tuple(t.code for t in made.request.first),
            fingerprint=made.request.fingerprint(),
            seed=made.seed,
        )

    def without_first(self, panel: Panel) -> Panel:
        """The panel without the units that had to open first."""
        aside = np.isin(np.asarray(panel.units, dtype=str), self.first)
        if not aside.any():
            return panel
        said = told(
            "Ouvertes en premier par nécessité, hors de la comparaison tirée au sort : %(names)s.",
            names=panel.names(aside),
        )
        return panel.keep(~aside, said)

    def departure(self, panel: Panel) -> str | None:
        """Why this panel is not the draw as it was made (French, naming the units); ``None`` when it is."""
        if np.ptp(panel.weight) or panel.cluster is not None:
            return told("le panel a des poids inégaux ou des grappes")
        if not panel.balanced:
            return told("des unités ne sont pas observées à toutes les périodes")
        place = _places(panel)
        missing = [unit for unit in self.units if unit not in place]
        if missing:
            return told(
                "des territoires tirés sont absents du panel ou mis de côté (%(names)s)", names=some(missing)
            )
        cohort = panel.cohort[[place[unit] for unit in self.units]]
        moved = [
            self.units[int(row)]
            for wave in np.unique(self.waves)
            for row in _unlike(cohort, np.flatnonzero(self.waves == wave))
        ]
        if not moved:
            return None
        return told("des territoires n’ont pas ouvert avec leur vague tirée (%(names)s)", names=some(moved))

    def cohorts(self, panel: Panel) -> tuple[Ints, Ints]:
        """(rows (m,), cohorts (B, m)): what each other assignment would have given to the drawn rows of the panel."""
        place = _places(panel)
        rows = np.array([place[unit] for unit in self.units], dtype=np.int64)
        of_wave = np.zeros(int(self.waves.max()) + 1, dtype=np.int64)
        of_wave[self.waves] = panel.cohort[rows]
        return rows, of_wave[self.schemes]


def _places(panel: Panel) -> dict[str, int]:
    return {str(unit): row for row, unit in enumerate(panel.units)}


def _unlike(cohort: Ints, rows: Ints) -> Ints:
    """The rows of one wave whose cohort is not the wave's most common one."""
    values, counts = np.unique(cohort[rows], return_counts=True)
    return np.asarray(rows[cohort[rows] != values[counts.argmax()]])
