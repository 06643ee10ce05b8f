"""Every command that reads a file × every kind of rubbish: a French sentence, exit code 1 or 2, nothing written."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from essaim.cli import main
from tests.rubbish import RUBBISH

COMMANDS: dict[str, Callable[[str, str], list[str]]] = {
    "protocol validate": lambda file, _out: ["protocol", "validate", file],
    "protocol diff": lambda file, _out: ["protocol", "diff", file, file],
    "panel build": lambda file, out: ["panel", "build", file, "--waves", file, "-o", out],
    "evaluate": lambda file, out: ["evaluate", file, "--json", "-o", out],
    "territory rank": lambda file, _out: ["territory", "rank", file],
    "opendata read": lambda file, _out: ["opendata", "read", "cnaf", file],
}


@pytest.mark.parametrize("kind", RUBBISH)
def test_a_command_says_what_is_wrong_and_writes_nothing(kind: str, tmp_path: Path) -> None:
    file, out = tmp_path / "fichier.csv", tmp_path / "sortie.csv"
    file.write_bytes(RUBBISH[kind]())
    for name, arguments in COMMANDS.items():
        result = CliRunner().invoke(main, arguments(str(file), str(out)))
        assert isinstance(result.exception, SystemExit | None), (name, result.exception)
        assert result.exit_code in (1, 2), (name, result.output)
        assert result.output.strip() and "Traceback" not in result.output, name
        assert not out.exists(), name
