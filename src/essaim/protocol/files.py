"""Protocol files: YAML or JSON text ↔ :class:`~essaim.protocol.document.Protocol`.

>>> text = '''
... format: essaim/protocol/1
... id: exemple
... version: 1.0.0
... title: Exemple
... essence: {for_whom: Les jeunes du quartier, why: Trouver un emploi, sources: [charte]}
... sources: [{id: charte, title: Charte, publisher: Le réseau}]
... '''
>>> protocol = loads(text)
>>> protocol.components
()
>>> loads(dumps(protocol)) == protocol
True
"""

from collections.abc import Callable
from pathlib import Path

from essaim.protocol import codec
from essaim.protocol.check import findings_of
from essaim.protocol.document import Protocol
from essaim.protocol.problem import Finding, InvalidDocument, Problem
from essaim.protocol.problem import Path as FieldPath
from essaim.protocol.yamltext import read_yaml, write_yaml


def examine(source: str | bytes, file: str = "<texte>") -> tuple[Protocol | None, tuple[Problem, ...]]:
    """Read a YAML (or JSON) text and say everything that is wrong with it.

    The protocol is ``None`` when its shape cannot be read; otherwise it is there even when its content has
    problems.
    """
    text = read_yaml(source)
    if text.findings:
        return None, tuple(finding.at(file, line) for finding, line in text.findings)
    findings: list[Finding] = []
    protocol = codec.decode_into(Protocol, text.data, (), findings)
    if not findings:
        findings = findings_of(protocol)
        return protocol, _located(findings, text.line, file)
    return None, _located(findings, text.line, file)


def _located(
    findings: list[Finding], line: Callable[[FieldPath], int | None], file: str
) -> tuple[Problem, ...]:
    problems = [finding.at(file, line(finding.path)) for finding in findings]
    return tuple(sorted(problems, key=lambda problem: problem.line or 0))


def loads(source: str | bytes, file: str = "<texte>") -> Protocol:
    """Read and validate a protocol.

    Raises:
        InvalidDocument: with every problem of the text, of its shape and of its content.
    """
    protocol, problems = examine(source, file)
    if protocol is None or problems:
        raise InvalidDocument(problems)
    return protocol


def load(path: str | Path) -> Protocol:
    """Read and validate a protocol file; errors as :func:`loads`, ``OSError`` when it cannot be opened."""
    return loads(Path(path).read_bytes(), str(path))


def dumps(protocol: Protocol) -> str:
    """Write a protocol as YAML; ``loads(dumps(p)) == p``."""
    return write_yaml(protocol.to_dict())


def dump(protocol: Protocol, path: str | Path) -> None:
    Path(path).write_text(dumps(protocol), encoding="utf-8")
