"""From a panel as observed to a panel that can be estimated: who serves as comparison, who is set aside."""

from dataclasses import dataclass, replace

import numpy as np

from essaim.evaluation.att import Control
from essaim.evaluation.columns import Bools
from essaim.evaluation.errors import EvaluationError
from essaim.evaluation.panel import Panel
from essaim.evaluation.periods import NEVER, Calendar
from essaim.words import together, told, told_count


@dataclass(frozen=True, slots=True)
class Prepared:
    """A panel ready for estimation and what had to be said on the way."""

    panel: Panel
    warnings: tuple[str, ...]


def prepare(panel: Panel, control: Control, anticipation: int) -> Prepared:
    """Late cohorts become never-exposed, early ones are set aside; somebody must be left to compare."""
    warnings: list[str] = list(panel.notes)
    panel = _late_cohorts_are_never(panel, anticipation, warnings)
    panel = _without_always_exposed(panel, anticipation, warnings)
    if not (panel.cohort != NEVER).any():
        why = told(
            "Aucune unité n’est exposée pendant la fenêtre observée : il n’y a pas d’effet à estimer. Vérifiez la "
            "colonne des premières expositions, ou allongez la fenêtre."
        )
        raise EvaluationError(together((why, *warnings), " "))
    if not (panel.cohort == NEVER).any():
        panel = _last_cohort_as_comparison(panel, control, anticipation, warnings)
    return Prepared(panel, tuple(warnings))


def _late_cohorts_are_never(panel: Panel, anticipation: int, warnings: list[str]) -> Panel:
    last = panel.calendar.ordinals[-1]
    late = (panel.cohort > last + anticipation) & (panel.cohort != NEVER)
    if not late.any():
        return panel
    warnings.append(
        told_count(
            "L’unité dont l’exposition commence après %(last)s (dernière période observée) sert de comparaison, comme "
            "les unités jamais exposées.",
            "Les %(count)s unités dont l’exposition commence après %(last)s (dernière période observée) servent de "
            "comparaison, comme les unités jamais exposées.",
            int(late.sum()),
            last=panel.calendar.labels[-1],
        )
    )
    return replace(panel, cohort=np.where(late, NEVER, panel.cohort))


def _without_always_exposed(panel: Panel, anticipation: int, warnings: list[str]) -> Panel:
    first = panel.calendar.ordinals[0]
    early = panel.cohort <= first + anticipation
    if not early.any():
        return panel
    return_panel = panel.keep(~early)
    warnings.append(
        told_count(
            "L’unité exposée dès la première période (%(first)s) est mise de côté : on n’observe rien avant son "
            "exposition (%(names)s).",
            "Les %(count)s unités exposées dès la première période (%(first)s) sont mises de côté : on n’observe rien "
            "avant leur exposition (%(names)s).",
            int(early.sum()),
            first=panel.calendar.labels[0],
            names=panel.names(early),
        )
    )
    if not return_panel.size:
        raise EvaluationError(
            "Toutes les unités sont exposées dès la première période : sans période d’avant, aucun effet "
            "n’est estimable. "
            "Faites commencer la fenêtre plus tôt."
        )
    return return_panel


def _last_cohort_as_comparison(
    panel: Panel, control: Control, anticipation: int, warnings: list[str]
) -> Panel:
    """Without never-exposed units, stop before the last cohort is exposed and compare with it."""
    latest = int(panel.cohort.max())
    if control == "nevertreated":
        raise EvaluationError(
            "Toutes les unités finissent par être exposées : il n’y a pas d’unité jamais exposée à qui "
            "comparer. Comparez aux unités pas encore exposées.",
            option="--control notyettreated",
        )
    ordinals = np.array(panel.calendar.ordinals)
    kept = ordinals < latest - anticipation
    cohort = np.where(panel.cohort == latest, NEVER, panel.cohort)
    if kept.sum() < 2 or not (cohort <= ordinals[kept].max(initial=-NEVER) + anticipation).any():
        raise EvaluationError(
            "Toutes les unités sont exposées à la même période, ou presque : personne ne peut servir de "
            "comparaison. Ajoutez des unités jamais exposées."
        )
    warnings.append(
        told(
            "Personne n’échappe à l’exposition : l’estimation s’arrête avant %(period)s, date de la dernière vague, "
            "qui sert de comparaison jusque-là.",
            period=panel.calendar.label(latest),
        )
    )
    return replace(_until(panel, kept), cohort=cohort if panel.period is None else cohort[kept[panel.period]])


def _until(panel: Panel, kept: Bools) -> Panel:
    """The panel of the periods ``kept`` (T,)."""
    ordinals = panel.calendar.ordinals
    calendar = Calendar(
        panel.calendar.kind,
        tuple(n for n, keep in zip(ordinals, kept, strict=True) if keep),
        tuple(label for label, keep in zip(panel.calendar.labels, kept, strict=True) if keep),
    )
    if panel.period is not None:
        rows = panel.keep(kept[panel.period])
        assert rows.period is not None
        return replace(rows, calendar=calendar, period=(np.cumsum(kept) - 1)[rows.period])
    return replace(
        panel,
        calendar=calendar,
        outcome=np.ascontiguousarray(panel.outcome[:, kept]),
        weight=panel.weight if panel.weight.ndim == 1 else panel.weight[:, kept],
        persons=None if panel.persons is None else panel.persons[:, kept],
        covariates=None if panel.covariates is None else panel.covariates[:, kept],
    )
