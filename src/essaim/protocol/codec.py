"""Plain data ↔ frozen dataclasses, driven by the annotations of the fields.

The annotations are the only description of a document: reading, writing and the published JSON Schema
(:mod:`essaim.protocol.schema`) all follow them.
"""

import dataclasses
import datetime
import difflib
import functools
import hashlib
import json
import math
import re
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from essaim.protocol.problem import Finding, InvalidDocument, Path
from essaim.words import Told, marked, told

MAX_TEXT = 20_000
MAX_ITEMS = 5_000


@dataclass(frozen=True, slots=True)
class Rule:
    """What a text must look like; ``expected`` says it in French. A bare year may be a number (``date``)."""

    pattern: str = ""
    expected: str = ""
    min_length: int = 1
    max_length: int = MAX_TEXT
    date: bool = False


@dataclass(frozen=True, slots=True)
class AnyValue:
    """Marks a field that holds the value of a parameter: boolean, number, text or list of texts."""


ID_PATTERN = r"[a-z0-9][a-z0-9_-]{0,79}"
VERSION_PATTERN = r"(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})"

Number = int | float
Value = bool | int | float | str | tuple[str, ...]
Id = Annotated[
    str, Rule(ID_PATTERN, told("des minuscules sans accent, chiffres, tirets (80 signes au plus)"))
]
Address = Annotated[str, Rule(f"{ID_PATTERN}/{ID_PATTERN}", told("composant/paramètre"))]
Version = Annotated[
    str, Rule(VERSION_PATTERN, told("trois nombres séparés par des points, par exemple 1.0.0"))
]
Date = Annotated[
    str,
    Rule(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?", told("une date AAAA, AAAA-MM ou AAAA-MM-JJ"), date=True),
]
Url = Annotated[str, Rule(r"https?://[^\s<>\"]+", told("une adresse qui commence par http:// ou https://"))]
Text = Annotated[str, Rule(expected=told("un texte"))]
FreeText = Annotated[str, Rule(expected=told("un texte"), min_length=0)]
FreeValue = Annotated[Value, AnyValue()]


class _Invalid:
    """Stands for a value that could not be read; its finding is recorded."""


_INVALID = _Invalid()


@functools.cache
def hints(cls: type) -> dict[str, Any]:
    """Resolved annotations of the fields of ``cls``, in the order of the fields, ``Annotated`` kept."""
    resolved = get_type_hints(cls, include_extras=True)
    return {field.name: resolved[field.name] for field in dataclasses.fields(cls)}


@functools.cache
def required(cls: type) -> tuple[str, ...]:
    """Names of the fields without default."""
    return tuple(
        field.name
        for field in dataclasses.fields(cls)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    )


def optional(hint: Any) -> Any:
    """The ``T`` of ``T | None``; ``hint`` itself when ``None`` is not allowed."""
    if get_origin(hint) in (Union, types.UnionType) and type(None) in get_args(hint):
        rest = tuple(arg for arg in get_args(hint) if arg is not type(None))
        return rest[0] if len(rest) == 1 else Union[rest]  # noqa: UP007
    return hint


def decode(cls: type, data: Any, file: str = "") -> Any:
    """Build a ``cls`` from plain data.

    Raises:
        InvalidDocument: with one problem a defect, all of them.
    """
    findings: list[Finding] = []
    result = decode_into(cls, data, (), findings)
    if findings:
        raise InvalidDocument(finding.at(file, None) for finding in findings)
    return result


def decode_into(hint: Any, data: Any, path: Path, findings: list[Finding]) -> Any:
    """Read ``data`` as ``hint``; defects are appended to ``findings``."""
    hint = optional(hint)
    origin = get_origin(hint)
    if origin is Annotated:
        mark = hint.__metadata__[0]
        return (
            _value(data, path, findings) if isinstance(mark, AnyValue) else _text(mark, data, path, findings)
        )
    if origin is Literal:
        return _choice(get_args(hint), data, path, findings)
    if origin is tuple:
        return _items(get_args(hint)[0], data, path, findings)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _object(hint, data, path, findings)
    if hint is bool:
        if isinstance(data, bool):
            return data
        return _wrong(
            path,
            told("%(value)s n’est ni true ni false.", value=_show(data)),
            marked("Écrivez true ou false."),
            findings,
        )
    if hint is int and isinstance(data, int) and not isinstance(data, bool):
        return data
    if hint == Number:
        return _number(data, path, findings)
    return _wrong(
        path,
        told("%(value)s n’est pas un nombre entier.", value=_show(data)),
        marked("Écrivez un nombre entier."),
        findings,
    )


def _object(cls: type, data: Any, path: Path, findings: list[Finding]) -> Any:
    if not isinstance(data, Mapping):
        names = ", ".join(required(cls)) or ", ".join(hints(cls))
        return _wrong(
            path,
            told("On attend ici des champs nommés, pas %(value)s.", value=_show(data)),
            told("Champs : %(names)s.", names=names),
            findings,
        )
    known = hints(cls)
    before = len(findings)
    for name in data:
        if name not in known:
            close = difflib.get_close_matches(str(name), known, 1)
            mend = (
                told("Vouliez-vous « %(field)s » ?", field=close[0])
                if close
                else told("Champs connus : %(names)s.", names=", ".join(known))
            )
            _wrong(
                (*path, str(name)), told("Le champ « %(field)s » n’existe pas.", field=name), mend, findings
            )
    values = {}
    for name, hint in known.items():
        if data.get(name) is not None:
            values[name] = decode_into(hint, data[name], (*path, name), findings)
        elif name in required(cls):
            _wrong(
                (*path, name),
                told("Le champ « %(field)s » manque.", field=name),
                marked("Ajoutez-le."),
                findings,
            )
    return _INVALID if len(findings) > before else cls(**values)


def _items(hint: Any, data: Any, path: Path, findings: list[Finding]) -> Any:
    if isinstance(data, str | bytes) or not isinstance(data, Sequence):
        return _wrong(
            path,
            told("On attend une liste, pas %(value)s.", value=_show(data)),
            marked("Écrivez une liste [ … ]."),
            findings,
        )
    if len(data) > MAX_ITEMS:
        return _wrong(
            path,
            told("La liste dépasse %(most)s éléments.", most=MAX_ITEMS),
            marked("Raccourcissez-la."),
            findings,
        )
    return tuple(decode_into(hint, item, (*path, i), findings) for i, item in enumerate(data))


def _text(rule: Rule, data: Any, path: Path, findings: list[Finding]) -> Any:
    if rule.date and isinstance(data, int) and not isinstance(data, bool):
        data = str(data)
    if not isinstance(data, str):
        mend = (
            told("Mettez-le entre guillemets : %(expected)s.", expected=rule.expected)
            if isinstance(data, bool | int | float)
            else told("Écrivez un texte : %(expected)s.", expected=rule.expected)
        )
        return _wrong(path, told("%(value)s n’est pas un texte.", value=_show(data)), mend, findings)
    if len(data) > rule.max_length:
        return _wrong(
            path,
            told("Le texte dépasse %(most)s signes.", most=rule.max_length),
            marked("Raccourcissez-le."),
            findings,
        )
    if len(data.strip()) < rule.min_length:
        return _wrong(path, marked("Le texte est vide."), _write(rule), findings)
    if not _storable(data):
        return _wrong(
            path, marked("Le texte contient un signe interdit."), marked("Ressaisissez-le."), findings
        )
    if rule.pattern and not re.fullmatch(rule.pattern, data):
        return _wrong(path, told("%(value)s ne convient pas.", value=_show(data)), _write(rule), findings)
    if rule.date and not _real_date(data):
        return _wrong(path, told("La date %(date)s n’existe pas.", date=data), _write(rule), findings)
    return data


def _write(rule: Rule) -> Told:
    return told("Écrivez %(expected)s.", expected=rule.expected)


def _storable(text: str) -> bool:
    """No lone surrogate (not UTF-8) and no NUL (refused by databases)."""
    return not any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text)


