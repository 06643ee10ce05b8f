"""File names and cells made harmless."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from essaim.opendata.safety import looks_like_formula, neutralise_formula, safe_filename


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3+cmd", "\t=1", "＝1+1"])
def test_what_a_spreadsheet_would_execute_is_made_text(text: str) -> None:
    assert neutralise_formula(text) == "'" + text


@pytest.mark.parametrize("text", ["-3,5", "+4", "-12 %", "Lyon", "", "a=b"])
def test_figures_and_words_stay(text: str) -> None:
    assert neutralise_formula(text) == text


@given(st.text())
def test_no_exported_text_starts_as_a_formula(text: str) -> None:
    safe = neutralise_formula(text)
    assert not looks_like_formula(safe)
    out = io.StringIO(newline="")
    csv.writer(out).writerow([safe])
    assert out.getvalue()


@given(st.text(max_size=300))
def test_a_file_name_is_always_usable(name: str) -> None:
    safe = safe_filename(name)
    assert 0 < len(safe) <= 100 and safe.isascii() and not safe.startswith(".")
    assert not set(safe) & set('/\\:*?"<>| \n\r\0')


@pytest.mark.parametrize(
    ("name", "safe"),
    [("../../etc/passwd", "passwd"), ("C:\\x\\Rapport Été.XLSX", "Rapport-Ete.xlsx"), ("", "fichier"),
     ("con.csv", "fichier-con.csv"), ("…", "fichier")],
)  # fmt: skip
def test_folders_accents_and_reserved_names_go(name: str, safe: str) -> None:
    assert safe_filename(name) == safe
