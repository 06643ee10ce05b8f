"""The command line as a whole: help in French, commands listed, wrong usage is exit code 2."""

import pytest
from click.testing import CliRunner

from essaim.cli import COMMANDS, main


def test_help_lists_every_command() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    assert all(name in result.output for name in COMMANDS)


def test_every_listed_command_can_be_imported() -> None:
    for name in COMMANDS:
        result = CliRunner().invoke(main, [name, "--help"])
        assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("inconnue", "La commande 'inconnue' n’existe pas."),
        ("evaluate", "Il manque l’argument 'PANEL'."),
        ("evaluate --cohorte x", "Vouliez-vous écrire"),
        ("evaluate x --method autre", "'autre' n’est pas l’une de ces valeurs"),
        ("import dossier-absent", "Dossier 'dossier-absent' introuvable."),
    ],
)
def test_wrong_usage_is_said_in_french_with_exit_code_2(line: str, said: str) -> None:
    result = CliRunner().invoke(main, line.split())
    assert (result.exit_code, said in result.output) == (2, True), result.output