def _real_date(text: str) -> bool:
    parts = [int(part) for part in text.split("-")]
    try:
        datetime.date(*[*parts, 1, 1][:3])
    except ValueError:
        return False
    return True


def _choice(allowed: tuple[Any, ...], data: Any, path: Path, findings: list[Finding]) -> Any:
    if isinstance(data, str) and data in allowed:
        return data
    return _wrong(
        path,
        told("%(value)s n’est pas reconnu.", value=_show(data)),
        told("Choisissez parmi : %(known)s.", known=", ".join(allowed)),
        findings,
    )


def _number(data: Any, path: Path, findings: list[Finding]) -> Any:
    if isinstance(data, bool) or not isinstance(data, int | float):
        return _wrong(
            path,
            told("%(value)s n’est pas un nombre.", value=_show(data)),
            marked("Écrivez un nombre, sans guillemets."),
            findings,
        )
    if not math.isfinite(data) or abs(data) > 1e15:
        return _wrong(
            path,
            told("%(value)s n’est pas un nombre utilisable.", value=str(data)),
            marked("Écrivez un nombre fini."),
            findings,
        )
    return int(data) if isinstance(data, float) and data.is_integer() else data


def _value(data: Any, path: Path, findings: list[Finding]) -> Any:
    if isinstance(data, bool):
        return data
    if isinstance(data, int | float):
        return _number(data, path, findings)
    if isinstance(data, str):
        return _text(Rule(expected=told("un texte"), min_length=0), data, path, findings)
    if isinstance(data, Sequence) and not isinstance(data, bytes):
        return _items(Id, data, path, findings)
    return _wrong(
        path,
        told("%(value)s n’est pas une valeur.", value=_show(data)),
        marked("Écrivez un nombre, un texte ou une liste."),
        findings,
    )


def _wrong(path: Path, message: str, mend: str, findings: list[Finding]) -> _Invalid:
    findings.append(Finding(path, message, mend))
    return _INVALID


def _show(data: Any) -> str:
    if data is None:
        return told("une valeur vide")
    if isinstance(data, Mapping):
        return told("des champs")
    if isinstance(data, Sequence) and not isinstance(data, str):
        return told("une liste")
    if isinstance(data, bool):
        return str(data).lower()
    text = str(data)
    return told("« %(text)s »", text=f"{text[:40]}…" if len(text) > 40 else text)


def encode(value: Any) -> Any:
    """Plain data of a dataclass, fields in their order, those equal to their default left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: encode(content)
            for field in dataclasses.fields(value)
            if (content := getattr(value, field.name)) != field.default or field.name in required(type(value))
        }
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    return value


def canonical_json(data: Any) -> str:
    """The one JSON text of plain data: sorted keys, no space, UTF-8 characters as they are."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def fingerprint(data: Any) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(data).encode()).hexdigest()
