"""The reader of people's tables: what it accepts, and how it refuses rubbish (row, column, mend)."""

import io
import zipfile
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from essaim.opendata.safety import Limits
from essaim.opendata.tables import Column, ColumnFamily, Table, TableError, read_table

CODE = Column("code", kind="code", synonyms=("Code commune", "codgeo"), width=5)
PLACES = Column("places", kind="integer", synonyms=("Nombre de places",))
RATE = Column("taux", kind="number", blank=True)
DAY = Column("ouverture", kind="date", required=False)


def csv(text: str, encoding: str = "utf-8") -> bytes:
    return text.encode(encoding)


def workbook(rows: list[list[object]], sheet: str = "Feuille", **options: object) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, options)
    page = book.add_worksheet(sheet)
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            if isinstance(cell, date):
                page.write_datetime(i, j, cell, day)
            elif isinstance(cell, str) and cell.startswith("="):
                page.write_formula(i, j, cell, None, "")
            elif cell is not None:
                page.write(i, j, cell)
    book.close()
    return buffer.getvalue()


def only_problem(table: Table) -> str:
    assert table.problem_count == 1, [str(p) for p in table.problems]
    return str(table.problems[0])


# --- what is accepted ------------------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_the_separator_is_found_by_the_header(separator: str) -> None:
    table = read_table(csv(f"Code commune{separator}PLACES\n01001{separator}3\n"), [CODE, PLACES])
    assert (table.rows, table.separator) == ([{"code": "01001", "places": 3}], separator)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_the_encoding_is_found_on_the_whole_file(encoding: str) -> None:
    table = read_table(csv("code;nom\n01001;Été à L’Haÿ\n", encoding), [CODE, Column("nom")])
    assert table.ok and table.rows[0]["nom"] == "Été à L’Haÿ"
    assert table.encoding == encoding.removesuffix("-sig")


def test_title_rows_above_and_footnotes_below_the_data_are_set_apart() -> None:
    text = "Places par commune;;\n;;\nCode commune;Nombre de places;\n1001;2;\nSource : enquête du réseau;;\n"
    table = read_table(csv(text), [CODE, PLACES])
    assert table.ok and table.rows == [{"code": "01001", "places": 2}]
    assert table.header_row == 3
    assert table.titles == ["Places par commune"]
    assert table.notes == ["Source : enquête du réseau"]


def test_a_row_of_labels_above_the_row_of_codes_is_not_data() -> None:
    table = read_table(csv("Code commune;Nombre de places\ncode;places\n01001;2\n"), [CODE, PLACES])
    assert table.header_row == 2 and len(table.rows) == 1


def test_columns_are_found_in_any_order_and_the_others_are_named() -> None:
    table = read_table(csv("remarque;places;code\nx;4;01001\n"), [CODE, PLACES])
    assert table.rows == [{"code": "01001", "places": 4}] and table.unread == ["remarque"]


def test_rows_are_numbered_as_the_spreadsheet_shows_them() -> None:
    table = read_table(csv('code;nom\n01001;"deux\nlignes"\n\n01002;b\n'), [CODE, Column("nom")])
    assert [row.number for row in table.rows] == [2, 4]


def test_a_workbook_is_read_with_its_dates_numbers_and_texts() -> None:
    data = workbook(
        [["Titre"], ["code", "places", "ouverture"], [1001, 3.0, date(2024, 3, 1)], ["2A004", "1 200", 45352]]
    )
    table = read_table(data, [CODE, PLACES, DAY])
    assert table.rows == [
        {"code": "01001", "places": 3, "ouverture": date(2024, 3, 1)},
        {"code": "2A004", "places": 1200, "ouverture": date(2024, 3, 1)},
    ]
    assert (table.format, table.sheet, table.header_row) == ("xlsx", "Feuille", 2)


def test_a_table_that_does_not_start_in_the_first_cell_keeps_its_coordinates() -> None:
    data = workbook([[], [None, None, "code", "places"], [None, None, "01001", "beaucoup"]])
    problem = read_table(data, [CODE, PLACES]).problems[0]
    assert (problem.row, problem.column, problem.value) == (3, "places", "beaucoup")


def test_the_sheet_that_has_the_columns_is_chosen_and_hidden_sheets_are_not() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        book.add_worksheet("Lisez-moi").write(0, 0, "Bonjour")
        hidden = book.add_worksheet("Ancien")
        hidden.write_row(0, 0, ["code", "places"])
        hidden.hide()
        book.add_worksheet("Données").write_column(0, 0, ["code"])
        book.get_worksheet_by_name("Données").write_column(0, 1, ["places"])
    assert read_table(buffer.getvalue(), [CODE, PLACES]).sheet == "Données"


