"""``essaim panel``: a panel from an outcome and dated waves, or simulated."""

import hashlib
import json
from pathlib import Path

import click
import polars as pl

from essaim.cli import evaluation_output as out
from essaim.cli.options import OutputFile
from essaim.evaluation import simulate as sim
from essaim.evaluation.errors import EvaluationError, PanelError
from essaim.evaluation.waves import BuiltPanel, Window, build_panel, read_waves
from essaim.examples import WAVE_EXAMPLES, WaveExample
from essaim.opendata import insee_chomage_departement as chomage
from essaim.opendata import location
from essaim.opendata.safety import UnsafeFile
from essaim.opendata.whole_table import PANEL_LIMITS, read_whole


@click.group("panel", help="Construire un panel (territoires × périodes) à évaluer.")
def command() -> None:
    """Group of the panel commands."""


@command.command("build", short_help="résultat mesuré + vagues datées → panel")
@click.argument("outcome")
@click.option(
    "--waves", required=True, help="Table des vagues : fichier, adresse, ou rsa_2007, garantie_jeunes."
)
@click.option("-o", "--output", required=True, type=OutputFile(), help="Panel à écrire.")
@click.option("--window", help="Première et dernière période gardées, par exemple 2005T1:2009T1.")
@click.option("--window-reason", default="choisie par --window", help="Pourquoi cette fenêtre.")
@click.option("--json", "as_json", is_flag=True, help="Résumé en JSON.")
def build(
    outcome: str, waves: str, output: Path, window: str | None, window_reason: str, as_json: bool
) -> None:
    """Joindre OUTCOME (fichier ou adresse) à une table de vagues datées.

    OUTCOME est le fichier de l’Insee des taux de chômage par département (sl_etc_AAAATQ.xls), ou une table
    avec les colonnes unit, time et outcome. La sortie est un CSV, ou un parquet si son nom finit par
    .parquet.
    """
    with out.readable_errors():
        content = location.read(outcome, PANEL_LIMITS, private=True)
        table, example = _waves(waves)
        chosen = _window(window, window_reason, table, example)
        built = build_panel(_outcome(content), table, chosen)
        origin = {
            "outcome": Path(outcome).name if not location.is_address(outcome) else outcome,
            "outcome_sha256": hashlib.sha256(content).hexdigest(),
            "waves": waves if example else Path(waves).name,
            "window": [built.window.first, built.window.last],
            "window_reason": built.window.reason,
            "notes": list(built.notes),
        }
        out.write_frame(built.frame, output)
        out.write_sidecar(output, origin)
    if as_json:
        click.echo(
            json.dumps({"panel": str(output), **_summary(built), **origin}, ensure_ascii=False, indent=2)
        )
        return
    _say(built, output)


@command.command("simulate", short_help="un panel simulé, étiqueté comme tel")
@click.option("-o", "--output", required=True, type=OutputFile(), help="Panel à écrire.")
@click.option("--units", default=100, show_default=True, help="Nombre d’unités.")
@click.option("--effect", default=0.0, show_default=True, help="Effet dès l’ouverture.")
@click.option("--seed", default=2007, show_default=True, help="Graine du tirage.")
def simulate(output: Path, units: int, effect: float, seed: int) -> None:
    """Tirer un panel de trimestres, trois vagues de 8, 8 et 18 unités, pour essayer sans données."""
    with out.readable_errors():
        frame = sim.simulate(sim.Scenario(units=units, effect=effect, seed=seed))
        out.write_frame(frame, output)
    click.echo(
        f"Panel simulé écrit : {output} ({units} unités). Chaque ligne porte la mention « {sim.MARK} »."
    )


def _outcome(content: bytes) -> pl.DataFrame:
    """The outcome as ``unit, time, outcome``: INSEE's workbook, or a table that has these columns."""
    if chomage.recognises(content, PANEL_LIMITS):
        return chomage.read(content, PANEL_LIMITS)
    frame = read_whole(content)
    missing = [name for name in ("unit", "time", "outcome") if name not in frame.columns]
    if missing:
        raise PanelError(
            f"Le résultat mesuré n’a pas la colonne « {missing[0]} ». Donnez le fichier de l’Insee "
            "(sl_etc_AAAATQ.xls, "
            f"{chomage.PAGE}), ou une table avec les colonnes unit, time et outcome."
        )
    return frame.with_columns(pl.col("outcome").cast(pl.Float64, strict=False))


def _waves(waves: str) -> tuple[pl.DataFrame, WaveExample | None]:
    """The table of waves, and the example of the product that it is, if any."""
    named = next((example for example in WAVE_EXAMPLES if example.name == waves), None)
    if named is not None:
        return read_whole(named.path.read_bytes()), named
    table = read_whole(waves, private=True)
    dates = read_waves(table).date
    same = (e for e in WAVE_EXAMPLES if read_waves(read_whole(e.path.read_bytes())).date == dates)
    return table, next(same, None)


def _window(text: str | None, reason: str, table: pl.DataFrame, example: WaveExample | None) -> Window | None:
    if text is not None:
        first, separator, last = text.partition(":")
        if not separator:
            raise EvaluationError("La fenêtre s’écrit PREMIÈRE:DERNIÈRE, par exemple 2005T1:2009T1.")
        return Window(first.strip(), last.strip(), reason)
    return Window(example.first, example.last, example.reason) if example else None


def _summary(built: BuiltPanel) -> dict[str, object]:
    exposed = built.frame.filter(pl.col("cohort") != "")["unit"].n_unique()
    waves = (
        built.frame.filter(pl.col("cohort") != "")
        .group_by("cohort")
        .agg(pl.col("unit").n_unique())
        .sort("cohort")
        .rows()
    )
    return {
        "units": built.frame["unit"].n_unique(),
        "exposed": exposed,
        "periods": built.frame["time"].n_unique(),
        "waves_sizes": dict(waves),
    }


def _say(built: BuiltPanel, output: Path) -> None:
    summary = _summary(built)
    click.echo(
        f"Panel écrit : {output} : {summary['units']} unités, dont {summary['exposed']} exposées, "
        f"{summary['periods']} périodes."
    )
    click.echo(f"Fenêtre : {built.window.first} à {built.window.last}. Raison : {built.window.reason}.")
    for note in built.notes:
        click.echo(f"Attention : {note}")


__all__ = ["UnsafeFile", "command"]
