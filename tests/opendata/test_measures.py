"""What each source gives to studies: the right rows, the right components, zero only where a list is exhaustive."""

from datetime import date

import polars as pl
import pytest

from essaim.opendata.dataset import Dataset, Level
from essaim.opendata.levels import translate
from essaim.opendata.measures import Given, given, memberships, quarters, zones
from essaim.opendata.schema import Table
from essaim.territory.codes import communes, population


def measured(source: str, level: Level, vintage: str, rows: dict[str, list[object]]) -> dict[str, Given]:
    data = Dataset(source, level, vintage, {source: pl.DataFrame(rows)}, Table())
    return {measure.key: measure for measure in given(data)}


def value(measure: Given, code: str) -> float | None:
    values = measure.indicator.values()
    found: float | None = values.filter(pl.col("code") == code)["value"].item()
    return found


def test_job_seekers_take_the_last_period_and_the_totals() -> None:
    rows = {
        "code": ["01001", "01001", "01001", "01002"],
        "period": ["2023-T4", "2024-T4", "2024-T4", "2024-T4"],
        "category": ["ABC"] * 4,
        "sex": ["Total", "Total", "Femmes", "Total"],
        "age": ["Total"] * 4,
        "value": [90, 40, 20, None],
    }
    found = measured("dares_defm", "commune", "2023-T4 à 2024-T4", rows)
    assert value(found["inscrits_abc_2024_t4"], "01001") == 40
    assert value(found["inscrits_abc_2024_t4"], "01002") is None
    people = population("commune", "01001") or 0
    assert value(found["inscrits_abc_pour_mille_2024_t4"], "01001") == pytest.approx(1000 * 40 / people)


def test_former_communes_join_those_of_today() -> None:
    rows = {"code": ["01033", "01091"], "period": ["2024-12"] * 2, "rsa_households": [10.0, 5.0]}
    found = measured("cnaf", "commune", "2024-12", rows)["foyers_rsa_2024_12"]
    assert found.indicator.data["code"].to_list() == ["01033"] and value(found, "01033") == 15.0


def test_a_poverty_rate_keeps_the_population_as_its_weight() -> None:
    rows = {"code": ["01001", "01002"], "poverty_rate_60": [10.0, None], "median_income": [20_000.0, None]}
    found = measured("insee_filosofi", "commune", "Filosofi 2019", rows)
    assert value(found["pauvrete_60_2019"], "01001") == pytest.approx(10.0)
    assert not found["niveau_de_vie_median_2019"].high
    with pytest.raises(ValueError, match="sans son poids"):
        translate(found["niveau_de_vie_median_2019"].indicator, "epci")


@pytest.mark.parametrize(
    ("source", "columns", "key"),
    [
        ("data_inclusion_structures", {}, "structures_insertion_2026_01_05"),
        ("data_inclusion_services", {}, "services_insertion_2026_01_05"),
        ("finess", {"category_name": ["CSAPA", "Centre (CAARUD)", "Pharmacie"]}, "finess_csapa_caarud_2026_01_05"),
    ],
)  # fmt: skip
def test_an_exhaustive_list_says_zero_elsewhere(
    source: str, columns: dict[str, list[object]], key: str
) -> None:
    rows: dict[str, list[object]] = {"code": ["01001", "01001", None], **columns}
    found = measured(source, "point", "2026-01-05", rows)[key]
    assert (value(found, "01001"), value(found, "01002")) == (2.0, 0.0)
    assert found.indicator.data.height == len(communes())


def test_a_planned_signature_is_not_a_signature() -> None:
    rows = {
        "code": ["01001", "01002", "01004"],
        "programme_id": ["a", "b", "c"],
        "signed": [date(2021, 1, 1), date(2030, 1, 1), None],
        "planned": [False, True, None],
    }
    found = measured("anct_programmes", "commune", "PVD COG 2025", rows)["programme_pvd_cog_2025"]
    assert [value(found, code) for code in ("01001", "01002", "01004")] == [1.0, 0.0, 0.0]


def test_employers_are_counted_over_their_activities() -> None:
    rows = {
        "code": ["01001", "01001"],
        "naf": ["88.99B", "78.20Z"],
        "establishments": [3, 1],
        "employers": [2, 1],
    }
    found = measured("sirene", "commune", "2026-01", rows)["etablissements_employeurs_2026_01"]
    assert value(found, "01001") == pytest.approx(1000 * 3 / (population("commune", "01001") or 0))


def test_references_give_no_indicator_but_memberships() -> None:
    rows = {"code": ["01001", "01033", "01091"], "ze": ["8405", "8405", "8405"]}
    assert measured("insee_ze", "commune", "ZE2020, COG 2023", rows) == {}
    assert zones(pl.DataFrame(rows)) == {"01001": "8405", "01033": "8405"}
    listed = pl.DataFrame({"code": ["QN00101M"], "communes": [["01091", "01033", "99999"]]})
    assert quarters(listed) == {"QN00101M": ("01033",)}
    assert memberships(None, None).zones == {}
