"""A person's table as an indicator: codes, aggregation, levels; and the preview that comes before."""

import pytest

from essaim.opendata.indicator import Count, Published, Rate, Sum, WeightedMean, read_indicator
from essaim.opendata.levels import Memberships, reaches, translate
from essaim.opendata.preview import preview
from essaim.territory.codes import communes, members, population

FIRST, SECOND = members("epci", "200069193")[:2]  # two communes of the CC de la Dombes


def table(*rows: tuple[str, str], header: str = "code;valeur") -> bytes:
    return "\n".join([header, *(";".join(row) for row in rows)]).encode()


def value_of(frame, code: str) -> float | None:  # type: ignore[no-untyped-def]
    found = frame.filter(frame["code"] == code)
    return None if found.is_empty() else found["value"].item()


def whole(epci: str, value: str) -> list[tuple[str, str]]:
    return [(code, value) for code in members("epci", epci)]


def test_the_kind_of_codes_is_recognised_and_zeros_are_given_back() -> None:
    indicator = read_indicator(table((FIRST.lstrip("0"), "1"), (SECOND, "2")), "code", Sum("valeur"))
    assert indicator.level == "commune" and indicator.data["code"].to_list() == [FIRST, SECOND]


def test_a_bad_code_is_listed_with_its_row() -> None:
    indicator = read_indicator(table((FIRST, "1"), ("99999", "2"), (SECOND, "3")), "code", Sum("valeur"))
    problem = indicator.report.problems[0]
    assert (problem.row, problem.column, problem.value) == (3, "code", "99999") and problem.mend
    assert indicator.data.height == 2


def test_a_repeated_code_is_a_problem() -> None:
    indicator = read_indicator(table((FIRST, "1"), (FIRST, "1"), (SECOND, "1")), "code", Sum("valeur"))
    assert "ligne 2" in str(indicator.report.problems[0]) and indicator.data.height == 2


def test_former_communes_join_today_s() -> None:
    # 01003 (Amareins) and 01165 (Francheleins) are one commune today.
    indicator = read_indicator(table(("01003", "2"), ("01165", "3")), "code", Sum("valeur"))
    assert indicator.data.select("code", "amount").rows() == [("01165", 5.0)] and indicator.folded == 1


def test_a_level_that_the_codes_are_not_is_refused() -> None:
    indicator = read_indicator(table((FIRST, "1")), "code", Sum("valeur"), level="epci")
    assert "niveau attendu" in str(indicator.report.problems[0]) and indicator.data.is_empty()


def test_a_column_without_codes_is_refused() -> None:
    indicator = read_indicator(table(("Lyon", "1"), ("Paris", "2")), "code", Sum("valeur"))
    assert not indicator.report.ok


def test_a_count_adds_up() -> None:
    indicator = read_indicator(table(*whole("200069193", "2")), "code", Sum("valeur"))
    assert value_of(translate(indicator, "epci"), "200069193") == 2 * len(members("epci", "200069193"))


def test_a_count_short_of_a_part_is_unknown_not_smaller() -> None:
    rows = whole("200069193", "2")[1:]
    by_epci = translate(read_indicator(table(*rows), "code", Sum("valeur")), "epci")
    assert value_of(by_epci, "200069193") is None
    assert 0 < by_epci.filter(by_epci["code"] == "200069193")["coverage"].item() < 1


def test_a_missing_value_is_not_zero() -> None:
    rows = [(FIRST, "n.d."), *whole("200069193", "2")[1:]]
    assert (
        value_of(translate(read_indicator(table(*rows), "code", Sum("valeur")), "epci"), "200069193") is None
    )


def test_a_mean_is_weighted_by_the_population() -> None:
    codes = members("epci", "200069193")
    rows = [(code, str(index)) for index, code in enumerate(codes)]
    by_epci = translate(read_indicator(table(*rows), "code", WeightedMean("valeur")), "epci")
    people = [population("commune", code) or 0 for code in codes]
    expected = sum(index * weight for index, weight in enumerate(people)) / sum(people)
    assert value_of(by_epci, "200069193") == pytest.approx(expected)


def test_a_mean_takes_its_own_weight() -> None:
    rows = [(FIRST, "10;1"), (SECOND, "20;3")]
    mean = WeightedMean("valeur", "effectif")
    indicator = read_indicator(table(*rows, header="code;valeur;effectif"), "code", mean)
    by_epci = translate(indicator, "epci", min_coverage=0.0)
    assert value_of(by_epci, "200069193") == pytest.approx(17.5)


def test_a_rate_adds_numerators_and_denominators() -> None:
    rows = [(FIRST, "1;10"), (SECOND, "9;10"), (members("epci", "200069193")[2], "5;0")]
    rate = Rate("num", "den")
    indicator = read_indicator(table(*rows, header="code;num;den"), "code", rate)
    assert value_of(translate(indicator, "epci", min_coverage=0.0), "200069193") == pytest.approx(75.0)
    assert value_of(indicator.values(), rows[2][0]) is None  # a denominator of zero gives no rate


def test_zones_come_from_their_composition() -> None:
    indicator = read_indicator(table((FIRST, "1"), (SECOND, "2")), "code", Sum("valeur"))
    by_zone = translate(indicator, "ze", Memberships(zones={FIRST: "8405", SECOND: "8405"}))
    assert by_zone.select("code", "value").rows() == [("8405", 3.0)]
    with pytest.raises(ValueError, match="insee_ze"):
        translate(indicator, "ze")


