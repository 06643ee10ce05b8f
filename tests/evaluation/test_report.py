"""The conclusion comes before the figures, in every format; the numbers are those of the result."""

import builtins
import csv
import io
from typing import Any

import pytest
from docx import Document

from essaim.evaluation import (
    EvaluationError,
    Panel,
    build_report,
    estimate,
    numbers_csv,
    report_body,
    report_docx,
    report_html,
    report_pdf,
)
from essaim.evaluation.simulate import Scenario, simulate

RESULT = estimate(Panel.from_frame(simulate(Scenario(effect=0.0, noise=2.5))))
BY_REGION = estimate(Panel.from_frame(simulate(Scenario(effect=1.0)), by="region"))
REPORT = build_report(RESULT, "Essai <b>", replay="essaim evaluate panel.csv")


def test_the_conclusion_comes_before_the_figures() -> None:
    text = report_html(REPORT)
    assert (
        0
        < text.index("Conclusion : on ne sait pas")
        < text.index("Ce que l’on peut dire")
        < text.index("<table")
    )


def test_a_title_is_escaped() -> None:
    assert "<b>" not in report_html(REPORT)


def test_the_body_suits_a_strict_page() -> None:
    body = report_body(REPORT).lower()
    assert "<script" not in body
    assert "style" not in body.replace("cell style", "")


def test_every_table_scrolls_in_a_named_box_of_its_own() -> None:
    body = report_body(REPORT)
    assert (
        body.count('<div class="scroll" role="region" tabindex="0" aria-label="') == body.count("<table>") > 0
    )
    assert '<th scope="col"></th>' not in body


def test_every_chart_keeps_its_size_in_a_named_box_that_scrolls() -> None:
    page = report_html(REPORT)
    assert page.count('<figure class="scroll" role="region" tabindex="0"') == page.count("<svg") > 0
    assert "svg { min-width: 36rem; }" in page


def test_the_pdf_numbers_its_pages_and_keeps_titles_with_what_they_name() -> None:
    page = report_html(REPORT)
    assert "counter(page)" in page
    assert page.count("break-after: avoid") >= 2


def test_simulated_data_are_labelled_in_every_format() -> None:
    assert "Données simulées" in report_html(REPORT)
    assert any("Données simulées" in p.text for p in Document(io.BytesIO(report_docx(REPORT))).paragraphs)


def test_word_holds_every_section_and_table() -> None:
    document = Document(io.BytesIO(report_docx(REPORT)))
    headings = {p.text for p in document.paragraphs if p.style is not None and p.style.name == "Heading 1"}
    assert {"Ce que l’on peut dire", "Les chiffres", "Méthode", "Retrouver ces chiffres"} <= headings
    assert len(document.tables) == len(RESULT.aggregations) + 1


def test_the_pdf_is_one() -> None:
    assert report_pdf(REPORT).startswith(b"%PDF")


def test_without_pango_the_pdf_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def broken(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", broken)
    with pytest.raises(EvaluationError, match="apt install libpango"):
        report_pdf(REPORT)


def test_the_csv_holds_every_number_in_full() -> None:
    rows = list(csv.DictReader(io.StringIO(numbers_csv(RESULT))))
    simple = next(row for row in rows if row["kind"] == "simple")
    assert float(simple["estimate"]) == RESULT.aggregations["simple"].overall.estimate
    assert sum(row["kind"] == "att_gt" for row in rows) == len(RESULT.cells)
    tested = next(row for row in rows if row["kind"] == "pretest")
    assert float(tested["p_value"]) == RESULT.pretest.p_value
    assert int(tested["df"]) == RESULT.pretest.df
    assert any(row["key"] == "panel_sha256" and row["text"] for row in rows)


def test_the_csv_holds_the_differences_between_values_of_an_attribute() -> None:
    rows = list(csv.DictReader(io.StringIO(numbers_csv(BY_REGION))))
    found = [row for row in rows if row["kind"] == "difference"]
    [*expected] = BY_REGION.aggregations["by"].differences
    assert [(row["key"], row["reference"]) for row in found] == [(a, b) for a, b, _ in expected]


def test_the_differences_between_values_of_an_attribute_are_in_its_table() -> None:
    page = report_html(build_report(BY_REGION))
    for one, other, _effect in BY_REGION.aggregations["by"].differences:
        assert f'<th scope="row">{one} − {other}</th>' in page


def test_a_null_result_asks_for_a_lesson_like_any_other() -> None:
    assert "nul ou négatif se capitalise" in report_body(REPORT)
