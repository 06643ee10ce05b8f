"""``essaim protocol`` as it is typed."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from essaim.cli.protocol import command
from essaim.protocol.schema import schema

EXAMPLES = Path(__file__).parents[2] / "docs" / "schemas" / "examples"
ONE, TWO, SITE = (
    str(EXAMPLES / name) for name in ("protocol-1.0.0.yaml", "protocol-2.0.0.yaml", "adaptation.yaml")
)
UPGRADE = ["upgrade", "--base", ONE, "--to", TWO, "--site", SITE]


def run(*arguments):
    return CliRunner().invoke(command, list(arguments))


def test_valid_files_end_with_0():
    result = run("validate", ONE, TWO)
    assert result.exit_code == 0 and "2 fichier(s), 0 défaut(s)." in result.output


def test_defects_end_with_1_and_name_the_line(tmp_path):
    bad = tmp_path / "protocol.yaml"
    bad.write_text(
        Path(ONE).read_text(encoding="utf-8").replace("kind: core", "kind: coeur"), encoding="utf-8"
    )
    result = run("validate", str(bad))
    assert result.exit_code == 1 and f"{bad}:14 [components[0].kind]" in result.output


def test_a_missing_file_is_a_defect_in_words():
    result = run("validate", "absent.yaml")
    assert result.exit_code == 1 and "n’existe pas" in result.output


def test_validate_in_json():
    result = run("validate", "absent.yaml", "--json")
    (problem,) = json.loads(result.stdout)["problems"]
    assert set(problem) == {"file", "line", "path", "message", "mend"}


def test_an_adaptation_is_validated_too_and_held_against_the_protocol_that_comes_with_it(tmp_path):
    far = tmp_path / "site.yaml"
    far.write_text(Path(SITE).read_text(encoding="utf-8").replace("value: 5", "value: 50"), encoding="utf-8")
    assert run("validate", str(far)).exit_code == 0
    result = run("validate", str(far), ONE)
    assert result.exit_code == 1 and f"{far}" in result.output and "50" in result.output


def test_two_protocols_are_not_two_versions(tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text(
        Path(TWO).read_text(encoding="utf-8").replace("id: atelier-exemple", "id: autre"), "utf-8"
    )
    result = run("bump", ONE, str(other))
    assert result.exit_code == 1 and "« autre » est un autre protocole" in result.output


def test_no_file_is_wrong_usage():
    assert run("validate").exit_code == 2


def test_diff_says_each_change_and_marks_words():
    result = run("diff", ONE, TWO)
    assert "Renomme le composant « bilan » en « entretien »." in result.output
    assert "[-Bilan-]{+Entretien+} mensuel" in result.output and result.exit_code == 0


def test_diff_in_json():
    data = json.loads(run("diff", ONE, TWO, "--json").stdout)
    assert (data["from"], data["to"], len(data["differences"])) == ("1.0.0", "2.0.0", 6)


def test_bump_accepts_the_right_number():
    result = run("bump", ONE, TWO, "--notes")
    assert (
        result.exit_code == 0
        and "1.0.0 → 2.0.0 (major)" in result.output
        and "## Ce qui change" in result.output
    )


def test_bump_refuses_a_wrong_number(tmp_path):
    wrong = tmp_path / "two.yaml"
    text = Path(TWO).read_text(encoding="utf-8")
    wrong.write_text(text.replace("version: 2.0.0", "version: 1.1.0"), encoding="utf-8")
    result = run("bump", ONE, str(wrong), "--json")
    data = json.loads(result.stdout)
    assert result.exit_code == 1 and data["expected"] == "2.0.0" and "trop peu" in data["problems"][0]


def test_upgrade_lists_every_conflict_and_ends_with_1(tmp_path):
    out = tmp_path / "out.json"
    result = run(*UPGRADE, "-o", str(out))
    assert result.exit_code == 1
    assert [line.split()[1] for line in result.output.splitlines() if "CONFLIT" in line] == ["d1", "d2"]
    assert json.loads(out.read_text(encoding="utf-8")) == json.loads(
        (EXAMPLES / "upgrade.json").read_text(encoding="utf-8")
    )


def test_a_result_that_cannot_be_written_is_told(tmp_path):
    result = run(*UPGRADE, "-o", str(tmp_path / "absent" / "out.json"))
    assert result.exit_code == 2 and "n’existe pas : créez-le" in " ".join(result.output.split())


def test_upgrade_in_json_follows_its_schema():
    data = json.loads(run(*UPGRADE, "--json").stdout)
    assert not list(Draft202012Validator(schema("upgrade")).iter_errors(data))


def test_upgrade_without_conflict_ends_with_0():
    result = run("upgrade", "--base", ONE, "--to", ONE, "--site", SITE)
    assert result.exit_code == 0 and "0 conflit(s)" in result.output


def test_upgrade_from_the_wrong_base_says_so():
    result = run("upgrade", "--base", TWO, "--to", TWO, "--site", SITE)
    assert result.exit_code == 1 and "Prenez la version de base" in result.output


def test_upgrade_to_another_protocol_is_wrong_usage(tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text(
        Path(TWO).read_text(encoding="utf-8").replace("id: atelier-exemple", "id: autre"), encoding="utf-8"
    )
    result = run("upgrade", "--base", ONE, "--to", str(other), "--site", SITE)
    assert result.exit_code == 2 and "même protocole" in result.output


@pytest.fixture
def network(tmp_path):
    """Two sites that decided alike, beside their protocol."""
    shutil.copy(ONE, tmp_path / "protocol.yaml")
    text = Path(SITE).read_text(encoding="utf-8")
    for name in ("nord", "sud"):
        (tmp_path / f"{name}.yaml").write_text(
            text.replace("Site d’exemple", f"Site {name}"), encoding="utf-8"
        )
    return tmp_path


def test_recurrence_finds_what_two_sites_share(network):
    (network / "dossier.yaml").mkdir()
    result = run("recurrence", str(network))
    assert result.exit_code == 0 and "2 site(s), 5 récurrence(s)." in result.output


def test_recurrence_in_json(network):
    data = json.loads(run("recurrence", str(network), "--json").stdout)
    assert data["sites"] == 2 and {tuple(r["sites"]) for r in data["recurrences"]} == {
        ("Site nord", "Site sud")
    }


def test_recurrence_in_json_follows_its_published_schema(network):
    data = json.loads(run("recurrence", str(network), "--json").stdout)
    assert list(Draft202012Validator(schema("recurrence")).iter_errors(data)) == []


def test_a_site_given_twice_or_of_another_protocol_is_refused(network):
    twice = next(path for path in network.iterdir() if path.name != "protocol.yaml")
    (network / "zz.yaml").write_text(twice.read_text(encoding="utf-8"), encoding="utf-8")
    result = run("recurrence", str(network))
    assert result.exit_code == 1 and "est déjà dans" in result.output
    other = twice.read_text(encoding="utf-8").replace("protocol: ", "protocol: autre-")
    (network / "zz.yaml").write_text(other, encoding="utf-8")
    result = run("recurrence", str(network))
    assert result.exit_code == 1 and "porte sur « autre-" in result.output


def test_recurrence_needs_the_protocol(tmp_path):
    result = run("recurrence", str(tmp_path))
    assert result.exit_code == 2 and "protocol.yaml" in result.output


def test_a_site_file_that_is_rubbish_is_named(network):
    (network / "zz.json").write_text("[", encoding="utf-8")
    result = run("recurrence", str(network))
    assert result.exit_code == 1 and "zz.json" in result.output