def test_a_family_of_columns_reads_a_wide_table() -> None:
    columns = [CODE, ColumnFamily(r"\d{4}-T[1-4]")]
    table = read_table(csv("code;2024-T1;2024-T2;note\n0051;7,5;n.d.;x\n"), columns)
    assert table.rows == [{"code": "00051", "2024-T1": 7.5, "2024-T2": None}]
    assert table.rows[0].missing == {"2024-T2": "non disponible"}


def test_a_secret_is_missing_with_its_reason_never_zero() -> None:
    table = read_table(csv("code;taux\n01001;s\n01002;\n"), [CODE, RATE])
    assert [row["taux"] for row in table.rows] == [None, None]
    assert [row.missing["taux"] for row in table.rows] == ["secret statistique", "vide"]


def test_totals_are_left_out_on_request_and_counted() -> None:
    table = read_table(csv("code;places\n01001;2\nTotal;2\n"), [CODE, PLACES], ignore={"code": {"total"}})
    assert len(table.rows) == 1 and table.ignored == 1


def test_a_path_and_a_file_object_give_the_same_table(tmp_path: Path) -> None:
    data = csv("code;places\n01001;2\n")
    (tmp_path / "nom-trompeur.xlsx").write_bytes(data)
    from_path = read_table(tmp_path / "nom-trompeur.xlsx", [CODE, PLACES])
    assert from_path.rows == read_table(io.BytesIO(data), [CODE, PLACES]).rows and from_path.format == "csv"


def test_choices_store_the_canonical_word() -> None:
    kind = Column("type", choices={"Ville": "city", "Département": "department"})
    table = read_table(csv("code;type\n01001;departement\n01002;région\n"), [CODE, kind])
    assert [row["type"] for row in table.rows] == ["department"]
    assert "n’est pas dans la liste" in only_problem(table)


# --- what is refused, where, and how to mend it -----------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("douze", "Ce n’est pas un nombre"),
        ("12 34", "Ce n’est pas un nombre"),
        ("2,5", "nombre entier"),
        ("", "vide"),
        ("=SOMME(A1:A9)", "formule"),
        ("@SUM(A1)", "formule"),
        ("+cmd|' /C calc'!A0", "formule"),
        ("#REF!", "erreur du tableur"),
        ("1e400", "pas fini"),
        ("99999999999999999999", "trop grand"),
    ],
)
def test_a_bad_number_is_told_with_row_and_column(cell: str, words: str) -> None:
    table = read_table(csv(f"code;places\n01001;1\n01002;{cell}\n"), [CODE, PLACES])
    problem = table.problems[0]
    assert (problem.row, problem.column) == (3, "places") and words in str(problem)
    assert [row["code"] for row in table.rows] == ["01001"]


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("31/02/2024", "n’existe pas"),
        ("12/31/2024", "n’existe pas"),
        ("01/02/24", "deux chiffres"),
        ("01/02/0202", "impossible"),
        ("bientôt", "pas une date"),
        ("3 brumaire 2024", "mois"),
    ],
)
def test_an_impossible_date_is_told(cell: str, words: str) -> None:
    table = read_table(csv(f"code;ouverture\n01001;{cell}\n"), [CODE, DAY])
    assert words in only_problem(table)


def test_a_missing_column_is_named_with_the_one_that_looks_like_it() -> None:
    message = only_problem(read_table(csv("code;place\n01001;1\n"), [CODE, PLACES]))
    assert "« places » manque" in message and "« place » lui ressemble" in message


def test_a_duplicate_header_is_refused() -> None:
    message = only_problem(read_table(csv("code;places;Nombre de places\n01001;1;2\n"), [CODE, PLACES]))
    assert "« places » et « Nombre de places »" in message


def test_a_duplicate_key_names_both_rows() -> None:
    table = read_table(csv("code;places\n01001;1\n1001;2\n"), [CODE, PLACES], key=["code"])
    assert only_problem(table).startswith("Ligne 3") and "répète la ligne 2" in str(table.problems[0])


@pytest.mark.parametrize("row", ["01001;2;trois;4", "01001"])
def test_a_ragged_row_is_refused(row: str) -> None:
    table = read_table(csv(f"code;places\n{row}\n01002;5\n"), [CODE, PLACES])
    assert "cellules pour 2 colonnes" in str(table.problems[0])
    assert [r["code"] for r in table.rows] == ["01002"]


def test_a_code_that_the_spreadsheet_abbreviated_is_refused() -> None:
    table = read_table(csv("siret;n\n1,30025E+13;1\n"), [Column("siret", kind="code"), Column("n")])
    assert "abrégé" in only_problem(table)


