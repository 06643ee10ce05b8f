"""Kinds of options that several commands share: numbers that are numbers, files that can be written."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource


def refuse_unread(why: str, *names: str) -> None:
    """A usage error when one of these options was typed: what nothing reads would be believed to count."""
    context = click.get_current_context()
    for param in context.command.params:
        if param.name in names and context.get_parameter_source(param.name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{param.opts[0]} ne sert pas ici : {why} Retirez cette option.")


class Positive(click.FloatRange):
    """A finite number above zero; « nan » and « inf », which Python reads as numbers, are refused."""

    name = "nombre"

    def __init__(self) -> None:
        super().__init__(0, min_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"« {value} » n’est pas un nombre fini au-dessus de zéro.", param, ctx)
        return number


class OutputFile(click.Path):
    """A file to write: its folder exists and accepts it. Known before a long computation, not after."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, readable=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(str(super().convert(value, param, ctx)))
        if not path.parent.is_dir():
            self.fail(
                f"le dossier « {path.parent} » n’existe pas : créez-le, ou choisissez-en un autre.",
                param,
                ctx,
            )
        target = path if path.exists() else path.parent
        if not os.access(target, os.W_OK):
            self.fail(f"« {target} » est fermé à l’écriture : choisissez un autre endroit.", param, ctx)
        return path
