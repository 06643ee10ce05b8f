"""Rows of persons reduced where they lie: the same effects and errors as on the rows."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from essaim import kernels
from essaim.evaluation import EvaluationError, Options, Panel, PanelError, Result, estimate, tally
from essaim.evaluation.engines import Engine, opened
from essaim.evaluation.pushdown import PersonColumns, panel_of_persons, read_panel, read_table, reduced

POSTGRESQL = os.environ.get("DATABASE_URL", "")
COLUMNS = PersonColumns("territoire", "annee", "vague", "emploi")
ANALYTIC = Options(inference="analytic")


def persons(seed: int = 1, *, size: int = 20, whole: bool = False, territories: int = 30) -> pl.DataFrame:
    """About ``size`` persons a territory and year, in no order, some without an outcome."""
    rng = np.random.default_rng(seed)
    count = territories * 6 * size
    territory, year = rng.integers(0, territories, count), rng.integers(2001, 2007, count)
    wave = np.array([0, 2003, 2005])[territory % 3]
    shock = rng.normal(size=territories)[territory]
    outcome = shock + 0.5 * ((wave > 0) & (year >= wave)) + rng.normal(size=count)
    if whole:
        outcome = np.round(10 * outcome)
    outcome[rng.random(count) < 0.03] = np.nan
    return pl.DataFrame(
        {
            "territoire": [f"{code:02d}" for code in territory],
            "annee": year,
            "vague": [None if g == 0 else int(g) for g in wave],
            "emploi": pl.Series(outcome).fill_nan(None).cast(pl.Int32) if whole else pl.Series(outcome),
            "poids": rng.integers(1, 4, count),
            "zone": territory % 10,
        }
    )


def written(frame: pl.DataFrame, tmp_path: Path) -> Engine:
    frame.write_parquet(tmp_path / "personnes.parquet")
    return opened(str(tmp_path / "personnes.parquet"))


def on_rows(frame: pl.DataFrame, options: Options, **given: Any) -> Result:
    known = frame.with_columns(pl.col("emploi").fill_nan(None)).drop_nulls("emploi")
    panel = Panel.from_frame(
        known, time="annee", cohort="vague", outcome="emploi", cross_sections=True, **given
    )
    return estimate(panel, options)


def numbers(result: Result) -> np.ndarray:
    """Every effect and error of a result."""
    found = [cell.effect for cell in result.cells]
    for kind in result.aggregations.values():
        found += [kind.overall, *(effect for _, effect in kind.by)]
    return np.array([(e.estimate, e.se) for e in found])


@given(
    st.integers(0, 10_000), st.booleans(), st.booleans(), st.sampled_from(["nevertreated", "notyettreated"])
)
@settings(max_examples=12, deadline=None)
def test_effects_and_errors_are_those_of_the_rows(
    tmp_path_factory: pytest.TempPathFactory, seed: int, whole: bool, weighted: bool, control: Any
) -> None:
    frame, options = persons(seed, whole=whole, size=4), Options(inference="analytic", control=control)
    weights = "poids" if weighted else None
    columns = PersonColumns("territoire", "annee", "vague", "emploi", weights)
    panel = panel_of_persons(written(frame, tmp_path_factory.mktemp("p")), columns, at_least=1)
    expected = on_rows(frame, options, cluster="territoire", weights=weights)
    np.testing.assert_allclose(numbers(estimate(panel, options)), numbers(expected), rtol=1e-10, atol=1e-12)


def test_errors_by_a_coarser_cluster_are_those_of_the_rows(tmp_path: Path) -> None:
    frame = persons(2)
    columns = PersonColumns("territoire", "annee", "vague", "emploi", fixed=("zone",))
    panel = panel_of_persons(written(frame, tmp_path), columns, at_least=1, cluster="zone")
    expected = on_rows(frame, ANALYTIC, cluster="zone")
    np.testing.assert_allclose(numbers(estimate(panel, ANALYTIC)), numbers(expected), rtol=1e-10, atol=1e-12)


def test_counts_are_of_persons(tmp_path: Path) -> None:
    frame = persons(3)
    found = estimate(panel_of_persons(written(frame, tmp_path), COLUMNS, at_least=1), ANALYTIC)
    expected = on_rows(frame, ANALYTIC, cluster="territoire")
    assert [(c.n_treated, c.n_control) for c in found.cells] == [
        (c.n_treated, c.n_control) for c in expected.cells
    ]


def test_the_reading_counts_territories(tmp_path: Path) -> None:
    found = estimate(panel_of_persons(written(persons(3), tmp_path), COLUMNS, at_least=1))
    assert (found.facts.treated, found.facts.waves) == (20, ((2003, 10), (2005, 10)))


def test_sums_of_whole_numbers_are_exact(tmp_path: Path) -> None:
    big = 2**52
    frame = pl.DataFrame(
        {"unit": ["a"] * 5, "time": [1] * 5, "cohort": [0] * 5, "outcome": [big, 1, -big, 1, 1]}
    )
    assert reduced(written(frame, tmp_path), PersonColumns(), at_least=1)["outcome"].item() == 3 / 5


def test_no_statistic_of_a_few_persons_leaves_the_engine(tmp_path: Path) -> None:
    frame = persons(4, size=12)
    cells = reduced(written(frame, tmp_path), COLUMNS)
    assert cells["persons"].drop_nulls().min() >= 11  # type: ignore[operator]
    assert cells.filter("pooled")["territoire"].is_null().all()
    small = frame.with_columns(pl.col("emploi").fill_nan(None)).drop_nulls("emploi")
    small = small.group_by("territoire", "annee").len().filter(pl.col("len") < 11)
    assert not set(small["territoire"]) & set(cells["territoire"])


def test_pooling_small_territories_changes_no_effect(tmp_path: Path) -> None:
    engine = written(persons(5, size=12), tmp_path)
    whole = estimate(panel_of_persons(engine, COLUMNS, at_least=1), ANALYTIC)
    protected = estimate(panel_of_persons(engine, COLUMNS), ANALYTIC)
    np.testing.assert_allclose(numbers(protected)[:, 0], numbers(whole)[:, 0], rtol=1e-10)
    assert any("moins de 11 personnes" in warning for warning in protected.warnings)


def test_where_nothing_can_leave_the_engine_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(PanelError, match="Aucun territoire n’a 500 personnes"):
        reduced(written(persons(6, territories=3), tmp_path), COLUMNS, at_least=500)


def test_a_small_territory_of_two_waves_is_refused_and_not_pooled(tmp_path: Path) -> None:
    small = pl.DataFrame(
        {
            "territoire": "99",
            "annee": [2001, 2001],
            "vague": [2003, 2005],
            "emploi": 1.0,
            "poids": 1,
            "zone": 1,
        }
    )
    frame = pl.concat([persons(8), small], how="vertical_relaxed")
    with pytest.raises(PanelError, match=r"même cohorte .* : 99"):
        panel_of_persons(written(frame, tmp_path), COLUMNS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (pl.lit("x").alias("emploi"), "des nombres sont attendus"),
        (pl.lit(None).cast(pl.Float64).alias("emploi"), "Aucune personne"),
        (pl.lit(None).cast(pl.String).alias("territoire"), "pas de territoire"),
        ((pl.col("annee") % 2 + 2003).alias("vague"), "même cohorte"),
        (pl.col("emploi").alias("autre"), "Colonne absente : emploi"),
    ],
)
def test_rows_that_cannot_be_reduced_are_refused(tmp_path: Path, change: pl.Expr, message: str) -> None:
    frame = persons(7).with_columns(change)
    frame = frame.drop("emploi") if "autre" in frame.columns else frame
    with pytest.raises(PanelError, match=message):
        panel_of_persons(written(frame, tmp_path), COLUMNS, at_least=1)


def test_codes_of_a_csv_keep_their_zero(tmp_path: Path) -> None:
    persons(8).with_columns(pl.col("emploi").fill_nan(None)).write_csv(tmp_path / "p.csv")
    cells = reduced(opened(str(tmp_path / "p.csv"), keys=COLUMNS.keys), COLUMNS)
    assert "07" in set(cells["territoire"])


def test_several_files_are_one_table(tmp_path: Path) -> None:
    frame = persons(9)
    frame[:2000].write_parquet(tmp_path / "a.parquet")
    frame[2000:].write_parquet(tmp_path / "b.parquet")
    found = reduced(opened(str(tmp_path / "*.parquet")), COLUMNS, at_least=1)
    assert found["persons"].sum() == len(frame.filter(pl.col("emploi").is_not_nan()))


@pytest.mark.parametrize(
    ("source", "table", "message"),
    [
        ("personnes.xlsx", None, "Convertissez le fichier en parquet"),
        ("absent.parquet", None, "ne se lit pas"),
        ("postgresql://ana:secret@localhost/b", None, "nommez la table à y lire"),
        ("postgresql://ana:secret@127.0.0.1:1/b", "t", "ne se lit pas"),
        ("sqlite://absent.db", "t", "absent.db : fichier absent"),
    ],
)
def test_a_source_that_cannot_be_opened_is_explained(source: str, table: str | None, message: str) -> None:
    with pytest.raises(EvaluationError, match=message) as caught:
        opened(source, table)
    assert "secret" not in str(caught.value)
    assert not Path("absent.db").exists()


def test_a_region_nobody_asked_for_hides_no_statistic(tmp_path: Path) -> None:
    frame = persons(18, size=12).with_columns(region=pl.col("zone").cast(pl.String))
    frame.write_parquet(tmp_path / "p.parquet")
    names = {"unit": "territoire", "time": "annee", "cohort": "vague", "outcome": "emploi", "weights": None}
    given = names | dict.fromkeys(("cluster", "region", "stratum", "by", "covariates", "cross_sections"))
    spared = read_panel(str(tmp_path / "p.parquet"), given, at_least=40)
    whole = read_panel(str(tmp_path / "p.parquet"), given, at_least=1)
    assert whole.region is not None and spared.region is None
    np.testing.assert_allclose(
        [c.effect.estimate for c in estimate(spared, ANALYTIC).cells],
        [c.effect.estimate for c in estimate(whole, ANALYTIC).cells],
    )
    assert any("ne change pas les effets" in note for note in spared.notes)


@pytest.mark.parametrize("weights", [None, "poids"])
@pytest.mark.parametrize("at_least", [1, 14])
@pytest.mark.parametrize("kind", ["float", "whole", "small", "boolean"])
def test_the_kernel_gives_what_the_query_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, at_least: int, weights: str | None
) -> None:
    frame = persons(14, size=16, whole=kind != "float")
    if kind in ("small", "boolean"):
        kept = pl.col("emploi").cast(pl.Int8) if kind == "small" else pl.col("emploi") > 0
        codes = pl.col("territoire").cast(pl.Int16) * 7 - 60
        frame = frame.with_columns(kept, codes, pl.col("annee") - 2004).sort("territoire", "annee")
    columns = PersonColumns("territoire", "annee", "vague", "emploi", weights, ("zone",))
    found = []
    for available in (True, False):
        monkeypatch.setattr(kernels, "AVAILABLE", available)
        found.append(reduced(written(frame, tmp_path), columns, at_least=at_least).sort(*columns.keys))
    assert found[0].schema == found[1].schema
    assert found[0].equals(found[1])
    assert found[0]["pooled"].any() == (at_least > 1)


def test_the_kernel_counts_small_and_large_batches_alike(tmp_path: Path) -> None:
    """Territories that come little by little, in an order, then all at once."""
    frame = persons(15, size=8, territories=300).sort("territoire")
    written(frame, tmp_path)
    numbers = ["emploi"]
    whole = _tally(str(tmp_path / "personnes.parquet"), numbers)
    for place, part in enumerate(frame.iter_slices(500)):
        part.write_parquet(tmp_path / f"part{place:03d}.parquet")
    by_parts = _tally(str(tmp_path / "part*.parquet"), numbers)
    assert by_parts.cells.sort("territoire", "annee").equals(whole.cells.sort("territoire", "annee"))
    assert set(by_parts.places.rows()) == set(whole.places.rows())
    assert by_parts.cells["persons"].sum() == frame["emploi"].is_not_nan().sum()


def _tally(path: str, numbers: list[str]) -> tally.Counted:
    found = tally.counted(path, "territoire", "annee", ["vague"], numbers, [True])
    assert found is not None
    return found


@pytest.mark.parametrize(
    "change",
    [
        pl.lit(None).cast(pl.String).alias("territoire"),
        pl.col("poids").cast(pl.Float64).alias("territoire"),
        (pl.int_range(pl.len()) * 2**40).alias("territoire"),
        pl.when(pl.int_range(pl.len()) == 0).then(-(2**63)).otherwise(2**63 - 1).alias("territoire"),
        pl.col("emploi").cast(pl.Float32),
        pl.col("emploi").cast(pl.Decimal(9, 2)),
        pl.lit(1e300).alias("emploi"),
        pl.lit(None).cast(pl.Float64).alias("emploi"),
        pl.col("annee").alias("persons"),
    ],
)
def test_what_the_kernel_cannot_count_is_left_to_the_query(tmp_path: Path, change: pl.Expr) -> None:
    frame = persons(16).with_columns(pl.col("emploi").fill_nan(None)).with_columns(change)
    frame.write_parquet(tmp_path / "p.parquet")
    fixed = ["vague", *({"persons"} & set(frame.columns))]
    assert (
        tally.counted(str(tmp_path / "p.parquet"), "territoire", "annee", fixed, ["emploi"], [True]) is None
    )


def test_large_whole_numbers_are_left_to_the_query(tmp_path: Path) -> None:
    frame = persons(17, whole=True).with_columns(pl.lit(2**61).alias("emploi"))
    frame.write_parquet(tmp_path / "p.parquet")
    given = (str(tmp_path / "p.parquet"), "territoire", "annee", ["vague"])
    assert tally.counted(*given, ["emploi"], [False]) is None
    assert tally.counted(*given, ["emploi", "poids"], [False, False]) is None


def database(frame: pl.DataFrame, path: Path) -> str:
    with duckdb.connect(str(path)) as connection:
        connection.sql("CREATE SCHEMA etude")
        connection.sql("CREATE TABLE etude.personnes AS SELECT * FROM frame")
    return str(path)


def test_a_database_gives_what_the_file_gives(tmp_path: Path) -> None:
    frame = persons(10, whole=True)
    engine = opened(database(frame, tmp_path / "base.duckdb"), "etude.personnes")
    expected = reduced(written(frame, tmp_path), COLUMNS, at_least=1).sort("territoire", "annee")
    assert reduced(engine, COLUMNS, at_least=1).sort("territoire", "annee").equals(expected)


def same_through(address: str, table: str, frame: pl.DataFrame, tmp_path: Path) -> None:
    """The reduction by another engine, threshold included, is that of the embedded one."""
    for weights in (None, "poids"):
        columns = PersonColumns("territoire", "annee", "vague", "emploi", weights, ("zone",))
        found = reduced(opened(address, table), columns).sort(*columns.keys)
        expected = reduced(written(frame, tmp_path), columns).sort(*columns.keys)
        assert found.select(expected.columns).cast(expected.schema).equals(expected)  # type: ignore[arg-type]


if POSTGRESQL.startswith("postgres"):

    @pytest.fixture
    def table(db: None) -> Iterator[str]:
        """A schema of the PostgreSQL server of the tests, for one table."""
        import psycopg

        name = f"essaim_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(POSTGRESQL, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
            yield f"{name}.personnes"
            connection.execute(f"DROP SCHEMA {name} CASCADE")

    @pytest.mark.parametrize("kind", ["int", "double precision", "numeric(9, 2)"])
    def test_postgresql_gives_what_the_file_gives(table: str, tmp_path: Path, kind: str) -> None:
        import psycopg

        frame = persons(11, whole=True)
        # Quarters are summed without rounding in any order.
        frame = frame if kind == "int" else frame.with_columns(pl.col("emploi") / 4)
        with psycopg.connect(POSTGRESQL, autocommit=True) as connection:
            columns = f"territoire text, annee int, vague int, emploi {kind}, poids int, zone int"
            connection.execute(f"CREATE TABLE {table} ({columns})")
            with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                for row in frame.rows():
                    copy.write_row(row)
            if kind == "double precision":
                connection.execute(f"INSERT INTO {table} VALUES ('00', 2001, NULL, 'NaN', 1, 0)")
        same_through(POSTGRESQL, table, frame, tmp_path)


@pytest.mark.spark
def test_spark_gives_what_the_file_gives(tmp_path: Path) -> None:
    frame = persons(13, whole=True).with_columns(pl.col("emploi") / 4)
    frame = pl.concat([frame, frame[:5].with_columns(emploi=pl.lit(float("nan")))])
    written(frame, tmp_path)
    same_through("pyspark://?spark.master=local[2]", str(tmp_path / "personnes.parquet"), frame, tmp_path)


def test_a_table_of_territories_is_read_whole(tmp_path: Path) -> None:
    frame = persons(12)
    engine = opened(database(frame, tmp_path / "base.duckdb"), "etude.personnes")
    assert read_table(engine, ["territoire", "poids"]).shape == (len(frame), 2)
