"""Versions of studies and two of them side by side, in words."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from essaim.platform.territories import ranking
from essaim.platform.territories.forms import DIRECTIONS, TRANSFORMS, write_setting
from essaim.platform.territories.models import Version
from essaim.platform.territories.reading import names_of, sentence_in_words
from essaim.platform.territories.sources import UNITS
from essaim.territory import codes
from essaim.territory.compare import Change, DataChange, Move, Part, compare
from essaim.territory.criteria import FAMILIES, MISSING_LABELS
from essaim.territory.explain import percent
from essaim.territory.map import number

SMALL = 0.0005
"""Parts of a score below this are not told (0.05 point of 100)."""


def comparison_in_words(before: Version, after: Version) -> dict[str, Any]:
    """What changed from one version to another: statements, values, places and their causes."""
    sides = (before, after)
    rankings = [ranking.rank(ranking.read_document(v.document), ranking.table_of(v.inputs)) for v in sides]
    found = compare(*rankings)
    names = _names(before) | _names(after)
    places = dict(zip(before.inputs["codes"], before.inputs["names"], strict=True))
    return {
        "comparable": found.comparable,
        "changes": [_change(change, names) for change in found.changes],
        "data": [_data(change, names, places) for change in found.data],
        "moves": [_move(move, names) for move in found.moves],
        "entered": [move.name for move in found.moves if move.code in found.entered],
        "left": [move.name for move in found.moves if move.code in found.left],
        "same": before.result_sha256 == after.result_sha256,
        "simulated": [bool(v.result["simulated"]) for v in sides],
    }


def _names(version: Version) -> dict[str, str]:
    """Families, criteria and indicators of a version, by key, with the labels it was ranked with."""
    measures = version.result["provenance"]["measures"]
    labels = {measure["key"]: measure["label"] for measure in measures}
    document = version.document
    labelled = [
        {**c, "label": c.get("label") or labels.get(c["indicator"], c["key"])} for c in document["criteria"]
    ]
    return labels | names_of({**document, "criteria": labelled})


def _change(change: Change, names: Mapping[str, str]) -> str:
    """One sentence."""
    what = names.get(change.what, change.what)
    if change.kind == "stated":
        label = _STATED[change.what]()
        return f"{label} : {_value(change.what, change.before)} → {_value(change.what, change.after)}"
    if change.kind in ("weight_added", "weight_removed"):
        said = sentence_in_words(change.what, names)
        added = change.kind == "weight_added"
        return (_("Poids, dit en plus : %(s)s") if added else _("Poids, retiré : %(s)s")) % {"s": said}
    if change.kind == "criterion_added":
        return _("Critère ajouté : %(label)s") % {"label": what}
    if change.kind == "criterion_removed":
        return _("Critère retiré : %(label)s") % {"label": what}
    details = " ; ".join(
        f"{_DETAILS[field]()} : {_field(field, old)} → {_field(field, new)}"
        for field, old, new in change.detail
    )
    return _("Critère changé : %(label)s (%(details)s)") % {"label": what, "details": details}


_STATED = {
    "unit": lambda: _("Unité"),
    "k": lambda: _("Territoires cherchés"),
    "seed": lambda: _("Graine des tirages"),
    "samples": lambda: _("Nombre de tirages"),
    "note": lambda: _("Question posée"),
    "scope.regions": lambda: _("Régions"),
    "scope.departments": lambda: _("Départements"),
    "scope.codes": lambda: _("Liste de territoires"),
    "scope.without": lambda: _("Laissés de côté"),
}
_DETAILS = {
    "family": lambda: _("famille"),
    "direction": lambda: _("sens"),
    "transform": lambda: _("note"),
    "missing": lambda: _("valeur manquante"),
    "indicator": lambda: _("indicateur"),
    "label": lambda: _("nom"),
    "reason": lambda: _("pourquoi"),
    "key": lambda: _("identifiant"),
}


def _value(what: str, value: Any) -> str:
    if what == "unit":
        return str(UNITS.get(value, value))
    if what == "scope.regions":
        return ", ".join(codes.region(code).name for code in value) or _("toutes")
    if isinstance(value, list | tuple):
        return ", ".join(value[:12]) + (" …" if len(value) > 12 else "") or _("aucun")
    return str(value) or _("vide")


def _field(field: str, value: Any) -> str:
    if field == "transform":
        setting = write_setting(value)
        return f"{TRANSFORMS[value['kind']]}{f' ({setting})' if setting else ''}"
    words: Mapping[str, Any] = {"family": FAMILIES, "missing": MISSING_LABELS}.get(field, {})
    if value in words:
        return _(words[value])
    return str(DIRECTIONS.get(value, value) if field == "direction" else value) or _("vide")


def _data(change: DataChange, names: Mapping[str, str], places: Mapping[str, str]) -> dict[str, Any]:
    largest = ""
    if change.largest:
        code, old, new = change.largest
        largest = f"{places.get(code, code)} : {number(old, 2)} → {number(new, 2)}"
    return {
        "label": names.get(change.key, change.key),
        "dates": change.dates,
        "changed": change.changed,
        "appeared": change.appeared,
        "gone": change.gone,
        "largest": largest,
    }


def _move(move: Move, names: Mapping[str, str]) -> dict[str, Any]:
    told = [part for part in move.parts if abs(part.by_weight + part.by_note) > SMALL]
    scores = [None if score is None else number(100 * score, 1) for score in move.scores]
    return {
        "code": move.code,
        "name": move.name,
        "places": move.places,
        "steps": move.steps,
        "shares": [None if share is None else percent(share) for share in move.shares],
        "scores": scores,
        "why": [_cause(part, names) for part in told[:4]],
    }


def _cause(part: Part, names: Mapping[str, str]) -> str:
    """« Chômage : +3,2 points (poids +1,0, note +2,2) »."""
    return _("%(label)s : %(total)s points (poids %(weight)s, note %(note)s)") % {
        "label": names.get(part.key, part.key),
        "total": _signed(part.by_weight + part.by_note),
        "weight": _signed(part.by_weight),
        "note": _signed(part.by_note),
    }


def _signed(value: float) -> str:
    points = round(100 * value, 1) + 0.0
    return f"{'+' if points > 0 else ''}{number(points, 1)}"