def test_departements_add_up_to_regions() -> None:
    rows = [(code, "1") for code in ("2A", "2B")]
    by_region = translate(read_indicator(table(*rows), "code", Sum("valeur")), "region")
    assert value_of(by_region, "94") == 2


def test_what_a_larger_territory_says_is_carried_down_and_marked() -> None:
    indicator = read_indicator(table(("01", "7,1"), ("2A", "6,0")), "code", WeightedMean("valeur"))
    by_commune = translate(indicator, "commune")
    row = by_commune.filter(by_commune["code"] == "2A004").row(0, named=True)
    assert (row["value"], row["carried_from"]) == (pytest.approx(6.0), "departement")
    assert by_commune.filter(by_commune["code"] == "75056")["value"].item() is None


def test_a_count_is_not_carried_down() -> None:
    with pytest.raises(ValueError, match="compté plusieurs fois"):
        translate(read_indicator(table(("01", "7"), ("2A", "6")), "code", Sum("valeur")), "commune")


def test_divisions_that_cross_share_a_rate_by_their_people_and_say_so() -> None:
    indicator = read_indicator(
        table(("8405", "7"), ("8406", "9"), header="ze2020;valeur"), "ze2020", Published("valeur")
    )
    codes = members("epci", "200069193")
    known = Memberships(zones={code: "8405" if index else "8406" for index, code in enumerate(codes)})
    found = translate(indicator, "epci", known)
    row = found.filter(found["code"] == "200069193").row(0, named=True)
    people = [population("commune", code) or 0 for code in codes]
    assert row["value"] == pytest.approx((9 * people[0] + 7 * sum(people[1:])) / sum(people))
    assert row["carried_from"] == "ze"


def test_a_published_rate_without_its_weight_is_never_averaged_upward() -> None:
    indicator = read_indicator(table((FIRST, "7"), (SECOND, "9")), "code", Published("valeur"))
    with pytest.raises(ValueError, match="sans son poids"):
        translate(indicator, "epci")


def test_a_quartier_takes_what_is_known_of_its_communes() -> None:
    rate = read_indicator(
        table((FIRST, "1;10"), (SECOND, "9;10"), header="code;num;den"), "code", Rate("num", "den")
    )
    known = Memberships(quarters={"QN00101M": (FIRST,), "QN00102M": (FIRST, SECOND), "QN00103M": ("75056",)})
    rows = translate(rate, "qpv", known).select("code", "value", "carried_from").rows()
    assert rows == [
        ("QN00101M", 10.0, "commune"),
        ("QN00102M", 50.0, "commune"),
        ("QN00103M", None, "commune"),
    ]
    with pytest.raises(ValueError, match="anct_qpv"):
        translate(rate, "qpv")


@pytest.mark.parametrize(
    ("level", "unit", "aggregation", "reached"),
    [
        ("commune", "epci", Sum, True),
        ("commune", "epci", Published, False),
        ("commune", "ze", Rate, True),
        ("ze", "epci", Published, True),
        ("ze", "commune", Sum, False),
        ("departement", "region", Published, False),
        ("commune", "qpv", Sum, False),
        ("departement", "qpv", Published, True),
        ("qpv", "commune", Sum, False),
    ],
)
def test_where_an_indicator_may_be_read(level: str, unit: str, aggregation: type, reached: bool) -> None:
    known = Memberships(zones={FIRST: "8405"}, quarters={"QN00101M": (FIRST,)})
    assert reaches(level, unit, aggregation, known) is reached


def test_the_national_total_is_conserved() -> None:
    rows = [(code, "1") for code in communes()]
    by_region = translate(read_indicator(table(*rows), "code", Sum("valeur")), "region", min_coverage=0.0)
    assert by_region["value"].sum() == len(communes())


# --- preview -----------------------------------------------------------------------------------------------


def test_the_preview_finds_header_codes_and_figures() -> None:
    text = "Enquête 2024;;\n;;\nCommune;Nom;Places\n01001;A;1 200\n2A004;B;n.d.\n75056;C;s\n01002;D;4\n01004;E;5\n"
    found = preview(text.encode())
    assert found.headers == ("Commune", "Nom", "Places") and found.rows[0] == ("01001", "A", "1 200")
    assert [(c.header, c.kind) for c in found.codes] == [("Commune", "commune")]
    assert found.numbers == ("Places",)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"%PDF", b"\x00", b";;;\n;;\n"])
def test_the_preview_of_rubbish_is_a_problem(content: bytes) -> None:
    found = preview(content)
    assert found.problem is not None and found.problem.mend


# --- lists --------------------------------------------------------------------------------------------------


def test_a_list_counts_its_rows_and_says_zero_elsewhere() -> None:
    listed = read_indicator(table((FIRST, "a"), (FIRST, "b"), (SECOND, "c")), "code", Count())
    values = dict(listed.values().iter_rows())
    assert (values[FIRST], values[SECOND], values["75056"], len(values)) == (2.0, 1.0, 0.0, len(communes()))
    assert value_of(translate(listed, "epci"), "200069193") == 3.0
