"""What to look at in a panel before it is estimated: each check says what it found, and names the units.

None refuses the panel: a jump may be a true event. What cannot be estimated at all is refused when the panel is read.
"""

from dataclasses import dataclass

import numpy as np

from essaim.evaluation.columns import Bools
from essaim.evaluation.panel import Panel
from essaim.evaluation.periods import NEVER
from essaim.words import FRENCH, Words

#: A change this many times the usual spread of changes is a jump (the spread from the median, robust to jumps).
JUMP = 8.0
_MAD_TO_SD = 1.4826
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its sentence, whether it is ``fine``, and the units (with their period) it speaks of."""

    said: str
    fine: bool
    named: tuple[str, ...] = ()


def check_panel(panel: Panel, words: Words = FRENCH) -> list[Check]:
    """The checks of a panel of units (not of repeated cross-sections), in the order people should read them."""
    return [
        _jumps(panel, words),
        _still(panel, words),
        _lone(panel, words),
        _before(panel, words),
        _compared(panel, words),
    ]


def _jumps(panel: Panel, words: Words) -> Check:
    change = np.diff(panel.outcome, axis=1)
    apart = np.abs(change - np.nanmedian(change, axis=0))
    spread = _MAD_TO_SD * float(np.nanmedian(apart))
    found = np.argwhere(apart > JUMP * spread) if spread > 0 else np.empty((0, 2), dtype=int)
    if not len(found):
        return Check(
            words.say("Aucun saut : nulle part le résultat ne change soudain bien plus que d’habitude."), True
        )
    labels = panel.calendar.labels
    named = tuple(f"{panel.units[int(i)]} ({labels[int(t) + 1]})" for i, t in found[:_NAMED])
    said = words.count(
        "%(count)s saut : le résultat y change bien plus que d’habitude. Vérifier la valeur, ou dire l’événement.",
        "%(count)s sauts : le résultat y change bien plus que d’habitude. Vérifier les valeurs, ou dire l’événement.",
        len(found),
    )
    return Check(said, False, named)


def _still(panel: Panel, words: Words) -> Check:
    still = np.nanmax(panel.outcome, axis=1) == np.nanmin(panel.outcome, axis=1)
    if not still.any():
        return Check(words.say("Le résultat bouge dans toutes les unités."), True)
    said = words.say("Résultat identique à toutes les périodes : est-ce bien mesuré ?")
    return Check(said, False, _names(panel, still))


def _lone(panel: Panel, words: Words) -> Check:
    cohorts, counts = np.unique(panel.cohort, return_counts=True)
    alone = np.isin(panel.cohort, cohorts[(counts == 1) & (cohorts != NEVER)])
    if not alone.any():
        return Check(words.say("Chaque vague a au moins deux unités."), True)
    said = words.say("Vague d’une seule unité : l’incertitude de son effet ne peut pas être estimée.")
    return Check(said, False, _names(panel, alone))


def _before(panel: Panel, words: Words) -> Check:
    ordinals = np.array(panel.calendar.ordinals)
    exposed = panel.cohort[panel.cohort != NEVER]
    before = int((ordinals < exposed.min()).sum()) if len(exposed) else len(ordinals)
    if before >= 3:
        said = words.say(
            "%(count)s périodes avant la première exposition : les évolutions s’y comparent.", count=before
        )
        return Check(said, True)
    said = words.say(
        "Moins de trois périodes avant la première exposition (%(count)s) : rien ne dira si les courbes étaient "
        "parallèles.",
        count=before,
    )
    return Check(said, False)


def _compared(panel: Panel, words: Words) -> Check:
    never = int((panel.cohort > panel.calendar.ordinals[-1]).sum())
    if never:
        said = words.count(
            "%(count)s unité n’est pas exposée dans la fenêtre : elle sert de comparaison.",
            "%(count)s unités ne sont pas exposées dans la fenêtre : elles servent de comparaison.",
            never,
        )
        return Check(said, never > 1)
    said = words.say(
        "Toutes les unités finissent exposées : la comparaison se fait avec celles qui ne le sont pas encore, et "
        "s’arrête avant la dernière vague."
    )
    return Check(said, False)


def _names(panel: Panel, chosen: Bools) -> tuple[str, ...]:
    return tuple(str(panel.units[int(i)]) for i in np.flatnonzero(chosen)[:_NAMED])
