"""A study as a reader sees it: sentences in French, map, table rows."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from essaim.platform.territories import wave
from essaim.platform.territories.forms import DIRECTIONS, TRANSFORMS, write_setting
from essaim.platform.territories.models import Study
from essaim.platform.territories.sources import UNITS, outlines_for
from essaim.territory import codes
from essaim.territory.codes import LEVELS
from essaim.territory.criteria import FAMILIES, MISSING_LABELS
from essaim.territory.explain import percent
from essaim.territory.map import SHIPPED, Choropleth, MapText, choropleth

if TYPE_CHECKING:
    from essaim.platform.programmes.models import Programme

STATUSES = {
    "certain": gettext_lazy("certain"),
    "possible": gettext_lazy("possible"),
    "excluded": gettext_lazy("exclu"),
}

SHARES = (0.0, 25.0, 50.0, 75.0, 99.99)
"""Greatest share of weights of each colour: never, a little, often, mostly, and always."""


def names_of(document: Mapping[str, Any], measures: Mapping[str, Any] | None = None) -> dict[str, str]:
    """What a sentence on weights may name: families in use, then criteria, with their French labels."""
    used = [criterion["family"] for criterion in document["criteria"]]
    found = {
        f: _("famille « %(family)s »") % {"family": _(label)} for f, label in FAMILIES.items() if f in used
    }
    for criterion in document["criteria"]:
        measure = (measures or {}).get(criterion["indicator"])
        found[criterion["key"]] = criterion.get("label") or (measure.label if measure else criterion["key"])
    return found


def sentence_in_words(sentence: str, names: Mapping[str, str]) -> str:
    """« need >= 2 * offer » → « famille « besoin » ≥ 2 × famille « offre existante » »."""
    signs = {">=": "≥", "<=": "≤", "==": "=", "*": "×"}
    tokens = re.findall(r"[^\W\d]\w*|\d+(?:[.,]\d+)?\s*%?|[<>=]=?|[^\s]", sentence)
    return " ".join(names.get(token, signs.get(token, token.strip())) for token in tokens)


def weights_in_words(document: Mapping[str, Any], measures: Mapping[str, Any] | None = None) -> list[str]:
    names = names_of(document, measures)
    return [sentence_in_words(sentence, names) for sentence in document["weights"]]


def scope_in_words(document: Mapping[str, Any]) -> str:
    """The unit and where it is looked for."""
    scope = document.get("scope", {})
    places = [codes.region(code).name for code in scope.get("regions", ())]
    places += [codes.departement(code).name for code in scope.get("departments", ())]
    listed = len(scope.get("codes", ()))
    if listed:
        places.append(_("une liste de %(count)d territoires") % {"count": listed})
    where = ", ".join(places) or _("toute la France")
    text = _("%(k)s à choisir, unité : %(unit)s ; périmètre : %(where)s") % {
        "k": document["k"],
        "unit": UNITS.get(document["unit"], document["unit"]),
        "where": where,
    }
    without = len(scope.get("without", ()))
    return f"{text} ; {_('sauf %(count)d laissés de côté') % {'count': without}}" if without else text


def wave_in_words(study: Study) -> list[str]:
    """What was asked of the wave that is proposed, a sentence each; nothing when none was computed."""
    return list(wave.in_words(study.plan, study.portfolio)) if study.plan and study.portfolio else []


def criteria_in_words(study: Study, measures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Criteria with their measure (source, date, level) and their rules in words."""
    kept = {m["key"]: m for m in (study.result or {}).get("provenance", {}).get("measures", [])}
    rows = []
    for criterion in study.document["criteria"]:
        transform = criterion.get("transform", {"kind": "rank"})
        measure = kept.get(criterion["indicator"]) or measures.get(criterion["indicator"])
        rows.append(
            {
                "criterion": criterion,
                "label": criterion.get("label") or _field(measure, "label") or criterion["key"],
                "family": _said(FAMILIES, criterion["family"]),
                "measure": measure,
                "direction": DIRECTIONS[criterion.get("direction", "high")],
                "transform": TRANSFORMS[transform["kind"]],
                "setting": write_setting(transform),
                "missing": _said(MISSING_LABELS, criterion.get("missing", "exclude")),
                "carried": _carried(measure, study.document["unit"]),
            }
        )
    return rows


