"""Tables of territories as people write them, drawn by the command line: what is read, what is refused."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from essaim.cli import main


@pytest.fixture
def draw(tmp_path: Path):
    """Run ``essaim rollout draw`` on a table given as text."""

    def run(table: str, *options: str) -> Result:
        path = tmp_path / "table.csv"
        path.write_text(table)
        return CliRunner().invoke(main, ["rollout", "draw", str(path), *options])

    return run


def refused(result: Result, told: str) -> bool:
    return result.exit_code == 1 and told in result.output and "Traceback" not in result.output


def test_french_headers_are_those_of_the_site(draw) -> None:
    table = "Code INSEE;Nom;Strate;Imposé\n01;a;A;pilote\n02;b;A;\n03;c;B;\n"
    read = json.loads(draw(table, "--capacities", "2,2", "--method", "stratified", "--json").output)
    assert [(t["code"], t["stratum"], t["first"]) for t in read["inputs"]["territories"]] == [
        ("01", "A", "pilote"),
        ("02", "A", ""),
        ("03", "B", ""),
    ]


def test_two_columns_that_say_the_same_are_named(draw) -> None:
    result = draw("code;strate;STRATUM\n01;A;A\n", "--capacities", "2")
    assert refused(result, "« strate » et « STRATUM » disent la même chose")


def test_a_stratified_draw_without_strata_is_refused_with_what_to_do(draw) -> None:
    result = draw("code;x\n01;1\n02;2\n", "--capacities", "2", "--method", "stratified")
    assert refused(result, "colonne « strate »")


@pytest.mark.parametrize("word", ["0", "non", "No", "false", "faux", " "])
def test_a_no_is_not_a_reason_to_open_first(draw, word: str) -> None:
    read = json.loads(draw(f"code;imposé\n01;{word}\n02;\n", "--capacities", "2", "--json").output)
    assert [t["first"] for t in read["inputs"]["territories"]] == ["", ""]


@pytest.mark.parametrize("word", ["1", "oui", "TRUE", "x"])
def test_a_yes_without_a_reason_to_open_first_is_refused(draw, word: str) -> None:
    result = draw(f"code;imposé\n01;{word}\n02;\n", "--capacities", "2")
    assert refused(result, "ligne 2") and "Donnez la raison" in result.output


@pytest.mark.parametrize("wave", ["nan", "inf", "1,7", "-4", "0"])
def test_a_chosen_wave_is_a_whole_number(draw, wave: str) -> None:
    assert refused(draw(f"code;vague\n01;1\n02;{wave}\n", "--chosen"), "ligne 3 : vague")


def test_a_territory_is_chosen_for_one_wave(draw) -> None:
    assert refused(draw("code;vague\n93;1\n75;1\n93;3\n", "--chosen"), "en double : 93")


@pytest.mark.parametrize(
    ("options", "unread"),
    [
        (("--capacities", "2", "--public", "3 12", "--seed", "4"), "--seed"),
        (("--chosen", "--seed", "4"), "--seed"),
        (("--chosen", "--capacities", "2"), "--capacities"),
        (("--replay", "--method", "simple"), "--method"),
        (("--capacities", "2", "--keep", "0.5"), "--keep"),
    ],
)
def test_an_option_that_nothing_reads_is_a_usage_error(draw, options: tuple[str, ...], unread: str) -> None:
    result = draw("code;vague\n01;1\n02;2\n", *options)
    assert result.exit_code == 2 and f"{unread} ne sert pas ici" in result.output


def test_the_data_of_a_file_published_before_the_draw_are_not_changed_by_options(tmp_path: Path) -> None:
    (tmp_path / "avant.json").write_text("{}")
    words = ["rollout", "draw", str(tmp_path / "avant.json"), "--capacities", "9,9"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2 and "--capacities ne sert pas ici" in result.output


@pytest.mark.parametrize(
    "options",
    [
        ("--parallel", "10,10", "--ramp", "0.5,1"),
        ("--parallel", "10,10", "--never", "3"),
        ("--plan", "--transition", "1"),
    ],
)
def test_a_design_says_which_options_it_does_not_read(tmp_path: Path, options: tuple[str, ...]) -> None:
    (tmp_path / "plan.csv").write_text("1;2\n0;1\n0;0\n")
    words = [w for o in options for w in ((o, str(tmp_path / "plan.csv")) if o == "--plan" else (o,))]
    assumed = ["--persons", "10", "--sd", "1", "--icc", "0.05"]
    result = CliRunner().invoke(main, ["rollout", "mde", *words, *assumed])
    assert result.exit_code == 2 and f"{options[-2]} ne sert pas ici" in result.output
