"""What people paste becomes codes: zeros lost by a spreadsheet, Corsica, overseas, old communes, rubbish."""

import pytest

from essaim.territory.codes import UnknownCode
from essaim.territory.lookup import normalise, plain, recognise, search


@pytest.mark.parametrize(
    ("value", "kind", "code"),
    [
        (1001, "commune", "01001"),
        ("1001.0", "commune", "01001"),
        (" 2a004 ", "commune", "2A004"),
        ("97411", "commune", "97411"),
        ("75112", "commune", "75056"),
        (1.0, "departement", "01"),
        ("2b", "departement", "2B"),
        (974, "departement", "974"),
        (4, "region", "04"),
        ("200 069 193", "epci", "200069193"),
        ("51", "ze", "0051"),
        ("qn09301m", "qpv", "QN09301M"),
    ],
)
def test_a_raw_value_becomes_a_code(value: object, kind: str, code: str) -> None:
    assert normalise(value, kind) == code  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("", "commune"),
        (None, "epci"),
        ("n.d.", "commune"),
        ("20", "departement"),
        ("ABCD", "ze"),
        ("QX1", "qpv"),
    ],
)
def test_a_value_that_is_no_code_is_refused(value: object, kind: str) -> None:
    with pytest.raises(UnknownCode):
        normalise(value, kind)  # type: ignore[arg-type]


def test_a_column_of_communes_is_recognised_with_its_bad_rows() -> None:
    found = recognise([1001, "2A004", "75112", "99999", None])
    assert found.kind == "commune"
    assert found.codes == ("01001", "2A004", "75056", None, None)
    assert [b.row for b in found.bad] == [3, 4]
    assert found.folded == 1


def test_the_header_decides_between_regions_and_departments() -> None:
    assert recognise(["11", "24", "27"], "code_reg").kind == "region"
    assert recognise(["11", "24", "27"], "dep").kind == "departement"
    assert recognise(["11", "24", "27"]).kind == "departement"


def test_all_regions_at_once_are_regions() -> None:
    assert recognise([11, 24, 27, 28, 32, 44, 52, 53, 75, 76, 84, 93, 94]).kind == "region"


def test_four_digits_are_an_employment_zone_when_the_header_says_so() -> None:
    assert recognise(["1101", "8401", "0051"], "ZE2020").kind == "ze"
    assert recognise(["1001", "1002", "1004"], "CODGEO").kind == "commune"


def test_other_kinds_are_recognised_by_their_shape() -> None:
    assert recognise(["QN09301M", "QN01301A"]).kind == "qpv"
    assert recognise(["200069193", "240100883"]).kind == "epci"


@pytest.mark.parametrize("column", [[], ["", None], ["bonjour", "au revoir"]])
def test_a_column_without_codes_is_said_to_have_none(column: list[object]) -> None:
    found = recognise(column)
    assert found.share == 0.0
    assert all(code is None for code in found.codes)


def test_names_are_compared_without_accents_or_punctuation() -> None:
    assert plain("Œuilly-sur-l’Étang") == "oeuilly sur l etang"


def test_search_ignores_accents_and_puts_the_largest_first() -> None:
    assert search("saint etienne", "commune")[0].code == "42218"
    assert search("st-étienne", "commune")[0].code == "42218"


def test_search_finds_codes_and_old_codes() -> None:
    assert [t.code for t in search("2a004")] == ["2A004"]
    assert [t.code for t in search("75112")] == ["75056"]


def test_search_keeps_to_a_level_and_to_its_limit() -> None:
    assert {t.level for t in search("saint", "epci")} == {"epci"}
    assert len(search("saint", limit=7)) == 7
    assert search(" !! ") == []