def test_mixed_encodings_are_refused_with_the_row() -> None:
    data = "code;nom\n01001;Été\n".encode() + "01002;Été\n".encode("cp1252")
    assert only_problem(read_table(data, [CODE, Column("nom")])).startswith("Ligne 3")


def test_a_quote_never_closed_is_refused_with_its_row() -> None:
    data = csv('code;nom\n01001;a\n01002;"b\n' + "01003;c\n" * 30_000)
    message = str(read_table(data, [CODE, Column("nom")]).problems[0])
    assert message.startswith("Ligne 3") and "guillemet" in message


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (b"%PDF-1.7 ...", "PDF"),
        (b"<html><table>", "page web"),
        (b'{"a": 1}', "JSON"),
        (b"\x1f\x8b\x08", "compressé"),
        ("code;nom".encode("utf-16"), "UTF-16"),
        (b"   \n ", "vide"),
        (b"code;nom\n01001;\x00\x01", "caractères de commande"),
        (b"PK\x03\x04 rest is rubbish", "abîmée"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "abîmé"),
    ],
)
def test_what_is_not_a_table_is_named(start: bytes, words: str) -> None:
    assert words in only_problem(read_table(start, [CODE]))


def test_a_hundred_megabytes_of_rubbish_are_refused_without_being_held() -> None:
    class Rubbish(io.RawIOBase):
        served = 0

        def read(self, size: int = -1) -> bytes:
            self.served += size
            return b"\xfe" * size if self.served < 100_000_000 else b""

    rubbish = Rubbish()
    assert "dépasse la taille permise" in only_problem(read_table(rubbish, [CODE]))
    assert rubbish.served < 30_000_000


def test_a_zip_bomb_is_refused_before_it_is_opened() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"\0" * 50_000_000)
    assert "archive piégée" in only_problem(read_table(buffer.getvalue(), [CODE]))


def test_an_archive_that_lies_about_its_size_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", bytes(range(256)) * 4000)
    lying = bytearray(buffer.getvalue())
    directory = lying.rindex(b"PK\x01\x02")
    lying[directory + 24 : directory + 28] = (10).to_bytes(4, "little")
    table = read_table(bytes(lying), [CODE])
    assert not table.ok and not table.rows


def test_an_archive_of_too_many_members_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for i in range(30):
            archive.writestr(f"{i}.txt", "x")
    assert "30 éléments" in only_problem(read_table(buffer.getvalue(), [CODE], limits=Limits(members=20)))


def test_a_sheet_that_claims_the_last_cell_of_excel_is_refused_not_allocated() -> None:
    data = workbook([["code", "places"], ["01001", 2]])
    giant = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(giant, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                last = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
                content = content.replace(b"</sheetData>", last)
            new.writestr(name, content)
    assert "mémoire" in only_problem(read_table(giant.getvalue(), [CODE, PLACES]))


def test_an_excel_formula_without_a_stored_value_is_refused_with_its_cell() -> None:
    table = read_table(workbook([["code", "places"], ["01001", "=1+1"]]), [CODE, PLACES])
    problem = table.problems[0]
    assert (problem.row, problem.column, problem.value) == (2, "places", "=1+1")


def test_an_excel_formula_with_a_stored_value_is_read_as_its_value() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["code", "places"])
        page.write(1, 0, "01001")
        page.write_formula(1, 1, "=1+1", None, 2)
    assert read_table(buffer.getvalue(), [CODE, PLACES]).rows == [{"code": "01001", "places": 2}]


def test_problems_are_capped_and_counted() -> None:
    data = csv("code;places\n" + "01001;x\n" * 500)
    table = read_table(data, [CODE, PLACES], limits=Limits(problems=20))
    assert len(table.problems) == 20 and table.problem_count == 500


def test_too_many_rows_stop_the_reading() -> None:
    table = read_table(csv("code;places\n" + "01001;1\n" * 50), [CODE, PLACES], limits=Limits(rows=10))
    assert len(table.rows) == 10 and "dépasse 10 lignes" in only_problem(table)


def test_an_unknown_sheet_is_told_with_the_ones_there() -> None:
    message = only_problem(read_table(workbook([["code"]]), [CODE], sheet="Autre"))
    assert "« Autre » n’existe pas" in message and "« Feuille »" in message


def test_require_raises_the_problems_in_french() -> None:
    with pytest.raises(TableError, match="Ligne 2, colonne « places »"):
        read_table(csv("code;places\n01001;x\n"), [CODE, PLACES]).require()
