"""``essaim protocol``: validate, compare, version and upgrade protocol documents."""

import json
import sys
from pathlib import Path

import click

from essaim.protocol import files as protocol_files
from essaim.protocol.problem import Problem

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Écrit le résultat en JSON (docs/schemas)."
)


@click.group("protocol")
def command() -> None:
    """Protocoles : valider, comparer, numéroter, mettre à niveau, repérer les adaptations récurrentes."""


@command.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(dir_okay=False), metavar="FICHIER…")
@json_option
def validate(files: tuple[str, ...], as_json: bool) -> None:
    """Vérifie des protocoles ; code 1 si l’un d’eux a un défaut."""
    problems = [problem for file in files for problem in _problems(file)]
    if as_json:
        click.echo(json.dumps({"problems": [_problem(p) for p in problems]}, ensure_ascii=False, indent=2))
    else:
        for problem in problems:
            click.echo(str(problem))
        click.echo(f"{len(files)} fichier(s), {len(problems)} défaut(s).")
    sys.exit(1 if problems else 0)


def _problems(file: str) -> tuple[Problem, ...]:
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        return (
            Problem(file, None, "", f"Le fichier ne s’ouvre pas ({error.strerror}).", "Vérifiez le chemin."),
        )
    return protocol_files.examine(content, file)[1]


def _problem(problem: Problem) -> dict[str, str | int | None]:
    return {name: getattr(problem, name) for name in ("file", "line", "path", "message", "mend")}
