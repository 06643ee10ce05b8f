"""The documents say what is there: variables, settings, commands, make targets, links, the two READMEs."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from django.conf import global_settings

from essaim.cli import main
from essaim.platform.settings import base
from tests.realdata.folder import FOLDER

ROOT = Path(__file__).parents[1]
SETTINGS = (ROOT / "docs/settings.md").read_text()
COMMANDS = (ROOT / "docs/guide/ligne-de-commande.md").read_text()
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "programmes/**/*.md")
    for path in ROOT.glob(pattern)
    if ".venv" not in path.parts
)
THIRD_PARTIES = ("ACCOUNT_", "MFA_", "AUDITLOG_", "CONTENT_SECURITY_POLICY", "TASKS")
NAME = re.compile(r"[A-Z][A-Z0-9_]*\Z")


def variables_in_python() -> Iterator[str]:
    """Names read: ``os.environ["X"]``, ``os.environ.get("X")``, ``"X" in os.environ``, ``_required("X")``."""
    for folder in ("src", "tests", "scripts", "bench"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                yield from read_by(node)


def read_by(node: ast.AST) -> Iterator[str]:
    texts: list[ast.expr] = []
    if isinstance(node, ast.Call) and re.search(r"environ\.|getenv|^_required$", ast.unparse(node.func)):
        texts = node.args[:1]
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        texts = [node.slice] if ast.unparse(node.value).endswith("environ") else []
    elif isinstance(node, ast.Compare) and "environ" in ast.unparse(node.comparators[0]):
        texts = [node.left]
    for text in texts:
        if isinstance(text, ast.Constant) and isinstance(text.value, str) and NAME.match(text.value):
            yield text.value


def variables_in_scripts() -> Iterator[str]:
    yield from re.findall(r"\$\{([A-Z_]+):-", (ROOT / ".ci/run").read_text())
    yield from re.findall(r"^([A-Z_]+) \?=", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_every_variable_that_is_read_is_documented_and_the_reverse() -> None:
    documented = set(
        re.findall(r"^\| `([A-Z_]+)` \|", SETTINGS.split("## Settings of ours")[0], re.MULTILINE)
    )
    assert documented == {*variables_in_python(), *variables_in_scripts(), "DATABASE_URL"} - {"PATH"}


def test_every_setting_of_ours_is_documented_and_the_reverse() -> None:
    ours = {
        name
        for name in vars(base)
        if NAME.match(name) and not hasattr(global_settings, name) and not name.startswith(THIRD_PARTIES)
    }
    documented = set(
        re.findall(r"^\| `([A-Z_]+)` \|", SETTINGS.split("## Settings of ours")[1], re.MULTILINE)
    )
    assert documented == ours - {"NONE", "SELF", "PLATFORM", "ROOT", "ROOT_URLCONF"}


def commands(group: click.Group, words: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something: its full name, and itself."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))
        else:
            yield " ".join((*words, name)), command


ALL_COMMANDS = dict(commands(main, ("essaim",)))


@pytest.mark.parametrize("name", ALL_COMMANDS)
def test_each_command_has_its_section_with_all_its_options(name: str) -> None:
    found = re.search(rf"^### `{re.escape(name)}\b(.*?)(?=^##|\Z)", COMMANDS, re.MULTILINE | re.DOTALL)
    assert found, f"docs/guide/ligne-de-commande.md : il manque la section « ### `{name} …` »"
    options = {
        option
        for parameter in ALL_COMMANDS[name].params
        for option in parameter.opts
        if option.startswith("--") and option != "--help"
    }
    assert {option for option in options if f"`{option}" not in found[1]} == set()


def test_the_guide_names_no_command_that_is_gone() -> None:
    named = re.findall(r"^### `(essaim(?: [a-z]+)+)", COMMANDS, re.MULTILINE)
    assert set(named) == set(ALL_COMMANDS)


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        (path.name, target)
        for path in PAGES
        for target in re.findall(r"(?:`|^)make ([a-z0-9-]+)", path.read_text(), re.MULTILINE)
    }
    assert {(page, target) for page, target in named if target not in targets} == set()


@pytest.mark.parametrize("document", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_pages_and_to_pictures_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|mailto:)([^)#\s]+)", document.read_text())
    assert [target for target in targets if not (document.parent / target).exists()] == []


def code_blocks(page: str) -> list[str]:
    return re.findall(r"^```\w*\n(.*?)^```", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)


def test_the_two_readmes_show_the_same_commands_and_outputs() -> None:
    assert code_blocks("README.md") == code_blocks("README.fr.md")


@pytest.mark.realdata
def test_the_readmes_show_what_the_commands_print() -> None:
    command = [sys.executable, str(ROOT / "scripts/readme.py"), "check", str(FOLDER)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
