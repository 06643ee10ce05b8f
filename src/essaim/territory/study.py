"""A study: what a committee states before it sees the result, frozen.

A study is a small document (YAML or JSON, ``format: essaim/study/1``). With the same table, the same study gives
the same ranking (``ranking.run``), whose provenance says which study and which values made it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

import yaml

from essaim.protocol.yamltext import read_yaml
from essaim.territory.codes import LEVELS
from essaim.territory.criteria import FAMILIES, Criterion, Transform, problems
from essaim.territory.plan import Plan, read_plan
from essaim.territory.reading import codes, unknown_keys
from essaim.territory.weights import WeightError, weight_space
from essaim.words import SaidError, together, told

FORMAT: Final = "essaim/study/1"
UNITS: Final = (*LEVELS, "ze", "qpv", "set")
MAX_SAMPLES: Final = 200_000


class StudyError(SaidError):
    """A study document that cannot be read or run; ``problems`` lists everything at once."""

    def __init__(self, *problems: str) -> None:
        super().__init__(together(problems, "\n"))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Scope:
    """Which territories compete: regions, départements or codes (none given: all), less ``without``."""

    regions: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Study:
    """Unit, scope, criteria, weights as constraints, how many territories are sought, and the seed of the draws."""

    title: str
    unit: str
    criteria: tuple[Criterion, ...]
    k: int
    weights: tuple[str, ...] = ()
    scope: Scope = field(default_factory=Scope)
    seed: int = 1
    samples: int = 10_000
    note: str = ""
    wave: Plan | None = None

    def __post_init__(self) -> None:
        found = _problems(self)
        if found:
            raise StudyError(*found)

    def families(self) -> dict[str, list[str]]:
        return {f: [c.key for c in self.criteria if c.family == f] for f in FAMILIES}

    def fingerprint(self) -> str:
        """SHA-256 of what the ranking answers: the canonical document without its wave, chosen afterwards."""
        return digest(to_dict(replace(self, wave=None)))


# --- the document ------------------------------------------------------------------------------------------


def to_dict(study: Study) -> dict[str, Any]:
    """The document as plain data, in a fixed order; ``from_dict`` reads it back equal."""
    document: dict[str, Any] = {"format": FORMAT, **asdict(study)}
    return json.loads(json.dumps(document))  # type: ignore[no-any-return]


def to_yaml(study: Study) -> str:
    return yaml.safe_dump(to_dict(study), allow_unicode=True, sort_keys=False)


def from_yaml(text: str | bytes) -> Study:
    """Read a study from YAML (or JSON, which YAML contains), in the strict subset of ``protocol.yamltext``."""
    read = read_yaml(text)
    if read.findings:
        raise StudyError(
            *(_at(line, together((found.message, found.mend), " ")) for found, line in read.findings)
        )
    return from_dict(read.data)


def _at(line: int | None, problem: str) -> str:
    return told("Ligne %(line)s : %(problem)s", line=line, problem=problem) if line else problem


def from_dict(document: object) -> Study:
    """Read a study from plain data; every problem is listed at once."""
    if not isinstance(document, Mapping):
        raise StudyError(told("Une étude est un document à clés : title, unit, criteria, k, weights…"))
    if document.get("format", FORMAT) != FORMAT:
        raise StudyError(
            told(
                "Format inconnu : « %(found)s » ; attendu : %(format)s.",
                found=document.get("format"),
                format=FORMAT,
            )
        )
    data = {str(k): v for k, v in document.items() if k != "format"}
    found = unknown_keys("L’étude", data, set(Study.__dataclass_fields__))
    found += [
        told("Clé manquante : %(key)s.", key=k) for k in ("title", "unit", "criteria", "k") if k not in data
    ]
    if found:
        raise StudyError(*found)
    data["criteria"] = _criteria(data["criteria"])
    data["scope"] = _scope(data.get("scope") or {})
    data["weights"] = tuple(str(w) for w in _list("weights", data.get("weights") or []))
    data["wave"], found = read_plan(data.get("wave"))
    if found:
        raise StudyError(*found)
    for name in ("title", "unit", "note"):
        data[name] = str(data.get(name, ""))
    return Study(**data)


def _criteria(raw: object) -> tuple[Criterion, ...]:
    found: list[str] = []
    read: list[Criterion] = []
    for rank, item in enumerate(_list("criteria", raw), 1):
        where = told("Critère n° %(rank)s", rank=rank)
        if not isinstance(item, Mapping):
            found.append(told("%(where)s : attendu un bloc à clés (key, family, indicator…).", where=where))
            continue
        lacking = [k for k in ("key", "family", "indicator") if k not in item]
        found += [told("%(where)s : clé manquante : %(key)s.", where=where, key=k) for k in lacking]
        found += unknown_keys(where, item, set(Criterion.__dataclass_fields__))
        transform, bad = _transform(where, item.get("transform") or {})
        found += bad
        if not found:
            texts = {k: str(v) for k, v in item.items() if k != "transform"}
            read.append(Criterion(**texts, transform=transform))  # type: ignore[arg-type]
    if found:
        raise StudyError(*found)
    return tuple(read)


def _transform(where: str, raw: object) -> tuple[Transform, list[str]]:
    if isinstance(raw, str):
        raw = {"kind": raw}
    if not isinstance(raw, Mapping):
        return Transform(), [told("%(where)s : transform doit être un nom ou un bloc à clés.", where=where)]
    bad = unknown_keys(f"{where}, transform", raw, set(Transform.__dataclass_fields__))
    try:
        numbers = {k: float(raw[k]) for k in ("low", "high", "at") if raw.get(k) is not None}
        points = tuple((float(x), float(y)) for x, y in raw.get("points") or ())
    except (TypeError, ValueError):
        return Transform(), [
            *bad,
            told("%(where)s : les bornes et les points de transform sont des nombres.", where=where),
        ]
    return Transform(str(raw.get("kind", "rank")), points=points, **numbers), bad  # type: ignore[arg-type]


def _scope(raw: object) -> Scope:
    if not isinstance(raw, Mapping):
        raise StudyError(told("scope est un bloc à clés : regions, departments, codes, without."))
    bad = unknown_keys("scope", raw, set(Scope.__dataclass_fields__))
    lists: dict[str, tuple[str, ...]] = {}
    for name, value in raw.items():
        lists[str(name)], wrong = codes(f"scope.{name}", value or [])
        bad += wrong
    if bad:
        raise StudyError(*bad)
    return Scope(**lists)


def _list(name: str, raw: object) -> list[Any]:
    if not isinstance(raw, (list, tuple)):
        raise StudyError(told("%(name)s doit être une liste.", name=name))
    return list(raw)


def _problems(study: Study) -> list[str]:
    found: list[str] = []
    if study.unit not in UNITS:
        found.append(
            told(
                "Unité inconnue : « %(unit)s » ; choix possibles : %(units)s.",
                unit=study.unit,
                units=", ".join(UNITS),
            )
        )
    for name, value, most in (("k", study.k, None), ("samples", study.samples, MAX_SAMPLES)):
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            found.append(
                told(
                    "%(name)s vaut %(value)s : attendu un entier d’au moins 1.", name=name, value=repr(value)
                )
            )
        elif most is not None and value > most:
            found.append(
                told("%(name)s vaut %(value)s : au plus %(most)s.", name=name, value=value, most=most)
            )
    if not isinstance(study.seed, int) or study.seed < 0:
        found.append(told("seed vaut %(seed)s : attendu un entier positif ou nul.", seed=repr(study.seed)))
    if not study.criteria:
        found.append(told("Une étude demande au moins un critère."))
    keys = [c.key for c in study.criteria]
    found += [
        told("Le critère « %(key)s » figure deux fois.", key=k)
        for k in sorted({k for k in keys if keys.count(k) > 1})
    ]
    for criterion in study.criteria:
        if not criterion.key.isidentifier() or criterion.key in FAMILIES:
            found.append(
                told(
                    "Nom de critère impossible : « %(key)s ». Prenez des lettres, chiffres et "
                    "soulignés, et pas le nom d’une famille (%(families)s).",
                    key=criterion.key,
                    families=", ".join(FAMILIES),
                )
            )
        found += problems(criterion)
    if not found:
        try:
            weight_space(study.weights, keys, study.families())
        except WeightError as error:
            found.append(error.said)
    return found


def digest(data: object) -> str:
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
