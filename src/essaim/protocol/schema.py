"""JSON Schemas of the documents, written from the annotations that the reader itself follows.

The schema says the shape; what must also hold between fields (sources cited, latitudes, variants) is said by
``essaim protocol validate``. ``python -m essaim.protocol.schema DIR`` writes the published files.
"""

import json
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from essaim.protocol.adaptation import Adaptation
from essaim.protocol.check import BOUNDS, PARAMETER_FIELDS
from essaim.protocol.codec import MAX_ITEMS, AnyValue, Number, Rule, hints, optional, required
from essaim.protocol.document import Parameter, Protocol
from essaim.protocol.report import RecurrenceDocument, UpgradeDocument

DOCUMENTS: dict[str, type] = {
    "protocol": Protocol,
    "adaptation": Adaptation,
    "upgrade": UpgradeDocument,
    "recurrence": RecurrenceDocument,
}
"""Published schemas by name: ``<name>.schema.json``."""


def schema(name: str) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of one of ``DOCUMENTS``."""
    definitions: dict[str, Any] = {}
    root = _reference(DOCUMENTS[name], definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"essaim/{name}/1",
        "title": f"essaim/{name}/1",
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


def _reference(cls: type, definitions: dict[str, Any]) -> dict[str, Any]:
    if cls.__name__ not in definitions:
        definitions[cls.__name__] = {}
        definitions[cls.__name__] = _object(cls, definitions)
    return {"$ref": f"#/$defs/{cls.__name__}"}


def _object(cls: type, definitions: dict[str, Any]) -> dict[str, Any]:
    """Fields left out and fields ``null`` mean the same to the reader."""
    properties = {}
    for name, hint in hints(cls).items():
        found = _of(optional(hint), definitions)
        properties[name] = found if name in required(cls) else {"anyOf": [found, {"type": "null"}]}
    result: dict[str, Any] = {
        "type": "object",
        "properties": properties,
        "required": sorted(required(cls)),
        "additionalProperties": False,
    }
    summary = (cls.__doc__ or "").strip().split("\n")[0]
    if summary and not summary.startswith(f"{cls.__name__}("):
        result["description"] = summary.replace("``", "")
    if cls is Parameter:
        result["allOf"] = [_bounds(kind) for kind in PARAMETER_FIELDS]
    return result


def _bounds(kind: str) -> dict[str, Any]:
    """A parameter of this type leaves the bounds of the others empty."""
    empty: dict[str, Any] = {"enum": [None, "", []]}
    others = {name: empty for name in BOUNDS if name not in PARAMETER_FIELDS[kind]}
    return {"if": {"properties": {"type": {"const": kind}}}, "then": {"properties": others}}


def _of(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin = get_origin(hint)
    if origin is Annotated:
        mark = hint.__metadata__[0]
        return _value() if isinstance(mark, AnyValue) else _text(mark)
    if origin is Literal:
        return {"enum": list(get_args(hint))}
    if origin is tuple:
        return {"type": "array", "items": _of(get_args(hint)[0], definitions), "maxItems": MAX_ITEMS}
    if isinstance(hint, type) and is_dataclass(hint) and fields(hint):
        return _reference(hint, definitions)
    if hint == Number:
        return {"type": "number"}
    return {"type": "boolean"} if hint is bool else {"type": "integer"}


def _text(rule: Rule) -> dict[str, Any]:
    result: dict[str, Any] = {
        "type": ["string", "integer"] if rule.date else "string",
        "maxLength": rule.max_length,
    }
    if rule.min_length:
        result["minLength"] = rule.min_length
    if rule.pattern:
        result["pattern"] = f"^({rule.pattern})$"
    return result


def _value() -> dict[str, Any]:
    texts = {"type": "array", "items": {"type": "string"}}
    return {"anyOf": [{"type": "boolean"}, {"type": "number"}, {"type": "string"}, texts]}


def text(name: str) -> str:
    """The published file, byte for byte."""
    return json.dumps(schema(name), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    for document in DOCUMENTS:
        (Path(sys.argv[1]) / f"{document}.schema.json").write_text(text(document), encoding="utf-8")
