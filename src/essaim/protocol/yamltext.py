"""YAML text ↔ plain data, bounded and with the line of every value.

The reader takes a strict subset of YAML 1.2: one document, no alias, no tag, string keys, no key twice,
and only ``true``/``false`` as booleans: dates and « oui/non » stay texts. The text is read event by event,
never recursively, so a hostile file costs at most its size.
"""

import math
import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from essaim.protocol.problem import Finding, Path

MAX_BYTES = 2_000_000
MAX_DEPTH = 24
MAX_VALUES = 100_000

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"[-+]?[0-9]{1,16}\Z")
_FLOAT = re.compile(r"[-+]?([0-9]{1,16}\.[0-9]{0,25}|\.[0-9]{1,25})([eE][-+]?[0-9]{1,3})?\Z")
_LINE_END = b"\n"
_BREAKS = frozenset("\r\x85\u2028\u2029\ufeff")
"""Breaks that YAML folds unless they are escaped."""
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


@dataclass(slots=True)
class Text:
    """What a text holds: ``data`` (``None`` when unreadable), the line of each path, what went wrong."""

    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    findings: list[tuple[Finding, int | None]] = field(default_factory=list)

    def line(self, path: Path) -> int | None:
        """Line of ``path`` or of its nearest ancestor that is written in the text."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


class _Refused(Exception):
    def __init__(self, message: str, mend: str, line: int | None, path: Path = ()) -> None:
        super().__init__(message)
        self.finding, self.line = Finding(path, message, mend), line


def read_yaml(source: str | bytes) -> Text:
    """Read one YAML document; never raises: what is wrong is in ``findings``, with no ``data``."""
    text = Text()
    try:
        decoded = _decode(source)
        _Builder(text).build(decoded)
    except _Refused as refused:
        text.data = None
        text.findings.append((refused.finding, refused.line))
    return text


def _decode(source: str | bytes) -> str:
    size = len(source) if isinstance(source, bytes) else len(source.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise _Refused(
            f"Le fichier pèse {size} octets, au-delà de la limite de {MAX_BYTES}.",
            "Vérifiez que c’est le bon fichier ; les pièces jointes se citent par leur adresse.",
            None,
        )
    if isinstance(source, str):
        if found := re.search("[\ud800-\udfff]", source):
            line = source[: found.start()].count("\n") + 1
            raise _Refused("Le texte contient un signe qui n’existe pas en UTF-8.", "Ressaisissez-le.", line)
        return source.removeprefix("\ufeff")
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _Refused(
            f"Le fichier n’est pas en UTF-8 (octet {error.start}).",
            "Enregistrez-le en UTF-8 depuis votre éditeur.",
            source[: error.start].count(_LINE_END) + 1,
        ) from error


@dataclass(slots=True)
class _Open:
    """A collection being read: where it is, what it holds, the key that waits for its value."""

    path: Path
    value: dict[str, Any] | list[Any]
    key: str | None = None


class _Builder:
    def __init__(self, text: Text) -> None:
        self.text = text
        self.stack: list[_Open] = []
        self.count = 0
        self.documents = 0

    def build(self, source: str) -> None:
        try:
            for event in yaml.parse(source, Loader=_Loader):
                self._take(event)
        except yaml.YAMLError as error:
            raise _syntax(error, source) from error
        if not self.documents:
            raise _Refused("Le fichier est vide.", "Écrivez au moins les champs obligatoires.", 1)

    def _take(self, event: Any) -> None:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise _Refused(
                    "Le fichier contient plusieurs documents.", "Gardez un document par fichier.", line
                )
        elif isinstance(event, yaml.AliasEvent):
            raise _Refused(
                "Les alias YAML (*nom) ne sont pas acceptés.", "Recopiez la valeur en entier.", line
            )
        elif isinstance(event, yaml.CollectionEndEvent):
            self.stack.pop()
        elif isinstance(event, yaml.NodeEvent):
            self._node(event, line)

    def _node(self, event: Any, line: int) -> None:
        if event.anchor is not None:
            raise _Refused("Les ancres YAML (&nom) ne sont pas acceptées.", "Retirez l’ancre.", line)
        if event.tag is not None and event.tag != "!":
            raise _Refused(f"L’étiquette YAML {event.tag} n’est pas acceptée.", "Retirez-la.", line)
        self.count += 1
        if self.count > MAX_VALUES or len(self.stack) >= MAX_DEPTH:
            raise _Refused(
                f"Le document dépasse {MAX_VALUES} valeurs ou {MAX_DEPTH} niveaux.", "Simplifiez-le.", line
            )
        parent = self.stack[-1] if self.stack else None
        if parent is not None and isinstance(parent.value, dict) and parent.key is None:
            self._key(parent, event, line)
            return
        path = self._path(parent)
        if isinstance(event, yaml.ScalarEvent):
            self._put(parent, _scalar(event), path, line)
            return
        opened: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._put(parent, opened, path, line)
        self.stack.append(_Open(path, opened))

    def _key(self, parent: _Open, event: Any, line: int) -> None:
        key = _scalar(event) if isinstance(event, yaml.ScalarEvent) else None
        if not isinstance(key, str):
            raise _Refused(
                "Une clé n’est pas un texte.", "Mettez la clé entre guillemets.", line, parent.path
            )
        if key in parent.value:
            raise _Refused(
                f"La clé « {key} » est écrite deux fois.", "Gardez-en une.", line, (*parent.path, key)
            )
        parent.key = key
        self.text.lines[(*parent.path, key)] = line

    def _path(self, parent: _Open | None) -> Path:
        if parent is None:
            return ()
        if isinstance(parent.value, list):
            return (*parent.path, len(parent.value))
        return (*parent.path, str(parent.key))

    def _put(self, parent: _Open | None, value: Any, path: Path, line: int) -> None:
        self.text.lines.setdefault(path, line)
        if parent is None:
            self.text.data = value
        elif isinstance(parent.value, list):
            parent.value.append(value)
        else:
            parent.value[str(parent.key)] = value
            parent.key = None


def _scalar(event: Any) -> Any:
    """Value of a scalar; quoted texts stay texts.

    Numbers too long to be exact stay texts too, and then fail where a number is asked.
    """
    raw: str = event.value
    if event.style or event.tag == "!":
        return raw
    if raw in _NULL:
        return None
    if raw in _BOOL:
        return _BOOL[raw]
    if _INT.match(raw):
        return int(raw)
    if _FLOAT.match(raw) and math.isfinite(float(raw)):
        return float(raw)
    return raw


SYNTAX: tuple[tuple[str, str, str], ...] = (
    (
        "cannot start any token",
        "un signe réservé ou une tabulation au début d’une valeur",
        "Indentez par des espaces, pas par des tabulations ; mettez les textes spéciaux entre guillemets.",
    ),
    (
        "mapping values are not allowed",
        "un deux-points inattendu",
        "Mettez entre guillemets le texte qui contient un deux-points, ou revoyez l’alignement.",
    ),
    (
        "expected ',' or ']'",
        "une liste [ … ] n’est pas fermée",
        "Fermez-la, et séparez ses éléments par des virgules.",
    ),
    (
        "expected ',' or '}'",
        "des champs { … } ne sont pas fermés",
        "Fermez-les, et séparez-les par des virgules.",
    ),
    ("end of stream", "un texte entre guillemets n’est pas fermé", "Fermez le guillemet."),
    (
        "'-' indicator",
        "un élément de liste mal aligné",
        "Alignez les tirets de la liste les uns sous les autres.",
    ),
    (
        "expected key",
        "une clé mal placée",
        "Alignez les clés les unes sous les autres, ou fermez un guillemet plus haut.",
    ),
    (
        "expected ':'",
        "il manque un deux-points",
        "Écrivez « clé : valeur », avec un espace après le deux-points.",
    ),
    ("escape", "une barre oblique inverse dans un texte entre guillemets", "Doublez-la (\\\\) ou ôtez-la."),
    (
        "characters are not allowed",
        "un caractère de contrôle invisible",
        "Supprimez-le et ressaisissez la ligne.",
    ),
)
"""(what the reader of YAML says, the same in French, the mend): the first that is found speaks."""


def _syntax(error: yaml.YAMLError, source: str) -> _Refused:
    said = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "")
    mend = "Vérifiez l’alignement, les deux-points et les guillemets autour de cette ligne."
    for fragment, french, how in SYNTAX:
        if fragment in said:
            said, mend = french, how
            break
    return _Refused(
        f"Ce n’est pas du YAML lisible : {said or 'texte illisible'}.", mend, _line(error, source)
    )


def _line(error: yaml.YAMLError, source: str) -> int:
    """Line of an error; the C reader counts bytes where the other counts characters."""
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return int(mark.line) + 1
    position = getattr(error, "position", 0)
    if getattr(error, "encoding", "") == "unicode":
        return source.count("\n", 0, position) + 1
    return source.encode("utf-8", "surrogatepass")[:position].count(_LINE_END) + 1


class _Dumper(yaml.SafeDumper):
    """Block style, texts of several lines as literals; quotes what the reader would take for a number."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _represent_text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    style = None
    if any(char in _BREAKS for char in value):
        style = '"'
    elif _INT.match(value) or _FLOAT.match(value):
        style = "'"
    elif "\n" in value and _plain_lines(value):
        style = "|"
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _plain_lines(value: str) -> bool:
    """Whether a literal block keeps ``value`` as it is: no odd break, no space at an end of line."""
    lines = value.split("\n")
    return all(line == line.strip() and line.isprintable() for line in lines) and value.splitlines() != []


_Dumper.add_representer(str, _represent_text)
_Dumper.add_multi_representer(str, _represent_text)


def write_yaml(data: Any) -> str:
    """Write plain data so that :func:`read_yaml` gives the same data back."""
    text: str = yaml.dump(
        data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110, default_flow_style=False
    )
    return text
