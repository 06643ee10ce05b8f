"""From a file that somebody sent to rows of cells: format by content, encoding, separator, sheets.

:func:`open_source` yields an :class:`OpenedFile`; :func:`candidates` then offers each way to read it (each
sheet of a workbook, each separator of a text file), chosen by its header in :mod:`essaim.opendata.tables`.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from essaim.opendata.safety import Limits, UnsafeFile, check_archive, french_size
from essaim.opendata.values import Cell

HEAD_ROWS = 60
SEPARATORS = (";", ",", "\t", "|")
_CHUNK = 1 << 20
_CONTROL_BYTES = bytes({*range(9), *range(14, 32)} - {26})  # 26 ends files of old systems
_CONTROL = re.compile(b"[" + re.escape(_CONTROL_BYTES) + b"]")
_WORKER = Path(__file__).with_name("_workbook.py")
_PASSWORD = ("Le classeur est protégé par un mot de passe.", "Enlevez le mot de passe, puis renvoyez-le.")
_RESAVE = "Ouvrez-le dans votre tableur et enregistrez-le en XLSX ou en CSV (UTF-8)."


class Readable(Protocol):
    """What an upload looks like: a binary file."""

    def read(self, size: int = ..., /) -> bytes: ...


Source = str | PathLike[str] | bytes | Readable


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file on disk within its limits. ``format``: ``csv``, ``xlsx``, ``xls`` or ``ods``."""

    path: Path
    format: str
    limits: Limits
    encoding: str = ""


@dataclass(slots=True)
class Candidate:
    """One way to read the file: its first rows (to look for a header) and all its rows, numbered from 1.

    ``marks``: cells without value that hold a formula or an error, by (row, column) counted from 1.
    """

    head: list[list[Cell]]
    rows: Iterator[list[Cell]]
    sheet: str = ""
    separator: str = ""
    marks: Mapping[tuple[int, int], str] = field(default_factory=dict)


@contextmanager
def open_source(source: Source, limits: Limits) -> Iterator[OpenedFile]:
    """The source as a checked file: a path is read in place, bytes and uploads through a temporary copy.

    Raises :class:`UnsafeFile` for what cannot be a table or is too heavy; ``OSError`` for an unreadable path.
    """
    if isinstance(source, str | PathLike):
        path = Path(source)
        _check_size(path.stat().st_size, limits)
        yield _inspect(path, limits)
        return
    with tempfile.NamedTemporaryFile(prefix="essaim-") as copy:
        stream = io.BytesIO(source) if isinstance(source, bytes) else source
        size = 0
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            _check_size(size, limits)
            copy.write(chunk)
        copy.flush()
        yield _inspect(Path(copy.name), limits)


def _check_size(size: int, limits: Limits) -> None:
    if size > limits.bytes:
        raise UnsafeFile(
            f"Le fichier dépasse la taille permise ({french_size(limits.bytes)}).",
            "Gardez seulement les lignes et les colonnes utiles.",
        )


def _inspect(path: Path, limits: Limits) -> OpenedFile:
    with path.open("rb") as stream:
        start = stream.read(4096)
        if not start.strip():
            raise UnsafeFile("Le fichier est vide.", "Vérifiez que vous envoyez le bon fichier.")
        _refuse_known_strangers(start)
        if start.startswith(b"PK"):
            stream.seek(0)
            return OpenedFile(path, _zip_format(stream, limits), limits)
        if start.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
            return OpenedFile(path, _ole_format(start + stream.read()), limits)
        stream.seek(0)
        return OpenedFile(path, "csv", limits, detect_encoding(stream))


