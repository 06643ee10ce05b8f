"""INSEE's wide workbook becomes a long table; what is not it is refused with the page to go to."""

import io
import os
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from essaim.opendata import insee_chomage_departement as chomage
from essaim.opendata.safety import UnsafeFile


def workbook(rows: list[list[object]]) -> bytes:
    """A workbook in the layout of INSEE's, as XLSX (the reader does not care which)."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet("Département")
        sheet.write(0, 0, "Estimations de taux de chômage localisé : comparaisons départementales")
        sheet.write(1, 0, "(en%)")
        sheet.write_row(3, 0, ["Code", "Libellé", "T4_2013", "T1_2014"])
        for number, row in enumerate(rows, 4):
            sheet.write_row(number, 0, row)
    return buffer.getvalue()


ROWS: list[list[object]] = [
    ["01", "AIN", 6.5, 6.4],
    [93.0, "SEINE-SAINT-DENIS", 12.9, 13],
    ["974", "LA REUNION", "", 25.7],
    [],
    ["Données CVS, en moyenne trimestrielle (en %)."],
]


def test_it_is_read_long_with_codes_as_text_and_notes_left_out() -> None:
    frame = chomage.read(workbook(ROWS))
    assert frame.rows() == [
        ("01", "AIN", "84", "2013T4", 6.5),
        ("01", "AIN", "84", "2014T1", 6.4),
        ("93", "SEINE-SAINT-DENIS", "11", "2013T4", 12.9),
        ("93", "SEINE-SAINT-DENIS", "11", "2014T1", 13.0),
        ("974", "LA REUNION", "04", "2014T1", 25.7),
    ]


def test_a_rate_that_is_not_a_number_is_named_with_its_row() -> None:
    with pytest.raises(UnsafeFile, match="01 en 2013T4") as caught:
        chomage.read(workbook([["01", "AIN", "n.d.", 6.4]]))
    assert caught.value.row == 5


def test_another_workbook_is_refused_with_the_page_of_the_right_one() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        book.add_worksheet("Feuille").write_row(0, 0, ["a", "b"])
    with pytest.raises(UnsafeFile) as caught:
        chomage.read(buffer.getvalue())
    assert chomage.PAGE in caught.value.mend


@pytest.mark.realdata
def test_the_official_file() -> None:
    path = Path(os.environ.get("ESSAIM_REALDATA", "../shared/data")) / "sl_etc_2025T3.xls"
    frame = chomage.read(str(path))
    assert frame.height == 16_988
    assert frame["unit"].n_unique() == 100
    assert frame.filter((pl.col("unit") == "01") & (pl.col("time") == "1982T1"))["outcome"].item() == 3.8