def _said(words: Mapping[str, str], code: str) -> str:
    """A word of the core, in the reader’s language."""
    return _(words[code])


def _field(measure: Any, name: str) -> str:
    """A field of a measure, kept as data in a result or read from the core; empty when there is no measure."""
    found = measure.get(name, "") if isinstance(measure, dict) else getattr(measure, name, "")
    return str(found)


def _carried(measure: Any, unit: str) -> bool:
    return _field(measure, "level") not in ("", unit)


def table_rows(rows: list[dict[str, Any]], study: Study) -> list[dict[str, Any]]:
    """Rows of the ranking with what a page shows: rank, percentages, status in words, proposed or not."""
    proposed = set(study.proposed())
    decided = {d.code: d for d in study.decisions.all()} if study.pk else {}
    return [
        {
            **row,
            "place": place,
            "share": percent(row["top_share"]),
            "low": 100 * row["top_low"],
            "high": 100 * row["top_high"],
            "status_label": STATUSES[row["status"]],
            "proposed": row["code"] in proposed,
            "decision": decided.get(row["code"]),
        }
        for place, row in enumerate(rows, 1)
    ]


def blank_map(programme: "Programme", document: Mapping[str, Any]) -> Choropleth | None:
    """The territories of a study that has no ranking yet, those of its list marked; None without outlines."""
    unit = document["unit"]
    imported = None if unit in LEVELS else outlines_for(programme, unit)
    if unit not in SHIPPED and not imported:
        return None
    listed = document.get("scope", {}).get("codes", ())
    return choropleth({}, unit, MapText(_("Les territoires")), marked=listed, coded=True, shapes=imported)


def ranking_map(study: Study, *, standalone: bool = False) -> Choropleth | None:
    """The share of admissible weights in which each territory is in; départements carry the sum of finer ones."""
    unit, rows = study.document["unit"], study.rows()
    imported = None if unit in LEVELS else outlines_for(study.programme, unit)
    if unit in SHIPPED or imported:
        shares = {row["code"]: 100 * row["top_share"] for row in rows}
        about = MapText(
            _("Part des poids admis où le territoire est parmi les %(k)d premiers")
            % {"k": study.document["k"]},
            "%",
            source_of(study),
            0,
            simulated=bool(study.ranking_simulated),
        )
        links = _links(study, shares) if study.pk and not standalone else None
        return choropleth(
            shares,
            unit,
            about,
            tops=SHARES,
            marked=study.proposed(),
            links=links,
            coded=study.pk is None,
            shapes=imported,
            names={row["code"]: row["name"] for row in rows} if imported else None,
            standalone=standalone,
        )
    if unit not in LEVELS:
        return None
    expected: dict[str, float] = dict.fromkeys(codes.territories("departement"), 0.0)
    for row in rows:
        expected[codes.territory(unit, row["code"]).departments[0]] += row["top_share"]
    about = MapText(
        _("Nombre moyen de territoires parmi les %(k)d premiers, par département")
        % {"k": study.document["k"]},
        "",
        source_of(study),
        1,
        simulated=bool(study.ranking_simulated),
    )
    return choropleth(expected, "departement", about, standalone=standalone)


def _links(study: Study, shares: Mapping[str, float]) -> dict[str, str]:
    """Links on the outlines that may enter; the others are reached from the table, sparing a thousand tab stops."""
    inside = [code for code, share in shares.items() if share > 0][:60]
    slug = study.programme.slug
    return {code: reverse("territories:explain", args=[slug, study.pk, code]) for code in inside}


def source_of(study: Study) -> str:
    """The sources of the values, each once."""
    measures = (study.result or {}).get("provenance", {}).get("measures", [])
    return " ; ".join(dict.fromkeys(measure["source"] for measure in measures))
