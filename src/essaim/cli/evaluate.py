"""``essaim evaluate``: effects of a roll-out in waves, with their uncertainty and a plain reading."""

import json
from pathlib import Path
from typing import get_args

import click

from essaim.cli import evaluation_output as out
from essaim.evaluation import (
    Options,
    Panel,
    Result,
    aggregate,
    att,
    estimate,
    estimation,
    event_study_svg,
    read_plainly,
)
from essaim.evaluation.reading import number, verdict
from essaim.evaluation.resampling import Multiplier
from essaim.evaluation.result import Estimate
from essaim.opendata.whole_table import read_whole


@click.command("evaluate", short_help="effets d’un déploiement par vagues")
@click.argument("panel")
@click.option("--unit", default="unit", show_default=True, help="Colonne de l’unité.")
@click.option("--time", default="time", show_default=True, help="Colonne de la période.")
@click.option(
    "--cohort", default="cohort", show_default=True, help="Colonne de la première période d’exposition."
)
@click.option("--outcome", default="outcome", show_default=True, help="Colonne du résultat.")
@click.option(
    "--control", type=click.Choice(get_args(att.Control)), default="nevertreated", show_default=True
)
@click.option("--base", type=click.Choice(get_args(att.Base)), default="varying", show_default=True)
@click.option(
    "--anticipation", type=click.IntRange(0), default=0, show_default=True, help="Périodes d’anticipation."
)
@click.option("--cluster", help="Colonne des grappes, plus grosses que les unités.")
@click.option("--region", help="Colonne de la région (par défaut « region » si elle existe).")
@click.option("--weights", help="Colonne des poids.")
@click.option("--unbalanced", is_flag=True, help="Garder les unités qui manquent à certaines périodes.")
@click.option(
    "--inference", type=click.Choice(get_args(estimation.Inference)), default="cr2", show_default=True
)
@click.option("--draws", default=999, show_default=True, help="Nombre de tirages.")
@click.option(
    "--multiplier", type=click.Choice(get_args(Multiplier)), default="rademacher", show_default=True
)
@click.option("--drawn", is_flag=True, help="L’ordre des vagues a été tiré au sort.")
@click.option("--strata", help="Colonne des strates de ce tirage.")
@click.option("--level", default=0.95, show_default=True, help="Niveau de confiance.")
@click.option("--seed", default=0, show_default=True, help="Graine des tirages.")
@click.option(
    "--aggregate", "kinds", default=",".join(aggregate.KINDS), show_default=True, help="Agrégations voulues."
)
@click.option(
    "--window", type=click.IntRange(0), help="Maturité égale : seules les vagues suivies au moins N périodes."
)
@click.option(
    "--smallest-effect",
    type=float,
    help="Plus petit effet qui compte, pour dire si un résultat nul est précis.",
)
@click.option("--chart", type=click.Path(dir_okay=False, path_type=Path), help="Graphique SVG à écrire.")
@click.option("--json", "as_json", is_flag=True, help="Tout en JSON.")
def command(
    panel: str, as_json: bool, chart: Path | None, smallest_effect: float | None, **given: str
) -> None:
    """Estimer les effets d’un déploiement par vagues sur PANEL (CSV, XLSX, XLS, ODS ou parquet ; fichier ou
    adresse).

    Une ligne par unité et par période. Une première exposition vide, nulle ou « jamais » veut dire jamais
    exposée.
    """
    with out.readable_errors():
        origin = out.read_sidecar(panel)
        result = estimate(_panel(panel, given), _options(given))
        if origin:
            result.provenance["panel"] = origin
        if chart:
            out.write_text(event_study_svg(result), chart)
    if as_json:
        click.echo(json.dumps(result.to_json(), ensure_ascii=False, indent=2, allow_nan=False))
        return
    _print(result, smallest_effect, origin)
    if chart:
        click.echo(f"\nGraphique écrit : {chart}")


def _panel(location: str, given: dict[str, str]) -> Panel:
    frame = read_whole(location, private=True)
    region = given["region"] or ("region" if "region" in frame.columns else None)
    return Panel.from_frame(
        frame,
        unit=given["unit"],
        time=given["time"],
        cohort=given["cohort"],
        outcome=given["outcome"],
        weights=given["weights"],
        cluster=given["cluster"],
        region=region,
        stratum=given["strata"],
        covariates=[name.strip() for name in (given["covariates"] or "").split(",") if name.strip()],
        unbalanced=bool(given["unbalanced"]),
        cross_sections=bool(given["cross_sections"]),
    )


def _options(given: dict[str, str]) -> Options:
    names = (
        "method",
        "control",
        "base",
        "anticipation",
        "inference",
        "level",
        "seed",
        "window",
        "draws",
        "multiplier",
        "drawn",
    )
    kinds = tuple(kind.strip() for kind in given["kinds"].split(",") if kind.strip())
    return Options(aggregations=kinds, **{name: given[name] for name in names})  # type: ignore[arg-type]


def _print(result: Result, smallest: float | None, origin: dict[str, object] | None) -> None:
    click.echo(f"Conclusion : {verdict(result, smallest).value}.\n")
    for sentence in read_plainly(result, smallest):
        click.echo(f"- {sentence}")
    if origin and "window_reason" in origin:
        first, last = origin["window"] if isinstance(origin["window"], list) else ("", "")
        click.echo(f"- Fenêtre {first} à {last} : {origin['window_reason']}.")
    for warning in result.warnings:
        click.echo(f"- Attention : {warning}")
    for kind, title in TITLES.items():
        if kind in result.aggregations:
            found = result.aggregations[kind]
            click.echo(f"\n{title}")
            for key, effect in found.by:
                click.echo(_row(str(key).replace("-", "−") if kind == "event" else str(key), effect))
            click.echo(_row("ensemble", found.overall))
    if result.pretest.p_value is not None:
        click.echo(
            f"\nTest avant exposition ({result.pretest.method}) : p = "
            f"{number(result.pretest.p_value, digits=3)}"
        )


TITLES = {
    "simple": "Effet moyen",
    "event": "Effet selon le temps depuis l’ouverture",
    "group": "Effet par vague",
    "calendar": "Effet par période",
}


def _row(name: str, effect: Estimate) -> str:
    if effect.se != effect.se:
        value = (
            number(effect.estimate, signed=True, digits=3)
            if effect.estimate == effect.estimate
            else "non défini"
        )
        return f"  {name:>10}  {value:>8}  incertitude non définie"
    band = ""
    if effect.band_low is not None and effect.band_high is not None:
        band = f"   bande [{number(effect.band_low, True, 3)} ; {number(effect.band_high, True, 3)}]"
    return (
        f"  {name:>10}  {number(effect.estimate, True, 3):>8}  "
        f"[{number(effect.conf_low, True, 3)} ; {number(effect.conf_high, True, 3)}]{band}"
    )
