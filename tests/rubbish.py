"""Files that nobody should send, by name: each must be refused in words, with nothing written and memory bounded."""

import gzip
import io
import random
import zipfile
from collections.abc import Callable

MEGABYTE = 1_000_000


def _zip(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml").replace("_rels", ".rels"), data)
    return content.getvalue()


WORKBOOK = (
    b'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    b'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    b'<sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
RELATIONS = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
    b'Target="worksheets/sheet1.xml"/></Relationships>'
)


def _workbook(sheet: bytes) -> bytes:
    """An XLSX whose only sheet is this XML."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"<Types/>")
        archive.writestr("xl/workbook.xml", WORKBOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", RELATIONS)
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    return content.getvalue()


def _laughs() -> bytes:
    """A billion laughs as the sheet of a workbook."""
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return _workbook(
        f'<!DOCTYPE s [<!ENTITY l0 "ha">{levels}]><worksheet><sheetData><row r="1"><c r="A1" t="str">'
        "<v>&l9;</v></c></row></sheetData></worksheet>".encode()
    )


def _last_cell() -> bytes:
    cell = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    return _workbook(
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>code</t></is></c></row>'
        + cell
        + b"</sheetData></worksheet>"
    )


def _aliases() -> bytes:
    """YAML aliases of aliases: a few lines that unfold into a billion values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    return ("\n".join(lines) + "\ntitle: *a9\nunit: *a9\n").encode()


def _noise(size: int) -> bytes:
    return random.Random(1).randbytes(size)


RUBBISH: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "spaces": lambda: b" \n\t\n",
    "noise": lambda: _noise(200_000),
    "nul bytes": lambda: b"code;valeur\n\x00\x00\x00\n",
    "two encodings": lambda: "code;nom\n01001;Évry\n".encode() + "01002;Évron\n".encode("latin-1"),
    "utf-16": lambda: "code;valeur\n01001;1\n".encode("utf-16"),
    "html": lambda: b"<!doctype html><html><body>Erreur 404</body></html>",
    "pdf": lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + _noise(2_000),
    "deep json": lambda: b"[" * 200_000,
    "deep yaml": lambda: b"a: " + b"[" * 50_000,
    "yaml aliases": _aliases,
    "yaml tag": lambda: b"title: !!python/object/apply:os.system ['true']\n",
    "no such columns": lambda: b"alpha;beta\n1;2\n",
    "quote never closed": lambda: b'code;valeur\n01001;"' + b"x" * 2 * MEGABYTE,
    "one endless line": lambda: b"a" * 3 * MEGABYTE,
    "ten thousand columns": lambda: ";".join(f"c{n}" for n in range(10_000)).encode() + b"\n1\n",
    "zip bomb": lambda: _zip(data=b"\0" * 40 * MEGABYTE),
    "gzip bomb": lambda: gzip.compress(b"\0" * 40 * MEGABYTE),
    "workbook bomb": lambda: _workbook(b" " * 40 * MEGABYTE),
    "workbook of a billion laughs": _laughs,
    "workbook with the last cell of Excel": _last_cell,
    "workbook cut short": lambda: _last_cell()[:-200],
    "old workbook of noise": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + _noise(20_000),
    "parquet of noise": lambda: b"PAR1" + _noise(20_000) + b"PAR1",
}
