"""``essaim equity``: the effect in each sub-group and the gaps between them, all comparisons counted."""

import json
from typing import Any, get_args

import click

from essaim.cli import evaluation_output as out
from essaim.cli.evaluate import READ
from essaim.cli.records import read_record
from essaim.evaluation import Options, RecordedDraw
from essaim.evaluation.att import Control
from essaim.evaluation.equity import Compared, equity, read_equity
from essaim.opendata.whole_table import read_whole
from essaim.words import number


@click.command("equity", short_help="effet par groupe, écarts entre groupes")
@click.argument("panel")
@click.option("--groups", required=True, help="Colonne des groupes, de personnes ou de sites.")
@click.option("--unit", default="unit", show_default=True, help="Colonne de l’unité.")
@click.option("--time", default="time", show_default=True, help="Colonne de la période.")
@click.option("--cohort", default="cohort", show_default=True, help="Colonne de la première exposition.")
@click.option("--outcome", default="outcome", show_default=True, help="Colonne du résultat.")
@click.option("--control", type=click.Choice(get_args(Control)), default="nevertreated", show_default=True)
@click.option("--anticipation", type=click.IntRange(0), default=0, help="Périodes d’anticipation.")
@click.option("--draw", "record", type=READ, help="Procès-verbal JSON du tirage des vagues, à rejouer.")
@click.option("--json", "as_json", is_flag=True, help="Tout en JSON.")
def command(panel: str, groups: str, record: Any, as_json: bool, **given: Any) -> None:
    """Comparer l’effet entre groupes. PANEL a une ligne par unité, période et groupe de personnes ; ou une colonne qui
    dit le groupe de chaque site.
    """
    with out.readable_errors():
        draw = RecordedDraw.of(read_record(record)) if record else None
        options = Options(
            control=given.pop("control"),
            anticipation=given.pop("anticipation"),
            inference="randomisation" if draw else "cr2",
        )
        found = equity(read_whole(panel, private=True), groups, options, draw, **given)
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=2, allow_nan=False))
        return
    for sentence in read_equity(found):
        click.echo(f"- {sentence}")
    for title, rows in (("Effet par groupe", found.groups), ("Écarts", found.gaps)):
        click.echo(f"\n{title}")
        for row in rows:
            click.echo(_line(row))


def _line(row: Compared) -> str:
    name = f"{row.one} − {row.other}" if row.other else row.one
    effect = row.effect
    if not effect.se > 0 or row.corrected is None:
        return f"  {name:>24}  {number(effect.estimate, True, 3):>8}  incertitude non définie"
    return (
        f"  {name:>24}  {number(effect.estimate, True, 3):>8}  [{number(effect.conf_low, True, 3)} ; "
        f"{number(effect.conf_high, True, 3)}]  p corrigé = {number(row.corrected, digits=3)}"
    )
