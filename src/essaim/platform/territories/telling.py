"""Why a territory is where it is, in the reader’s language: the words of what ``essaim.territory.explain`` found."""

from collections.abc import Sequence

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from essaim.territory.criteria import MISSING_LABELS
from essaim.territory.explain import Contribution, Explanation, Lever, label_of
from essaim.territory.ranking import Ranking

SMALL = 0.0005
"""Contributions below this (0.05 point of 100) are not told."""


def told(ranking: Ranking, found: Explanation) -> list[str]:
    """All that is said of one territory on its own page."""
    said = reasons(ranking, found)
    if found.levers:
        said.append(_levers(ranking, found.levers))
    if ranking.simulated:
        said.append(
            _("Classement simulé : les valeurs de %(labels)s sont inventées pour l’essai.")
            % {"labels": ", ".join(ranking.simulated)}
        )
    return said


def reasons(ranking: Ranking, found: Explanation) -> list[str]:
    """The sentences of an explanation, in the order that a committee reads them."""
    carried = [part for part in found.contributions if part.points > SMALL]
    held = [part for part in reversed(found.contributions) if part.points < -SMALL]
    said = [_standing(ranking, found)]
    said.append(
        _(
            "Son score moyen est de %(score)s points sur 100, soit %(gap)s points par rapport au profil médian."
        )
        % {"score": _number(100 * found.score, 1), "gap": _signed(found.gap)}
    )
    if carried:
        said.append(_("Ce qui le porte : %(parts)s.") % {"parts": _parts(carried)})
    if held:
        said.append(_("Ce qui le retient : %(parts)s.") % {"parts": _parts(held)})
    if found.gap_to_neighbours is not None:
        count = len(found.neighbours)
        said.append(
            ngettext(
                "Par rapport à son %(count)d voisin classé, l’écart est de %(gap)s points.",
                "Par rapport à la moyenne de ses %(count)d voisins classés, l’écart est de %(gap)s points.",
                count,
            )
            % {"count": count, "gap": _signed(found.gap_to_neighbours)}
        )
    return said + _caveats(ranking, found.code)


def _standing(ranking: Ranking, found: Explanation) -> str:
    fine = 2 if found.top_high < 0.01 or found.top_low > 0.99 else 1
    figures = {
        "name": found.name,
        "k": ranking.study.k,
        "share": _share(found.top_share),
        "low": _number(100 * found.top_low, fine),
        "high": _number(100 * found.top_high, fine),
    }
    text = {
        "certain": _(
            "%(name)s est parmi les %(k)d premiers avec tous les poids tirés "
            "(marge du tirage : %(low)s à %(high)s %%)."
        ),
        "excluded": _(
            "%(name)s n’est jamais parmi les %(k)d premiers avec les poids tirés "
            "(marge du tirage : %(low)s à %(high)s %%)."
        ),
    }.get(
        found.status,
        _(
            "%(name)s est parmi les %(k)d premiers pour %(share)s %% des poids admis "
            "(marge du tirage : %(low)s à %(high)s %%)."
        ),
    )
    return text % figures


def _share(share: float) -> str:
    """A percentage that never says 0 or 100 unless it is exactly so."""
    if 0 < share < 0.001:
        return _("moins de %(limit)s") % {"limit": _number(0.1, 1)}
    if 0.999 < share < 1:
        return _("plus de %(limit)s") % {"limit": _number(99.9, 1)}
    return _number(100 * share, 1)


def _parts(parts: Sequence[Contribution]) -> str:
    return ", ".join(
        _("%(label)s (%(points)s points, note %(note)s contre %(reference)s)")
        % {
            "label": part.label,
            "points": _signed(part.points),
            "note": _number(100 * part.note, 0),
            "reference": _number(100 * part.reference, 0),
        }
        for part in parts
    )


def _caveats(ranking: Ranking, code: str) -> list[str]:
    notes, row = ranking.notes, ranking.row(code)
    return [
        _("Donnée manquante : %(label)s ; règle appliquée : %(rule)s.")
        % {"label": label_of(ranking, criterion), "rule": _(MISSING_LABELS[criterion.missing])}
        for j, criterion in enumerate(notes.criteria)
        if notes.filled[row, j] or notes.unknown[row, j]
    ]


def _levers(ranking: Ranking, levers: Sequence[Lever]) -> str:
    measures = {m["key"]: m for m in ranking.provenance["measures"]}
    indicator = {c.key: c.indicator for c in ranking.notes.criteria}
    texts = []
    for lever in levers:
        measure = measures[indicator[lever.key]]
        if lever.note is None:
            continue
        if lever.value is None:
            figures = {"label": lever.label, "note": _number(100 * lever.note, 0)}
            texts.append(_("%(label)s à la note %(note)s") % figures)
        else:
            value = f"{_number(lever.value, measure['decimals'])} {measure['unit']}".strip()
            texts.append(_("%(label)s à %(value)s") % {"label": lever.label, "value": value})
    if not texts:
        return _("Aucun critère, changé seul, ne suffirait à le faire entrer pour la moitié des poids.")
    return _("Pour entrer avec la moitié des poids, un seul de ces changements suffirait : %(changes)s.") % {
        "changes": " ; ".join(texts)
    }


def _number(value: float, decimals: int) -> str:
    return number_format(round(value, decimals), decimals)


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{_number(100 * value, 1)}"