def _refuse_known_strangers(start: bytes) -> None:
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if text.startswith(b"%pdf"):
        raise UnsafeFile(
            "Le fichier est un PDF, pas un tableau.", "Envoyez le tableau d’origine (XLSX, ODS, CSV)."
        )
    if text.startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<meta")):
        raise UnsafeFile("Le fichier est une page web ou du XML, pas un tableau.", _RESAVE)
    if text.startswith((b"{", b"[{")):
        raise UnsafeFile("Le fichier est au format JSON, pas un tableau.", _RESAVE)
    if start.startswith((b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ")):
        raise UnsafeFile("Le fichier est compressé.", "Décompressez-le et envoyez le tableau qu’il contient.")
    if start.startswith(b"PAR1"):
        raise UnsafeFile("Le fichier est au format Parquet.", _RESAVE)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnsafeFile(
            "Le fichier est encodé en UTF-16 (« Texte Unicode »).", "Enregistrez-le en CSV UTF-8."
        )


def _zip_format(stream: BinaryIO, limits: Limits) -> str:
    names = check_archive(stream, limits)
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "mimetype" in names:
        with zipfile.ZipFile(stream) as archive:
            if archive.read("mimetype").strip() == b"application/vnd.oasis.opendocument.spreadsheet":
                return "ods"
    raise UnsafeFile(
        "Le fichier est une archive, pas un classeur XLSX ou ODS.",
        "Décompressez-la et envoyez le tableau qu’elle contient.",
    )


def _ole_format(content: bytes) -> str:
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise UnsafeFile(*_PASSWORD)
    return "xls"


def detect_encoding(stream: BinaryIO) -> str:
    """``utf-8-sig`` (BOM or not) or ``cp1252``, decided on every byte; refused otherwise, with the row."""
    row, accents = _first_bad_row(stream, "utf-8")
    if row is None:
        return "utf-8-sig"
    stream.seek(0)
    other, _ = _first_bad_row(stream, "cp1252")
    if other is None and not accents:
        return "cp1252"
    raise UnsafeFile(
        "Le texte du fichier mélange deux encodages, ou n’est pas du texte.",
        "Enregistrez-le depuis votre tableur en CSV UTF-8, ou en XLSX.",
        row if accents else other,
    )


def _first_bad_row(stream: BinaryIO, encoding: str) -> tuple[int | None, bool]:
    """Row of the first byte foreign to this encoding (None: all fit), and whether accents came before it."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    row, accents = 1, False
    while True:
        chunk = stream.read(_CHUNK)
        held = len(chunk.translate(None, _CONTROL_BYTES)) < len(chunk)  # ten times faster than searching
        if held and (control := _CONTROL.search(chunk)):
            raise UnsafeFile(
                "Le fichier n’est pas du texte : il contient des caractères de commande.",
                "Envoyez un classeur XLSX ou ODS, ou un CSV UTF-8.",
                row + chunk.count(b"\n", 0, control.start()),
            )
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            before = error.object[: error.start]
            return row + before.count(b"\n"), accents or not before.isascii()
        if not chunk:
            return None, accents
        accents = accents or not text.isascii()
        row += chunk.count(b"\n")


def candidates(opened: OpenedFile, sheet: str | None = None) -> Iterator[Candidate]:
    """Each way to read the file, lazily: separators of a text, visible sheets (or ``sheet``) of a book."""
    if opened.format == "csv":
        yield from (_csv_candidate(opened, separator) for separator in SEPARATORS)
    else:
        yield from _sheet_candidates(opened, sheet)


def _csv_candidate(opened: OpenedFile, separator: str) -> Candidate:
    head = list(itertools.islice(csv_rows(opened, separator), HEAD_ROWS))
    _check_width(head, opened.limits)
    return Candidate(head, csv_rows(opened, separator), separator=separator)


def _check_width(head: list[list[Cell]], limits: Limits) -> None:
    if max(map(len, head), default=0) > limits.columns:
        raise UnsafeFile(
            f"Le tableau a plus de {limits.columns} colonnes.", "Gardez seulement les colonnes utiles."
        )


def csv_rows(opened: OpenedFile, separator: str) -> Iterator[list[Cell]]:
    """The records of a text file. Raises :class:`UnsafeFile` at a quote that is never closed."""
    csv.field_size_limit(opened.limits.cell_characters * 4)
    row = 0
    with opened.path.open(encoding=opened.encoding, newline="") as stream:
        try:
            for row, cells in enumerate(csv.reader(stream, delimiter=separator), 1):  # noqa: B007
                yield cast("list[Cell]", cells)
        except csv.Error as error:
            raise UnsafeFile(
                "Une cellule est démesurée : un guillemet est ouvert et jamais fermé.",
                "Fermez ou retirez le guillemet de cette ligne.",
                row + 1,
            ) from error


class _Worker:
    """The process that reads a workbook; see :mod:`essaim.opendata._workbook`."""

    def __init__(self, opened: OpenedFile) -> None:
        limits = opened.limits
        command = [sys.executable, "-I", str(_WORKER), str(opened.path.absolute()),
                   str(limits.worker_memory), str(limits.worker_seconds), opened.format]  # fmt: skip
        self._process = subprocess.Popen(  # noqa: S603 - our own script, our own arguments
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )

    def receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        message: dict[str, Any] = json.loads(line) if line.endswith("\n") else {"error": "memory"}
        if message.get("error") == "memory":
            raise UnsafeFile(
                "Le classeur demande trop de mémoire ou de temps pour être lu.",
                "Supprimez les lignes et colonnes vides mises en forme, ou enregistrez en CSV (UTF-8).",
            )
        if message.get("error") == "PasswordError":
            raise UnsafeFile(*_PASSWORD)
        if "error" in message:
            raise UnsafeFile("Le classeur est abîmé : il ne s’ouvre pas.", _RESAVE)
        return message

    def ask(self, **request: object) -> dict[str, Any]:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # the process fell; receive() says why
        return self.receive()

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def _sheet_candidates(opened: OpenedFile, wanted: str | None) -> Iterator[Candidate]:
    worker = _Worker(opened)
    try:
        sheets: list[tuple[str, bool]] = worker.receive()["sheets"]
        names = [name for name, visible in sheets if (name == wanted if wanted is not None else visible)]
        if not names:
            known = ", ".join(f"« {name} »" for name, _ in sheets)
            message = f"La feuille « {wanted} » n’existe pas." if wanted else "Aucune feuille n’est visible."
            raise UnsafeFile(message, f"Feuilles présentes : {known}.")
        for name in names:
            answer = worker.ask(sheet=name)
            rows = _sheet_rows(worker, answer["first_column"])
            head = list(itertools.islice(rows, HEAD_ROWS))
            _check_width(head, opened.limits)
            marks = {(row, column): text for row, column, text in answer["marks"]}
            yield Candidate(head, itertools.chain(head, rows), sheet=name, marks=marks)
    finally:
        worker.close()


def _sheet_rows(worker: _Worker, first_column: int) -> Iterator[list[Cell]]:
    """Rows from the top left cell of the sheet; the worker leaves out the empty columns on the left."""
    margin: list[Cell] = [None] * first_column
    size = HEAD_ROWS
    while block := worker.ask(rows=size)["rows"]:
        for row in block:
            yield margin + [_cell(cell) for cell in row]
        size = 2_000


def _cell(cell: Any) -> Cell:
    if isinstance(cell, dict):
        text: str = cell["d"]
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    return cast(Cell, cell)
