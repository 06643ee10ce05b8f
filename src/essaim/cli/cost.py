"""``essaim cost``: what a unit of effect costs, with the uncertainty of both."""

import json
from pathlib import Path

import click

from essaim.cli import evaluation_output as out
from essaim.cli.options import Positive
from essaim.cli.records import read_record
from essaim.cli.rollout import Numbers
from essaim.evaluation.cost import Cost, cost_effectiveness, df_behind, read_cost
from essaim.evaluation.errors import EvaluationError

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("cost", short_help="coût d’une unité d’effet, avec son incertitude")
@click.argument("result", type=FILE)
@click.option("--cost", type=float, required=True, help="Coût d’un territoire pendant une période, en euros.")
@click.option(
    "--range",
    "bounds",
    type=Numbers(),
    required=True,
    help="Ce coût au plus bas et au plus haut : 90000,120000.",
)
@click.option(
    "--worth", type=Numbers(), required=True, help="Valeurs possibles d’une unité d’effet, en euros."
)
@click.option("--fall", is_flag=True, help="L’effet favorable est une baisse (un taux de chômage).")
@click.option(
    "--units",
    type=Positive(),
    default=1.0,
    show_default=True,
    help="Ce que fait une unité du résultat : personnes par point…",
)
@click.option("--json", "as_json", is_flag=True, help="Tout en JSON.")
def command(
    result: Path,
    cost: float,
    bounds: tuple[float, ...],
    worth: tuple[float, ...],
    fall: bool,
    units: float,
    as_json: bool,
) -> None:
    """Dire ce que coûte une unité d’effet. RESULT est la sortie d’« essaim evaluate --json »."""
    if len(bounds) != 2:
        raise click.UsageError("--range : deux montants, le plus bas et le plus haut.")
    if min(worth) < 0:
        raise click.UsageError("--worth : des montants positifs ou nuls.")
    with out.readable_errors():
        try:
            record = read_record(result)
            effect, level = record["aggregations"]["simple"], record["provenance"]["level"]
            se, low, high = (effect[name] for name in ("se", "conf_low", "conf_high"))
        except (KeyError, TypeError) as error:
            raise EvaluationError(
                f"{result.name} n’est pas un résultat d’« essaim evaluate --json » (il manque {error})."
            ) from error
        if None in (se, low, high):
            raise EvaluationError(
                "L’effet moyen n’a pas d’intervalle : aucun rapport coût-efficacité n’a de sens."
            )
        if not all(
            isinstance(each, int | float) for each in (effect["estimate"], se, low, high, level)
        ) or not (se > 0 and low < high and 0.5 <= level < 1):
            raise EvaluationError(
                f"{result.name} : l’effet moyen, son erreur, son intervalle ou son niveau ne sont pas des nombres "
                "possibles. Relancez « essaim evaluate --json »."
            )
        found = cost_effectiveness(
            effect["estimate"], se, Cost(cost, *bounds), worth, df=df_behind(se, low, high, level),
            direction="fall" if fall else "rise", units=units, level=level,
        )  # fmt: skip
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=2))
        return
    for sentence in read_cost(found):
        click.echo(f"- {sentence}")
