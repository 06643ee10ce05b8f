"""``essaim evaluate``: effects of a roll-out in waves, with their uncertainty and a plain reading."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import click

from essaim.cli import evaluation_output as out
from essaim.cli.options import Positive
from essaim.cli.records import read_record
from essaim.evaluation import (
    Options,
    Panel,
    RecordedDraw,
    Result,
    aggregate,
    build_report,
    estimate,
    event_study_svg,
    numbers_csv,
    read_plainly,
    replay_script,
    report_docx,
    report_html,
    report_pdf,
)
from essaim.evaluation.att import Base, Control
from essaim.evaluation.doubly_robust import Method
from essaim.evaluation.engines import is_database, is_engine, without_secret
from essaim.evaluation.errors import EvaluationError
from essaim.evaluation.event_path import event_path
from essaim.evaluation.options import Inference
from essaim.evaluation.origin import Origin
from essaim.evaluation.pushdown import AT_LEAST, read_panel
from essaim.evaluation.reading import verdict
from essaim.evaluation.report import TITLES, Report
from essaim.evaluation.resampling import Multiplier
from essaim.evaluation.result import Estimate
from essaim.evaluation.solidity import Solidity, examine
from essaim.evaluation.solidity_reading import doubts, read_solidity
from essaim.opendata.whole_table import read_whole
from essaim.territory.indicators import shared_borders
from essaim.words import number

FILE = click.Path(dir_okay=False, path_type=Path)
READ = click.Path(exists=True, dir_okay=False, path_type=Path)

OPTIONS = (
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


@click.command("evaluate", short_help="effets d’un déploiement par vagues")
@click.argument("panel")
@click.option("--unit", default="unit", show_default=True, help="Colonne de l’unité.")
@click.option("--time", default="time", show_default=True, help="Colonne de la période.")
@click.option("--cohort", default="cohort", show_default=True, help="Colonne de la première exposition.")
@click.option("--outcome", default="outcome", show_default=True, help="Colonne du résultat.")
@click.option("--covariates", help="Colonnes des covariables, séparées par des virgules.")
@click.option("--method", type=click.Choice(get_args(Method)), default="dr", show_default=True)
@click.option("--control", type=click.Choice(get_args(Control)), default="nevertreated", show_default=True)
@click.option("--base", type=click.Choice(get_args(Base)), default="varying", show_default=True)
@click.option("--anticipation", type=click.IntRange(0), default=0, help="Périodes d’anticipation.")
@click.option("--cluster", help="Colonne des grappes, plus grosses que les unités (« region »…).")
@click.option("--region", help="Colonne de la région (« region » si elle existe).")
@click.option("--weights", help="Colonne des poids.")
@click.option(
    "--persons",
    is_flag=True,
    help="Chaque ligne est une personne : agrégée là où elle est, gardée nulle part ici.",
)
@click.option(
    "--min-persons",
    "at_least",
    type=click.IntRange(1),
    help=f"Moins de personnes par territoire et période ({AT_LEAST} par défaut) : territoires regroupés.",
)
@click.option("--table", help="Table à lire, quand PANEL est une base ou un moteur (schema.table).")
@click.option("--cross-sections", is_flag=True, help="Coupes répétées : chaque ligne est une autre personne.")
@click.option("--unbalanced", is_flag=True, help="Garder les unités qui manquent à certaines périodes.")
@click.option(
    "--inference",
    type=click.Choice(get_args(Inference)),
    help="cr2 par défaut ; randomisation quand un tirage est donné (--draw).",
)
@click.option(
    "--draws", default=999, show_default=True, help="Nombre de tirages (bootstrap, wild, randomisation)."
)
@click.option("--multiplier", type=click.Choice(get_args(Multiplier)), help="rademacher par défaut.")
@click.option("--drawn", is_flag=True, help="L’ordre des vagues a été tiré au sort.")
@click.option(
    "--draw", "record", type=READ, help="Procès-verbal JSON du tirage des vagues, à rejouer (rollout draw)."
)
@click.option("--strata", help="Colonne des strates de ce tirage.")
@click.option("--level", default=0.95, show_default=True, help="Niveau de confiance.")
@click.option("--seed", default=0, show_default=True, help="Graine des tirages.")
@click.option(
    "--aggregate", "kinds", default=",".join(aggregate.KINDS), show_default=True, help="Agrégations."
)
@click.option("--window", type=click.IntRange(0), help="Maturité égale : vagues suivies au moins N périodes.")
@click.option("--smallest-effect", type=Positive(), help="Plus petit effet qui compte.")
@click.option("--by", help="Colonne d’un attribut des sites : effet par valeur, et différences.")
@click.option(
    "--checks",
    is_flag=True,
    help="Éprouver la conclusion : solidité, fausses ouvertures, une vague de moins…",
)
@click.option(
    "--neighbours",
    type=READ,
    help="Table des voisines : une unité, sa voisine (avec --checks). Par défaut, pour des codes de départements ou "
    "d’intercommunalités : celles qui ont une frontière commune.",
)
@click.option("--chart", type=FILE, help="Graphique SVG à écrire.")
@click.option("--report", type=FILE, help="Rapport .html, .pdf, .docx ou .csv.")
@click.option("--script", type=FILE, help="Script Python qui refait le calcul.")
@click.option("--json", "as_json", is_flag=True, help="Tout en JSON.")
def command(
    panel: str,
    as_json: bool,
    chart: Path | None,
    report: Path | None,
    script: Path | None,
    record: Path | None,
    smallest_effect: float | None,
    checks: bool,
    neighbours: Path | None,
    **given: Any,
) -> None:
    """Estimer les effets d’un déploiement par vagues sur PANEL : CSV, XLSX, XLS, ODS, parquet (fichier ou
    adresse), base DuckDB ou connexion SQL (postgresql://…, pyspark://…, avec --table).

    Une ligne par unité et par période, ou par personne avec --persons. Une première exposition vide, nulle ou
    « jamais » veut dire jamais exposée.
    """
    _refuse_settings_without_effect(given, panel)
    if report and report.suffix not in WRITERS:
        raise click.BadParameter(f"le rapport finit par {', '.join(WRITERS)}.", param_hint="--report")
    for path in (chart, report, script):
        if path and Path(panel).exists() and path.resolve() == Path(panel).resolve():
            raise click.BadParameter(
                f"« {path} » est le panel lui-même : il serait écrasé. Donnez un autre nom."
            )
    with out.readable_errors():
        origin = None if is_engine(panel) else out.read_sidecar(panel)
        given["inference"] = given["inference"] or ("randomisation" if record else "cr2")
        columns, options = _columns(given), _options(given)
        where = {
            "table": given["table"],
            "at_least": (given["at_least"] or AT_LEAST) if given["persons"] else None,
        }
        read = read_panel(panel, columns, **where)
        drawn = read_record(record) if record else None
        draw = RecordedDraw.of(drawn, options["draws"]) if drawn else None
        result = estimate(read, Options(**options), draw)
        compared = draw.without_first(read) if draw else read
        solidity = None
        if checks or neighbours or report:
            near = read_whole(str(neighbours), private=True) if neighbours else shared_borders(compared.units)
            solidity = examine(compared, Options(**options), result, near, smallest_effect)
        if origin and origin.get("panel_sha256") == out.sha256(panel):
            result.provenance["panel"] = origin
        elif origin:
            said = "Le panel a changé depuis sa construction : l’origine écrite à côté de lui n’est plus la sienne."
            result = replace(result, warnings=(*result.warnings, said))
        digest = str(result.provenance["panel_sha256"])
        replay = replay_script(without_secret(panel), columns, options, digest, drawn, where)
        if chart:
            out.write_text(event_study_svg(result), chart)
        if script:
            out.write_text(replay, script)
        if report:
            built = build_report(result, smallest=smallest_effect, replay=replay, solidity=solidity)
            out.write_bytes(WRITERS[report.suffix](built, result, solidity), report)
    if as_json:
        shown = _with_event_study(result, compared, Options(**options))
        if solidity:
            shown["solidity"] = solidity.to_json()
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2, allow_nan=False))
        return
    _print(result, smallest_effect, solidity)
    if solidity:
        click.echo("\nSolidité")
        for sentence in read_solidity(solidity, result):
            click.echo(f"- {sentence}")
    for what, path in (("Graphique", chart), ("Rapport", report), ("Script", script)):
        if path:
            click.echo(f"\n{what} écrit : {path}")


WRITERS: dict[str, Callable[[Report, Result, Solidity | None], bytes]] = {
    ".html": lambda built, *_: report_html(built).encode(),
    ".pdf": lambda built, *_: report_pdf(built),
    ".docx": lambda built, *_: report_docx(built),
    ".csv": lambda _, result, solidity: numbers_csv(result, solidity).encode(),
}


def _with_event_study(result: Result, panel: Panel, options: Options) -> dict[str, Any]:
    """The result as JSON, with what ``essaim sensitivity`` reads."""
    shown = result.to_json()
    try:
        shown["event_study"] = event_path(panel, options).to_json()
    except EvaluationError as reason:
        shown["event_study"] = None
        shown["warnings"] = [*result.warnings, str(reason)]
    return shown


def _refuse_settings_without_effect(given: dict[str, Any], panel: str) -> None:
    """A setting that nothing reads would be believed to count."""
    replayed = given["inference"] == "randomisation"
    for useless, hint, why in (
        (given["at_least"] and not given["persons"], "--min-persons", "ne sert qu’avec --persons."),
        (
            given["table"] and not is_database(panel),
            "--table",
            "nomme la table d’une base, et PANEL n’en est pas une.",
        ),
        (
            given["multiplier"] and given["inference"] != "bootstrap",
            "--multiplier",
            "sert à --inference bootstrap.",
        ),
        (
            given["strata"] and not replayed,
            "--strata",
            "sert à --inference randomisation, sans procès-verbal.",
        ),
    ):
        if useless:
            raise click.BadParameter(f"{why} Retirez cette option, ou ajoutez l’autre.", param_hint=hint)


def _columns(given: dict[str, Any]) -> dict[str, Any]:
    """The columns of the panel, as ``read_panel`` takes them."""
    listed = _listed(given["covariates"] or "")
    return {
        **{name: given[name] for name in ("unit", "time", "cohort", "outcome", "weights", "cluster")},
        "region": given["region"],
        "stratum": given["strata"],
        "by": given["by"],
        "covariates": listed,
        "unbalanced": bool(given["unbalanced"]),
        "cross_sections": bool(given["cross_sections"]),
    }


def _listed(text: str) -> list[str]:
    """Names separated by commas, each once."""
    return list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _options(given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of ``Options``."""
    chosen = {name: given[name] for name in OPTIONS if given[name] is not None}
    return {"aggregations": _listed(given["kinds"]), **chosen}


def _print(result: Result, smallest: float | None, solidity: Solidity | None) -> None:
    click.echo(f"Conclusion : {verdict(result, smallest).value}.\n")
    for sentence in read_plainly(result, smallest, doubts=doubts(solidity, result)):
        click.echo(f"- {sentence}")
    origin = Origin.of(result)
    if origin.window:
        click.echo(f"- {origin.window}")
    for warning in (*origin.notes, *result.warnings):
        click.echo(f"- Attention : {warning}")
    for kind, title in TITLES.items():
        if kind in result.aggregations:
            found = result.aggregations[kind]
            click.echo(f"\n{title}")
            for key, effect in found.by:
                click.echo(_row(str(key).replace("-", "−") if kind == "event" else str(key), effect))
            click.echo(_row("ensemble", found.overall))
            for one, other, effect in found.differences:
                click.echo(_row(f"{one} − {other}", effect))
    if result.pretest.p_value is not None:
        click.echo(
            f"\nTest avant exposition ({result.pretest.method}) : p = "
            f"{number(result.pretest.p_value, digits=3)}"
        )


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
