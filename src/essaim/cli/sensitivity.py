"""``essaim sensitivity``: how far a conclusion stands when the trends were not quite parallel."""

import json
from pathlib import Path

import click

from essaim.cli import evaluation_output as out
from essaim.cli.records import where_json_breaks
from essaim.evaluation.errors import EvaluationError
from essaim.evaluation.event_path import EventPath, path_from_json
from essaim.evaluation.sensitivity import (
    RELATIVE_BOUNDS,
    Bounded,
    Sensitivity,
    read_sensitivity,
    sensitivity,
)
from essaim.evaluation.sensitivity_chart import sensitivity_svg
from essaim.words import number

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(
    "sensitivity", short_help="jusqu’où la conclusion tient si les courbes n’étaient pas parallèles"
)
@click.argument("result", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--target",
    default="given",
    help="Effet visé : « given » (celui du fichier), « average », « first », ou un numéro.",
)
@click.option(
    "--mbar",
    default=",".join(f"{bound:g}" for bound in RELATIVE_BOUNDS),
    show_default=True,
    help="Écarts admis, en multiples du plus grand changement vu avant.",
)
@click.option("--m", "smooth", help="Changements de pente admis, dans l’unité du résultat par période.")
@click.option("--level", type=click.FloatRange(0.5, 0.999), default=0.95, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Graine des tirages.")
@click.option("--chart", type=FILE, help="Graphique SVG à écrire.")
@click.option("--json", "as_json", is_flag=True, help="Tout en JSON.")
def command(
    result: Path,
    target: str,
    mbar: str,
    smooth: str | None,
    level: float,
    seed: int,
    chart: Path | None,
    as_json: bool,
) -> None:
    """Éprouver RESULT : la sortie de « essaim evaluate --json », ou un vecteur d’estimations avec sa covariance.

    Le vecteur est un objet JSON : estimates, covariance, pre, post.
    """
    relative, bent = _bounds(mbar, "--mbar", 1e6), _bounds(smooth, "--m", 1e60) if smooth else None
    with out.readable_errors():
        path = _read(result, target)
        found = sensitivity(path, relative=relative, smooth=bent, level=level, seed=seed)
        if chart:
            out.write_text(sensitivity_svg(found), chart)
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=2, allow_nan=False))
        return
    _print(found)
    if chart:
        click.echo(f"\nGraphique écrit : {chart}")


def _read(result: Path, target: str) -> EventPath:
    try:
        given = json.loads(result.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise EvaluationError(f"« {result} » n’est pas du JSON lisible{where_json_breaks(error)}.") from error
    if isinstance(given, dict) and "att_gt" in given:
        given = given.get("event_study")
        if given is None:
            raise EvaluationError(
                "Ce résultat ne contient pas de quoi éprouver la conclusion : pas de période de référence commune, "
                "ou rien avant elle. Ses avertissements disent pourquoi."
            )
    if not isinstance(given, dict):
        raise EvaluationError("Le fichier doit contenir un objet JSON : estimates, covariance, pre, post.")
    return path_from_json(given, target)


def _bounds(text: str, option: str, most: float) -> list[float]:
    try:
        bounds = [float(part) for part in text.split(",")]
    except ValueError:
        bounds = [-1.0]
    if not all(0 <= bound <= most for bound in bounds):
        raise click.BadParameter(
            "des nombres positifs ou nuls, sans démesure, séparés par des virgules.", param_hint=option
        )
    return bounds


def _print(found: Sensitivity) -> None:
    for sentence in read_sensitivity(found):
        click.echo(f"- {sentence}")
    click.echo("\nÉcart admis, en multiples du plus grand changement vu avant")
    click.echo(_row("parallèles", found.original))
    for bounded in found.relative:
        click.echo(_row(number(bounded.bound), bounded))
    click.echo("\nChangement de pente admis, par période")
    for bounded in found.smooth:
        click.echo(_row(number(bounded.bound, digits=4), bounded))


def _row(name: str, bounded: Bounded) -> str:
    if bounded.low != bounded.low:
        return f"  {name:>10}  aucune valeur de l’effet n’est compatible"
    return f"  {name:>10}  [{number(bounded.low, True, 3)} ; {number(bounded.high, True, 3)}]"
