"""Running a study and keeping what it gave: the data used, the result, and the way back to the core's ranking."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from django.core.exceptions import ValidationError

from essaim.platform.telling import refusal
from essaim.territory.codes import UnknownCode
from essaim.territory.criteria import CriterionError
from essaim.territory.ranking import Ranking, in_scope, run
from essaim.territory.study import Study as Document
from essaim.territory.study import StudyError, digest, from_dict, to_dict
from essaim.territory.table import Column, Measure, Table, TableError
from essaim.territory.weights import WeightError

if TYPE_CHECKING:
    from essaim.platform.territories.models import Study

MOST_ROWS = 2_000
"""Rows of the ranking kept in the result; the data kept beside give the others again."""
QUICK_SCORES = 40_000_000
"""Territories × criteria × draws of a first look: under half a second here."""
REFUSALS = (StudyError, CriterionError, WeightError, TableError, UnknownCode)


def read_document(document: Any) -> Document:
    """The core's study; ``ValidationError`` with every problem, in French."""
    try:
        return from_dict(document)
    except StudyError as error:
        raise refusal(error) from error


def normalised(document: Any) -> dict[str, Any]:
    return to_dict(read_document(document))


def inputs_of(document: Document, table: Table) -> dict[str, Any]:
    """The rows and columns that the study reads, as plain data: with them it replays whatever changes elsewhere.

    Territories that the scope leaves out by name stay in, since the document that replays names them too.
    """
    wide = replace(document, scope=replace(document.scope, without=()))
    kept = table.only({*in_scope(wide, table).codes, *document.scope.without})
    used = {criterion.indicator for criterion in document.criteria}
    return {
        "level": kept.level,
        "codes": list(kept.codes),
        "names": list(kept.names),
        "columns": {key: _stored(kept.column(key)) for key in sorted(used)},
        "departments": dict(kept.departments),
    }


def with_columns(inputs: Mapping[str, Any], table: Table, keys: Iterable[str]) -> dict[str, Any]:
    """``inputs`` and the columns ``keys`` of ``table`` for its territories."""
    columns = dict(inputs["columns"])
    for key in keys:
        stored = _stored(table.column(key))
        known = dict(zip(table.codes, stored["values"], strict=True))
        columns[key] = {**stored, "values": [known.get(code) for code in inputs["codes"]]}
    return {**inputs, "columns": columns}


def _stored(column: Column) -> dict[str, Any]:
    return {
        "measure": asdict(column.measure),
        "values": [None if math.isnan(v) else v for v in column.values.tolist()],
    }


def table_of(inputs: Mapping[str, Any]) -> Table:
    """The table kept in ``inputs``."""
    columns = {
        key: Column(
            Measure(**column["measure"]),
            np.array([np.nan if v is None else v for v in column["values"]], float),
        )
        for key, column in inputs["columns"].items()
    }
    return Table(
        inputs["level"],
        tuple(inputs["codes"]),
        tuple(inputs["names"]),
        columns,
        inputs.get("departments", {}),
    )


def rank(document: Document, table: Table) -> Ranking:
    """The core's ranking; ``ValidationError`` when it cannot be computed, with how to mend it."""
    try:
        return run(document, table)
    except REFUSALS as error:
        raise refusal(error) from error


def result_of(ranking: Ranking) -> dict[str, Any]:
    """What is stored and shown; the ranking's rows bounded, their number said."""
    result = ranking.to_dict()
    result["count"] = len(result["ranking"])
    result["ranking"] = result["ranking"][:MOST_ROWS]
    result["statuses"] = {
        status: ranking.statuses.count(status) for status in ("certain", "possible", "excluded")
    }
    return result


def fingerprint(result: Mapping[str, Any]) -> str:
    return digest(result)


def replay(study: "Study") -> Ranking:
    """The ranking again, from the document and the data that the study kept."""
    if not study.inputs:
        raise ValidationError("Cette étude n’a pas encore de classement.")
    return rank(read_document(study.document), table_of(study.inputs))


def quick(document: Document, table: Table) -> Ranking:
    """A first look while a study is being stated: the same ranking with fewer draws, fewer still for communes."""
    most = max(300, min(2_000, QUICK_SCORES // max(1, len(table.codes) * len(document.criteria))))
    return rank(replace(document, samples=min(document.samples, most)), table)
