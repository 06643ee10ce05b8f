"""For whom, and at what cost: groups of persons protected and compared, a cost kept with its uncertainty."""

import io

import polars as pl
import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from essaim.evaluation.simulate import Scenario, simulate
from essaim.platform.evaluations import exports, panels, services
from essaim.platform.programmes import services as programmes

WHOLE = simulate(Scenario(units=60, waves=(8, 8, 10), effect=1.0)).with_columns(persons=pl.lit(50))
GIVEN = {
    "cost": "1000", "low": "900", "high": "1100", "direction": "rise", "units": "1", "unit_name": "point",
    "worths": "1000 ; 2000", "source": "Comptes simulés",
}  # fmt: skip


def _grouped(first: int = 50) -> pl.DataFrame:
    """Rows of all, of women and of men; the first cell of women describes ``first`` persons."""
    cell = (pl.col("unit") == WHOLE["unit"][0]) & (pl.col("time") == WHOLE["time"][0])
    few = pl.when(cell).then(first).otherwise(25)
    return pl.concat(
        [
            WHOLE.with_columns(group=pl.lit("ensemble")),
            WHOLE.with_columns(
                group=pl.lit("femmes"), persons=few.cast(pl.Int32), outcome=pl.col("outcome") + 0.1
            ),
            WHOLE.with_columns(group=pl.lit("hommes"), persons=pl.lit(25)),
        ],
    )


def _draft(frame: pl.DataFrame) -> panels.Draft:
    return panels.from_one_file(("p.csv", frame.write_csv().encode()))


@pytest.fixture
def estimated(make, client):
    """A finished estimate on a panel with groups, and its evaluator logged in."""
    organisation = make.organisation(kind="evaluator")
    programme = make.programme()
    programmes.add_role(programme, organisation, "evaluator")
    person = make.member(organisation)
    client.force_login(person)
    plan = services.freeze_plan(make.plan(programme))
    panel = services.add_panel(plan, _draft(_grouped()), title="P", source="Simulation", by=person)
    return services.run_estimate(panel, by=person)


def _url(name: str, estimated) -> str:
    return reverse(f"evaluations:{name}", args=[estimated.plan.programme.slug, estimated.pk])


def test_the_main_effect_is_read_on_the_rows_of_all(make, writer, estimated) -> None:
    alone = services.add_panel(make.plan(), _draft(WHOLE), title="P", source="S", by=writer)
    expected = services.run_estimate(alone, by=writer).result["aggregations"]["simple"]
    assert estimated.result["aggregations"]["simple"] == expected


def test_groups_are_compared_in_the_report_and_in_its_numbers(estimated, client) -> None:
    [found] = estimated.report["equity"]
    assert [row["group"] for row in found["groups"]] == ["femmes", "hommes"]
    page = client.get(_url("report", estimated)).content.decode()
    assert "Effet par groupe de personnes" in page and "femmes − hommes" in page
    numbers = pl.read_csv(io.StringIO(exports.every_number(estimated)), infer_schema_length=None)
    compared = numbers.filter(pl.col("kind") == "equity_persons")
    assert compared["p_value"].to_list() == [row["p_value"] for row in (*found["groups"], *found["gaps"])]


def test_a_group_of_few_persons_hides_all_groups_of_its_cell_but_not_the_whole() -> None:
    """Else the value of the hidden group could be found again from the others and the whole."""
    kept = pl.read_csv(_draft(_grouped(first=4)).csv)
    hidden = kept.filter(pl.col("outcome").is_null())
    assert sorted(hidden["group"]) == ["femmes", "hommes"]


def test_groups_without_the_whole_are_refused_with_what_to_add() -> None:
    with pytest.raises(panels.BadPanel, match="aucune ligne «\xa0ensemble\xa0»"):
        _draft(_grouped().filter(pl.col("group") != "ensemble"))


def test_types_of_territory_are_compared(make, writer) -> None:
    kind = (
        pl.when(pl.col("unit").str.tail(1).cast(pl.Int64) < 5)
        .then(pl.lit("rural"))
        .otherwise(pl.lit("urbain"))
    )
    panel = services.add_panel(
        make.plan(), _draft(WHOLE.with_columns(type=kind)), title="P", source="S", by=writer
    )
    [found] = services.run_estimate(panel, by=writer).report["equity"]
    assert (found["kind"], len(found["gaps"])) == ("sites", 1)


def test_the_cost_of_a_unit_of_effect_is_kept_and_shown_with_its_interval(estimated, client) -> None:
    client.post(_url("cost", estimated), GIVEN)
    estimated.refresh_from_db()
    assert estimated.costs["ratio"]["shape"] == "interval"
    page = client.get(_url("report", estimated)).content.decode()
    assert "Une unité d’effet favorable coûte" in page and "Comptes simulés" in page and "chance (%)" in page
    numbers = pl.read_csv(io.StringIO(exports.every_number(estimated)), infer_schema_length=None)
    value = dict(numbers.filter(pl.col("kind") == "cost_chance").select("key", "value").iter_rows())
    assert value == {str(row["worth"]): row["chance"] for row in estimated.costs["curve"]}
    ratio = numbers.filter(pl.col("kind") == "cost_ratio").row(0, named=True)
    assert (ratio["estimate"], ratio["conf_low"], ratio["text"]) == tuple(
        estimated.costs["ratio"][name] for name in ("estimate", "low", "shape")
    )


@pytest.mark.parametrize(("name", "typed"), [("worths", "nan"), ("worths", "inf"), ("units", "1e308")])
def test_a_number_without_measure_is_refused_beside_its_field(
    estimated, client, name: str, typed: str
) -> None:
    page = client.post(_url("cost", estimated), {**GIVEN, name: typed})
    assert list(page.context["form"].errors) == [name]


def test_a_worth_given_twice_is_told_once(estimated, client) -> None:
    client.post(_url("cost", estimated), {**GIVEN, "worths": "500 ; 900 ; 500"})
    estimated.refresh_from_db()
    assert [point["worth"] for point in estimated.costs["curve"]] == [500, 900]


def test_a_cost_out_of_order_is_refused(estimated, client) -> None:
    page = client.post(_url("cost", estimated), {**GIVEN, "low": "2000"})
    assert "dans l’ordre" in page.content.decode()
    with pytest.raises(ValidationError, match="valeurs positives"):
        services.record_cost(
            estimated, {**GIVEN, "cost": 1.0, "low": 1.0, "high": 1.0, "units": 1.0, "worths": []}
        )


def test_the_report_reads_in_english_to_the_end_of_its_findings(estimated, client) -> None:
    client.cookies["django_language"] = "en"
    page = client.get(_url("report", estimated)).content.decode()
    assert "An effect can be seen: after exposure, a mean rise" in page
    assert "quarters depuis" not in page and "quarters since opening" in page
    assert "No difference of effect is found" in page or "The effect differs" in page
    assert "Un effet se voit" not in page
