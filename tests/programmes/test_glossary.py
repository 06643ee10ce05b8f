"""The glossary says each term once, with a definition and a source."""

from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "glossary.md"


def rows() -> list[list[str]]:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if not row[0].startswith("French")]


def test_each_line_has_a_term_a_code_name_a_definition_and_a_source() -> None:
    assert [row for row in rows() if len(row) != 4 or not all(row)] == []


def test_each_term_is_defined_once() -> None:
    terms = [row[0] for row in rows()]
    assert sorted(terms) == sorted(set(terms))


def test_terms_of_the_field_are_there() -> None:
    text = " ".join(row[0] for row in rows())
    for term in ("essaimage", "tête de réseau", "structure receveuse", "greffe", "COPIL", "invariant", "latitude",
                 "FRAME", "vague", "habilitation", "SIAE", "ACI", "CAARUD", "CSAPA", "QPV", "AMI", "AAP",
                 "ATT(g,t)", "SMAA"):  # fmt: skip
        assert term in text, term
