"""Workbooks made by hand: ODS, crafted XLSX; nothing they hold brings the reader down."""

import io
import random
import zipfile

import pytest
import xlsxwriter

from essaim.opendata.safety import Limits
from essaim.opendata.tables import Column, Table, read_table
from essaim.opendata.whole_table import read_whole

COLUMNS = [Column("code", "code", width=5), Column("places", "integer")]
MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"
NAMESPACES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in (("office", "office"), ("table", "table"), ("text", "text"))
)


def text(value: str) -> str:
    return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'


def number(value: float, formula: str = "") -> str:
    attribute = f' table:formula="{formula}"' if formula else ""
    return f'<table:table-cell office:value-type="float" office:value="{value}"{attribute}/>'


def ods(*rows: str, mimetype: str = MIMETYPE, doctype: str = "") -> bytes:
    body = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?>{doctype}<office:document-content {NAMESPACES}><office:body>'
        f'<office:spreadsheet><table:table table:name="Feuille">{body}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    namespace = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    manifest = f'<?xml version="1.0"?><manifest:manifest xmlns:manifest="{namespace}"/>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", mimetype)
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)
    return buffer.getvalue()


HEADER = text("code") + text("places")


def xlsx() -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        page = book.add_worksheet("Feuille")
        page.write_row(0, 0, ["code", "places"])
        for row in range(1, 40):
            page.write_row(row, 0, [f"{row:05}", row])
    return buffer.getvalue()


def replace_member(book: bytes, name: str, change: tuple[bytes, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            content = old.read(member)
            if member == name:
                assert change[0] in content
                content = content.replace(*change, 1)
            new.writestr(member, content)
    return buffer.getvalue()


def test_an_ods_is_read() -> None:
    table = read_table(ods(HEADER, text("01001") + number(3), text("2A004") + number(4, "of:=2+2")), COLUMNS)
    assert (table.format, table.sheet) == ("ods", "Feuille")
    assert table.rows == [{"code": "01001", "places": 3}, {"code": "2A004", "places": 4}]


def test_an_ods_that_repeats_a_row_and_a_cell_a_billion_times_is_bounded() -> None:
    cell = number(1).replace("/>", ' table:number-columns-repeated="1000000000"/>')
    bomb = ods(HEADER, cell)
    with zipfile.ZipFile(io.BytesIO(bomb)) as archive:
        content = archive.read("content.xml")
    last = content.rindex(b"<table:table-row>")
    crafted = (
        content[:last] + b'<table:table-row table:number-rows-repeated="1000000000">' + content[last + 17 :]
    )
    table = read_table(
        replace_member(bomb, "content.xml", (content, crafted)),
        COLUMNS,
        limits=Limits(worker_memory=500_000_000),
    )
    assert not table.ok and len(table.rows) <= Limits().rows


def test_an_archive_that_says_it_is_another_document_is_refused() -> None:
    assert not read_table(ods(HEADER, mimetype="application/zip"), COLUMNS).ok


def test_entities_that_multiply_are_refused() -> None:
    doctype = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    table = read_table(ods(HEADER, text("&b;") + number(1), doctype=doctype), COLUMNS)
    assert all("aaaa" not in str(row["code"]) for row in table.rows)
    entity = b"<!DOCTYPE worksheet [<!ENTITY a 'a'>]><worksheet "
    crafted = replace_member(xlsx(), "xl/worksheets/sheet1.xml", (b"<worksheet ", entity))
    assert not read_table(crafted, COLUMNS).ok


def test_a_sheet_whose_relation_leads_nowhere_is_refused() -> None:
    crafted = replace_member(
        xlsx(), "xl/_rels/workbook.xml.rels", (b"worksheets/sheet1.xml", b"worksheets/absent.xml")
    )
    assert not read_table(crafted, COLUMNS).ok


def test_an_error_cell_is_told_with_its_place() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["code", "places"])
        page.write(1, 0, "01001")
        page.write_formula(1, 1, "=1/0", None, "#DIV/0!")
    problem = read_table(buffer.getvalue(), COLUMNS).problems[0]
    assert (problem.row, problem.column, problem.value) == (2, "places", "#DIV/0!")


def read_any(content: bytes) -> Table:
    table = read_table(content, COLUMNS)
    assert table.ok or all(problem.message and problem.mend for problem in table.problems)
    return table


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("kind", ["xlsx", "ods", "csv"])
def test_damaged_files_are_read_or_refused_never_raise(kind: str, seed: int) -> None:
    draw = random.Random(seed)
    whole = {
        "xlsx": xlsx(),
        "ods": ods(HEADER, text("01001") + number(3)),
        "csv": b"code;places\n" + b"01001;1\n" * 50,
    }
    damaged = bytearray(whole[kind])
    for _ in range(draw.randrange(1, 20)):
        damaged[draw.randrange(len(damaged))] = draw.randrange(256)
    if seed % 3 == 0:
        damaged = damaged[: draw.randrange(1, len(damaged))]
    read_any(bytes(damaged))


@pytest.mark.parametrize("seed", range(12))
def test_a_sheet_damaged_inside_a_sound_archive_never_raises(seed: int) -> None:
    draw = random.Random(seed)
    with zipfile.ZipFile(io.BytesIO(xlsx())) as archive:
        content = archive.read("xl/worksheets/sheet1.xml")
    damaged = bytearray(content)
    for _ in range(8):
        damaged[draw.randrange(len(damaged))] = draw.randrange(32, 127)
    read_any(replace_member(xlsx(), "xl/worksheets/sheet1.xml", (content, bytes(damaged))))


def test_a_whole_sheet_is_read_to_its_last_row() -> None:
    content = ods(*(text(f"c{row}") + number(row) for row in range(3_000)))
    whole = read_whole(content)
    assert whole.shape == (2_999, 2) and whole.row(-1) == ("c2999", "2999")
