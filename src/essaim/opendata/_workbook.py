"""Read one workbook (XLSX, XLS, ODS) in a process of its own, whose memory and time are bounded.

A crafted workbook can claim a cell in the last row and column and make any reader reserve hundreds of
gigabytes, or make a native parser abort; here only this process falls. Run as a script by
:mod:`essaim.opendata.raw`: arguments ``path memory seconds format``; one JSON request a line on the standard
input (``{"sheet": name}`` then ``{"rows": n}``), one JSON answer a line on the standard output.
Dates travel as ``{"d": iso}``; empty cells as null.
"""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.parsers import expat

MAX_MARKS = 1_000


class SheetMarks:
    """Cells of one XLSX sheet that hold an error, or a formula without a stored value."""

    def __init__(self) -> None:
        self.marks: list[tuple[int, int, str]] = []
        self._row = self._column = 0
        self._kind = self._text = self._formula = ""
        self._in_value = self._in_formula = self._has_formula = False

    def parse(self, stream: Any) -> list[tuple[int, int, str]]:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.ParseFile(stream)
        return self.marks

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._column = 0
        elif tag == "c":
            letters = attributes.get("r", "").rstrip("0123456789")
            self._column = column_number(letters) if letters else self._column + 1
            self._kind, self._text, self._formula = attributes.get("t", "n"), "", ""
            self._has_formula = False
        elif tag == "f":
            self._in_formula = self._has_formula = True
        elif tag == "v":
            self._in_value = True

    def _characters(self, data: str) -> None:
        if self._in_value:
            self._text += data
        elif self._in_formula and len(self._formula) < 200:
            self._formula += data

    def _end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "v":
            self._in_value = False
        elif tag == "f":
            self._in_formula = False
        elif tag == "c" and len(self.marks) < MAX_MARKS:
            if self._kind == "e":
                self.marks.append((self._row, self._column, self._text or "#ERREUR"))
            elif self._has_formula and not self._text and self._kind != "str":
                self.marks.append((self._row, self._column, "=" + self._formula))


def _refuse_doctype(*_: object) -> None:
    raise ValueError("doctype")


def column_number(letters: str) -> int:
    """``A`` is 1, ``AA`` is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def sheet_member(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """The archive member that holds a sheet of an XLSX file, or None."""
    identifiers: dict[str, str] = {}
    targets: dict[str, str] = {}

    def workbook(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(" ")[2] == "sheet":
            ids = [value for key, value in attributes.items() if key.rpartition(" ")[2] == "id"]
            identifiers[attributes.get("name", "")] = ids[0] if ids else ""

    def relations(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(" ")[2] == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    for member, handler in (("xl/workbook.xml", workbook), ("xl/_rels/workbook.xml.rels", relations)):
        if member not in archive.namelist():
            return None
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = handler
        parser.StartDoctypeDeclHandler = _refuse_doctype
        with archive.open(member) as stream:
            parser.ParseFile(stream)
    target = targets.get(identifiers.get(sheet, ""), "")
    path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return path if path in archive.namelist() else None


def xlsx_marks(path: str, sheet: str) -> list[tuple[int, int, str]]:
    with zipfile.ZipFile(path) as archive:
        member = sheet_member(archive, sheet)
        if member is None:
            return []
        with archive.open(member) as stream:
            return SheetMarks().parse(stream)


def plain(cell: Any) -> Any:
    """A cell as JSON can carry it."""
    if cell == "":
        return None
    if isinstance(cell, datetime | date):
        return {"d": cell.isoformat()}
    if isinstance(cell, time | timedelta):
        return str(cell)
    if isinstance(cell, int) and not isinstance(cell, bool):
        return float(cell)
    return cell


def limit(memory: int, seconds: int) -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def answer(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def serve(path: str, file_format: str) -> None:
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    with open(path, "rb") as stream:  # noqa: PTH123 - from an object, the format is found by content, not by name
        book = CalamineWorkbook.from_object(stream)
    sheets = [m for m in book.sheets_metadata if m.typ == SheetTypeEnum.WorkSheet]
    answer({"sheets": [[m.name, m.visible == SheetVisibleEnum.Visible] for m in sheets]})
    rows: Iterator[list[Any]] = iter(())
    for line in sys.stdin:
        request = json.loads(line)
        if "sheet" in request:
            sheet = book.get_sheet_by_name(request["sheet"])
            rows = sheet.iter_rows()
            marks = xlsx_marks(path, request["sheet"]) if file_format == "xlsx" else []
            answer({"first_column": (sheet.start or (0, 0))[1], "marks": marks})
        else:
            block = [
                [plain(cell) for cell in row] for _, row in zip(range(request["rows"]), rows, strict=False)
            ]
            answer({"rows": block})


def main() -> None:
    path, memory, seconds, file_format = sys.argv[1:]
    limit(int(memory), int(seconds))
    try:
        serve(path, file_format)
    except MemoryError:
        answer({"error": "memory"})
    except BaseException as error:  # a panic of the native parser is not an Exception
        answer({"error": type(error).__name__})


if __name__ == "__main__":
    main()
