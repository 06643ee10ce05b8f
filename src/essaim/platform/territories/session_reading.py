"""A weights session as a reader sees it: who answered, and what the answers have in common."""

from collections.abc import Mapping
from typing import Any, cast

from django.utils.translation import gettext as _

from essaim.platform.territories.models import Study, WeightSession
from essaim.platform.territories.reading import names_of, sentence_in_words
from essaim.platform.territories.sessions import DISCREET_VOICES
from essaim.platform.territories.sources import measures_for
from essaim.territory.codes import Level
from essaim.territory.explain import percent
from essaim.territory.map import SHIPPED, Choropleth, MapText, choropleth

BAR = {"left": 4, "width": 300, "step": 14}
"""The bar chart of a criterion, in SVG units: left margin, length of 100 %, height of a voice."""


def names_in(session: WeightSession) -> dict[str, str]:
    """What the sentences of a session may name, with the labels of today's indicators."""
    study = session.study
    return names_of(study.document, measures_for(study.programme, study.document["unit"]))


def order_names(session: WeightSession) -> dict[str, str]:
    """What is put in order: the families when there are several, else the criteria."""
    names = names_in(session)
    keys = [criterion["key"] for criterion in session.study.document["criteria"]]
    families = {name: label for name, label in names.items() if name not in keys}
    return families if len(families) > 1 else {key: names[key] for key in keys}


def agreement_in_words(session: WeightSession) -> dict[str, Any]:
    """What the page shows of the answers laid side by side."""
    found = session.agreement or {}
    names = names_in(session)
    return {
        "spreads": [_spread(row, names) for row in found["spreads"]],
        "positions": [_position(row, names, session.voices) for row in found["positions"]],
        "wanted": [_standing(row) for row in found["standings"] if row["verdict"] == "in"],
        "disputed": [_standing(row) for row in found["standings"] if row["verdict"] == "disputed"],
        "counts": found["counts"],
        "clash": [sentence_in_words(s, names) for s in found["clash"]],
        "map": agreement_map(session),
    }


def session_in_brief(study: Study) -> dict[str, Any] | None:
    """The last session whose answers were laid side by side, for the decision sheet: counts and gaps, no answer.

    With fewer than three answers, a gap gives each answer to the other: the sheet keeps their number alone. What one
    answer alone says is not told either.
    """
    shown = (WeightSession.State.REVEALED, WeightSession.State.ADOPTED)
    session = study.weight_sessions.filter(state__in=shown).first()
    if session is None:
        return None
    found, names = session.agreement or {}, names_in(session)
    discreet = len(session.voices) >= DISCREET_VOICES
    return {
        "session": session,
        "voices": len(session.voices),
        "invited": session.seats.count(),
        "counts": found["counts"],
        "spreads": [_gap(row, names) for row in found["spreads"]] if discreet else [],
        "sentences": [_counted(row, names) for row in found["positions"] if len(row["holds"]) > 1]
        if discreet
        else [],
        "adopted": [sentence_in_words(sentence, names) for sentence in session.adopted],
        "changed_since": session.state == WeightSession.State.ADOPTED
        and session.adopted != study.document["weights"],
    }


def _gap(row: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    shared = row["shared"]
    return {
        "label": names.get(row["key"], row["key"]),
        "gap": f"{100 * row['gap']:.0f}",
        "shared": _in_percent(*shared) if shared else "",
    }


def adoption_choices(session: WeightSession) -> list[tuple[str, str]]:
    """Every sentence said, the most held first, with how the voices stand."""
    names = names_in(session)
    positions = (session.agreement or {})["positions"]
    held = sorted(positions, key=lambda p: (len(p["refuses"]), -len(p["holds"])))
    said = {p["sentence"]: _counted(p, names) for p in held}
    before = [s for s in session.study.document["weights"] if s not in said]
    return [
        *said.items(),
        *((s, _("%(s)s (déjà dans l’étude)") % {"s": sentence_in_words(s, names)}) for s in before),
    ]


def proposed_sentences(session: WeightSession) -> list[str]:
    """Ticked to begin with: what nobody refuses and at least half hold."""
    half = len(session.voices) / 2
    positions = (session.agreement or {})["positions"]
    return [p["sentence"] for p in positions if not p["refuses"] and len(p["holds"]) >= half]


def _counted(position: Mapping[str, Any], names: Mapping[str, str]) -> str:
    return _("%(sentence)s – tenue par %(holds)d, acceptable pour %(admits)d, refusée par %(refuses)d") % {
        "sentence": sentence_in_words(position["sentence"], names),
        **{side: len(position[side]) for side in ("holds", "admits", "refuses")},
    }


def _spread(row: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {
        **_gap(row, names),
        "voices": [_in_percent(a, b) for a, b in row["ranges"]],
        "means": [percent(mean) for mean in row["means"]],
        "bars": [
            _bar(i, a, b, mean)
            for i, ((a, b), mean) in enumerate(zip(row["ranges"], row["means"], strict=True))
        ],
        "height": BAR["step"] * len(row["ranges"]) + 4,
    }


def _in_percent(low: float, high: float) -> str:
    return _("%(low)d à %(high)d %%") % {"low": round(100 * low), "high": round(100 * high)}


def _bar(rank: int, low: float, high: float, mean: float) -> dict[str, int]:
    x = [round(BAR["left"] + BAR["width"] * v) for v in (low, high, mean)]
    return {"y": BAR["step"] * rank + 9, "low": x[0], "high": max(x[1], x[0] + 1), "mean": x[2]}


def _position(row: Mapping[str, Any], names: Mapping[str, str], voices: list[str]) -> dict[str, Any]:
    sides = {side: [voices[i] for i in row[side]] for side in ("holds", "admits", "refuses")}
    return {"sentence": sentence_in_words(row["sentence"], names), **sides}


def _standing(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"code": row["code"], "name": row["name"], "shares": [percent(s) for s in row["shares"]]}


def agreement_map(session: WeightSession) -> Choropleth | None:
    """How many voices want each territory; none for a unit whose outlines are not here."""
    unit = session.study.document["unit"]
    if unit not in SHIPPED:
        return None
    found = (session.agreement or {})["standings"]
    wanted = {row["code"]: float(sum(share >= 0.5 for share in row["shares"])) for row in found}
    title = _("Nombre de voix, sur %(count)d, qui veulent le territoire") % {"count": len(session.voices)}
    about = MapText(title, _("voix"), "", 0, simulated=session.simulated)
    marked = [row["code"] for row in found if row["verdict"] == "in"]
    tops = [float(n) for n in range(len(session.voices) + 1)]
    return choropleth(wanted, cast(Level, unit), about, tops=tops, marked=marked)
