"""``essaim rollout``: draw the waves, power and smallest effect of a design, capacity of a wave."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, get_args

import click
import numpy as np
import polars as pl

from essaim.cli.options import refuse_unread
from essaim.cli.records import read_record
from essaim.opendata.safety import UnsafeFile
from essaim.opendata.whole_table import read_whole
from essaim.rollout import allocation as alloc
from essaim.rollout import power as pw
from essaim.rollout.capacity import Means, Needs, WaveCapacity, capacity
from essaim.rollout.design import Design, design, parallel, stepped_wedge
from essaim.rollout.errors import RolloutError
from essaim.rollout.simulation import simulated_power
from essaim.rollout.table import named, number, read_territories

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
JSON = click.option("--json", "as_json", is_flag=True, help="Résultat en JSON.")
CONVENTION = "test z bilatéral, les deux queues comptées"
BINDS = {"coordinators": "les coordinateurs", "days": "les jours d’ingénierie", "both": "les deux"}


class Numbers(click.ParamType):
    """Numbers separated by commas: ``6,6,6`` → (6.0, 6.0, 6.0)."""

    name = "nombres"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        if isinstance(value, tuple):
            return value
        try:
            found = tuple(float(part) for part in str(value).split(","))
        except ValueError:
            found = ()
        if not found or not all(np.isfinite(found)):
            self.fail(
                f"« {value} » : donnez des nombres séparés par des virgules, par exemple 6,6,6.", param, ctx
            )
        return found


@click.group("rollout", help="Préparer les vagues : tirage au sort, puissance, plus petit effet, capacité.")
def command() -> None:
    """Group of the commands on waves."""


@contextmanager
def readable_errors() -> Iterator[None]:
    """Errors of data become a French message and exit code 1: the data says no."""
    try:
        yield
    except UnsafeFile as error:
        click.echo(f"Erreur : {error.message} {error.mend}", err=True)
    except RolloutError as error:
        click.echo(f"Erreur : {error}", err=True)
    else:
        return
    sys.exit(1)


def _write(data: Mapping[str, Any], as_json: bool, text: Callable[[], Sequence[str]]) -> None:
    click.echo(
        json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) if as_json else "\n".join(text())
    )


# --- draw --------------------------------------------------------------------------------------------------


@command.command("draw", short_help="table de territoires → vagues tirées au sort")
@click.argument("table", type=FILE)
@click.option("--capacities", type=Numbers(), help="Places par vague, par exemple 10,10,10.")
@click.option("--method", type=click.Choice(alloc.METHODS), default="simple", show_default=True)
@click.option("--covariates", default="", help="Colonnes à équilibrer, séparées par des virgules.")
@click.option("--candidates", type=click.IntRange(1), default=10_000, show_default=True)
@click.option(
    "--keep", default=0.1, show_default=True, help="Part des candidats les mieux équilibrés gardée."
)
@click.option(
    "--seed", type=click.IntRange(0), help="Graine. Sans elle, seule l’empreinte à publier est donnée."
)
@click.option("--public", help="Texte public qui donne la graine, au lieu de --seed : les numéros d’un loto…")
@click.option("--chosen", is_flag=True, help="Vagues choisies (colonne « vague ») : rien n’est tiré.")
@click.option("--replay", "replayed", is_flag=True, help="TABLE est un procès-verbal JSON : le rejouer.")
@JSON
def draw(
    table: Path,
    replayed: bool,
    chosen: bool,
    seed: int | None,
    public: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Tirer les vagues au sort (TABLE : colonnes code, strate, imposé = raison d’ouvrir en premier, covariables).

    D’abord sans --seed : publiez l’empreinte des données. Puis avec la graine tirée en public, ou --public, le
    texte qui la donne. TABLE peut être le fichier JSON des données publié avec l’empreinte. Avec le procès-verbal,
    n’importe qui rejoue le tirage (--replay).
    """
    _refuse_unread(table, given["method"], replayed, chosen, public)
    with readable_errors():
        if replayed:
            made = alloc.replay(read_record(table))
            said = ["Tirage rejoué : conforme au procès-verbal.", *_draw_text(made)]
            _write(made.to_dict(), as_json, lambda: said)
        elif chosen:
            rows, waves = _table(table, given["covariates"], chosen)
            data = alloc.chosen(rows, waves).to_dict()
            _write(data, as_json, lambda: _chosen_text(data))
        else:
            seed = seed if public is None else alloc.public_seed(public)
            _draw(_request(table, given), seed, public, as_json)


def _refuse_unread(table: Path, method: str, replayed: bool, chosen: bool, public: str | None) -> None:
    rules = ("capacities", "method", "candidates", "keep")
    if replayed:
        why = "--replay lit tout dans le procès-verbal."
        refuse_unread(why, *rules, "covariates", "seed", "public", "chosen")
    elif chosen:
        refuse_unread("avec --chosen, rien n’est tiré.", *rules, "seed", "public")
    elif table.suffix == ".json":
        refuse_unread("ce fichier JSON le dit déjà.", *rules, "covariates")
    elif method != "constrained":
        refuse_unread("elle règle --method constrained.", "candidates", "keep")
    if public is not None:
        refuse_unread("--public donne la graine.", "seed")


def _draw(request: alloc.Request, seed: int | None, public: str | None, as_json: bool) -> None:
    if seed is None:
        known = {"fingerprint": request.fingerprint(), "inputs": request.canonical(), "drawn": False}
        _write(known, as_json, lambda: [f"Empreinte à publier avant le tirage : {request.fingerprint()}"])
        return
    drawn = alloc.draw(request, seed)
    _write(drawn.to_dict(public), as_json, lambda: _draw_text(drawn))


def _request(table: Path, given: Mapping[str, Any]) -> alloc.Request:
    if table.suffix == ".json":
        return alloc.request_from(read_record(table))
    places = given["capacities"]
    if places is None:
        raise click.UsageError("Donnez --capacities, les places de chaque vague, par exemple 10,10,10.")
    if any(value != int(value) for value in places):
        raise click.UsageError("--capacities : des nombres entiers de sites, par exemple 10,10,10.")
    rows, _waves = _table(table, given["covariates"], False)
    return alloc.declared(
        alloc.Request(rows, tuple(map(int, places)), given["method"], given["candidates"], given["keep"])
    )


def _table(
    path: Path, covariates: str, chosen: bool
) -> tuple[tuple[alloc.Territory, ...], Mapping[str, int]]:
    names = [name.strip() for name in covariates.split(",") if name.strip()]
    return read_territories(named(read_whole(str(path)), path.name), names, path.name, chosen=chosen)


def _draw_text(made: alloc.Draw) -> list[str]:
    record = made.to_dict()
    lines = [f"{record['label'].capitalize()} (méthode : {made.request.method})", *_waves_text(record)]
    forced = made.request.first
    if forced:
        lines.append("Imposés en vague 1, hors de la comparaison tirée au sort :")
        lines += [f"  {t.code} : {t.first}" for t in forced]
    lines += _balance_text(made.balance)
    if made.constraint is not None:
        found = made.constraint
        lines.append(f"Répartitions candidates distinctes : {found.distinct} ; gardées : {found.kept}.")
        lines += [f"Attention : {warning}" for warning in found.warnings]
    return [*lines, f"Empreinte : {record['fingerprint']}", f"Graine : {made.seed}"]


def _chosen_text(data: Mapping[str, Any]) -> list[str]:
    return [
        data["label"].upper(),
        "Ce n’est pas un déploiement par paliers tiré au sort : ce qui a fait choisir un territoire plus tôt se",
        "mêle à l’effet, et aucune probabilité ne dit de combien.",
        *_waves_text(data),
        *_balance_text(data["balance"]),
    ]


def _waves_text(data: Mapping[str, Any]) -> list[str]:
    waves: dict[int, list[str]] = {}
    for row in data["allocation"]:
        waves.setdefault(row["wave"], []).append(row["code"])
    return [f"Vague {wave} ({len(codes)}) : {', '.join(codes)}" for wave, codes in sorted(waves.items())]


def _balance_text(balance: Mapping[str, float]) -> list[str]:
    if not balance:
        return []
    shown = " ; ".join(f"{name} {100 * share:.1f} %" for name, share in balance.items()).replace(".", ",")
    return [f"Part de la variance entre vagues (0 % : vagues semblables) : {shown}"]


# --- power and smallest effect -----------------------------------------------------------------------------

_DESIGN_OPTIONS = (
    click.option("--waves", type=Numbers(), help="Territoires par vague, par exemple 6,6,6,6."),
    click.option("--never", default=0.0, help="Territoires qui n’ouvrent pas."),
    click.option(
        "--parallel", "arms", type=Numbers(), help="Deux bras : ouverts,témoins (au lieu de --waves)."
    ),
    click.option(
        "--plan", type=FILE, help="Plan libre (CSV) : une ligne par territoire, une colonne par période."
    ),
    click.option("--persons", type=Numbers(), required=True, help="Personnes par territoire et période."),
    click.option("--before", default=1, show_default=True, help="Périodes avant la première ouverture."),
    click.option("--after", default=1, show_default=True, help="Périodes après la dernière ouverture."),
    click.option("--transition", default=0, help="Périodes non mesurées après chaque ouverture."),
    click.option("--ramp", type=Numbers(), default="1", help="Montée en charge, par exemple 0.5,1."),
    click.option("--sd", type=float, required=True, help="Écart-type total du résultat entre personnes."),
    click.option("--icc", type=Numbers(), required=True, help="Corrélations intra-territoire supposées."),
    click.option(
        "--correlation",
        type=click.Choice(get_args(pw.Correlation)),
        default="exchangeable",
        show_default=True,
        help="Comment un territoire se ressemble d’une période à l’autre.",
    ),
    click.option(
        "--autocorrelation", type=Numbers(), default="1", help="Autocorrélations supposées du territoire."
    ),
    click.option("--person", default=0.0, help="Corrélation d’une personne avec elle-même (cohorte)."),
    click.option(
        "--retention", default=1.0, help="Part des personnes qui restent (cohorte ouverte : moins de 1)."
    ),
    click.option("--level", default=0.05, show_default=True, help="Seuil du test."),
    click.option("--chosen", is_flag=True, help="Les vagues seront choisies, non tirées au sort."),
    JSON,
)


def _design_options(function: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_DESIGN_OPTIONS):
        function = option(function)
    return function


@command.command("power", short_help="puissance d’un plan pour un effet")
@click.option("--effect", type=float, required=True, help="Effet à détecter, dans l’unité du résultat.")
@click.option(
    "--simulate",
    type=click.IntRange(100, 100_000),
    help="Ajouter la puissance simulée avec l’estimateur (REML) : nombre de jeux de données.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Graine des simulations.")
@_design_options
def power(effect: float, as_json: bool, **given: Any) -> None:
    """Puissance d’un plan par vagues ou en deux bras, pour chaque corrélation supposée."""
    _judge(given, effect, 0.8, as_json)


@command.command("mde", short_help="plus petit effet qu’un plan peut détecter")
@click.option("--power", "wanted", default=0.8, show_default=True, help="Puissance voulue.")
@_design_options
def mde(wanted: float, as_json: bool, **given: Any) -> None:
    """Plus petit effet qu’un plan détecte avec la puissance voulue, pour chaque corrélation supposée."""
    _judge(given, None, wanted, as_json)


def _judge(given: Mapping[str, Any], effect: float | None, wanted: float, as_json: bool) -> None:
    with readable_errors():
        made = _design(given)
        outcome = pw.from_correlations(
            given["sd"],
            given["icc"][0],
            given["correlation"],
            given["autocorrelation"][0],
            given["person"],
            given["retention"],
        )
        cells = pw.grid(
            made,
            outcome,
            given["icc"],
            given["autocorrelation"],
            effect=effect,
            wanted=wanted,
            level=given["level"],
        )
        clusters = float(made.clusters.sum())
        data = {
            "waves": "chosen" if given["chosen"] else "to_draw",
            "label": alloc.LABELS[False] if given["chosen"] else "vagues à tirer au sort",
            "convention": CONVENTION,
            "level": given["level"],
            "effect": effect,
            "wanted_power": wanted,
            "clusters": clusters,
            "periods": made.periods,
            "correlation": given["correlation"],
            "grid": [asdict(cell) | _simulated(made, outcome, cell, effect, given) for cell in cells],
            "warnings": _warnings(clusters, given["chosen"]),
        }
        _write(data, as_json, lambda: _grid_text(data))


def _simulated(
    made: Design, outcome: pw.Outcome, cell: pw.GridCell, effect: float | None, given: Mapping[str, Any]
) -> dict[str, Any]:
    """The simulated power of one cell of the grid, where it was asked for."""
    if not given.get("simulate") or effect is None:
        return {}
    guess = replace(outcome.with_icc(cell.icc), autocorrelation=cell.autocorrelation)
    found = simulated_power(
        made, guess, effect, replicates=given["simulate"], seed=given["seed"], level=given["level"]
    )
    return {"simulated": {"replicates": found.replicates, "z": found.z, "t": found.t, "error": found.error}}


def _design(given: Mapping[str, Any]) -> Design:
    persons = given["persons"][0] if len(given["persons"]) == 1 else given["persons"]
    if sum(given[name] is not None for name in ("waves", "arms", "plan")) != 1:
        raise click.UsageError("Donnez un plan, et un seul : --waves, --parallel ou --plan.")
    if given["plan"] is not None:
        why = "--plan dit ce qui est mesuré à chaque période."
        refuse_unread(why, "before", "after", "transition", "ramp", "never")
        return design(_plan(given["plan"]), persons)
    if given["arms"] is not None:
        refuse_unread("avec --parallel, tout ouvre en même temps.", "transition", "ramp", "never")
        if len(given["arms"]) != 2:
            raise click.UsageError(
                "--parallel : deux nombres, territoires ouverts puis témoins, par exemple 10,10."
            )
        opened, controls = given["arms"]
        return parallel(opened, controls, persons, before=given["before"], after=given["after"])
    return stepped_wedge(
        given["waves"],
        persons,
        baseline=given["before"],
        after=given["after"],
        transition=given["transition"],
        ramp=given["ramp"],
        never=given["never"],
    )


def _plan(path: Path) -> list[list[float]]:
    """Exposures of a table with a header of periods; an empty cell is not observed."""
    frame: pl.DataFrame = read_whole(str(path))
    return [
        [
            float("nan")
            if value is None or not str(value).strip()
            else number(value, path.name, line, column)
            for column, value in zip(frame.columns, row, strict=True)
        ]
        for line, row in enumerate(frame.iter_rows(), 2)
    ]


def _warnings(clusters: float, chosen: bool) -> list[str]:
    found = []
    if clusters < pw.FEW_CLUSTERS:
        found.append(
            f"{clusters:g} territoires : avec moins de {pw.FEW_CLUSTERS}, le test z est trop optimiste ; prévoyez un "
            "test par tirage et lisez ces puissances comme un maximum."
        )
    if chosen:
        found.append(
            "Vagues choisies : ces nombres supposent un tirage au sort et ne disent rien du biais de choix."
        )
    return found


def _grid_text(data: Mapping[str, Any]) -> list[str]:
    lines = [
        f"{data['label'].capitalize()} ; {data['clusters']:g} territoires, {data['periods']} périodes ; "
        f"{CONVENTION}, seuil {data['level']:g}",
        "",
        f"{'corrélation':>12} {'autocorrél.':>12} {'erreur type':>12} "
        + (f"{'puissance':>10} " if data["effect"] is not None else "")
        + f"{'plus petit effet':>18}",
    ]
    for cell in data["grid"]:
        shown = "" if cell["power"] is None else f"{100 * cell['power']:>8.1f} % "
        lines.append(
            f"{cell['icc']:>12g} {cell['autocorrelation']:>12g} {cell['standard_error']:>12.4g} {shown}"
            f"{cell['smallest_effect']:>18.4g}"
        )
        if "simulated" in cell:
            found = cell["simulated"]
            lines.append(
                f"{'':>12} simulée : {100 * found['z']:.1f} % (loi normale), {100 * found['t']:.1f} % (Student, "
                f"territoires − 2), sur {found['replicates']} jeux de données"
            )
    lines.append(f"Plus petit effet détecté avec une puissance de {100 * data['wanted_power']:g} %.")
    return [
        *(re.sub(r"(?<=\d)\.(?=\d)", ",", line) for line in lines),
        *(f"Attention : {w}" for w in data["warnings"]),
    ]


# --- capacity ----------------------------------------------------------------------------------------------


@command.command("capacity", short_help="sites qu’une vague peut prendre")
@click.option("--coordinators", type=Numbers(), required=True, help="Coordinateurs (ETP) par vague.")
@click.option("--days", type=Numbers(), required=True, help="Jours d’ingénierie par vague.")
@click.option("--sites-per-coordinator", type=float, required=True, help="Sites qu’un coordinateur suit.")
@click.option("--days-to-open", type=float, required=True, help="Jours d’ingénierie pour ouvrir un site.")
@click.option("--days-to-follow", default=0.0, help="Jours par vague pour suivre un site déjà ouvert.")
@click.option("--followed", default=0, help="Vagues pendant lesquelles un site ouvert reste suivi.")
@JSON
def capacity_(coordinators: tuple[float, ...], days: tuple[float, ...], as_json: bool, **needs: Any) -> None:
    """Combien de sites chaque vague peut prendre, et ce qui limite."""
    if len(coordinators) != len(days):
        raise click.UsageError("--coordinators et --days : autant de valeurs, une par vague.")
    with readable_errors():
        means = [Means(c, d) for c, d in zip(coordinators, days, strict=True)]
        found = capacity(means, Needs(**needs))
        rows = [{name: getattr(w, name) for name in w.__dataclass_fields__} for w in found]
        _write({"waves": rows, "total": sum(w.sites for w in found)}, as_json, lambda: _capacity_text(found))


def _capacity_text(found: Sequence[WaveCapacity]) -> list[str]:
    lines = []
    for wave in found:
        days = "sans limite" if wave.by_days is None else wave.by_days
        lines.append(
            f"Vague {wave.wave} : {wave.sites} sites (coordinateurs : {wave.by_coordinators}, jours : {days}) ; "
            f"ce qui limite : {BINDS[wave.binds]}."
        )
        if wave.overloaded:
            lines.append(
                f"  Attention : les moyens ne suffisent pas à suivre les {wave.followed} sites déjà ouverts."
            )
    return [*lines, f"Total : {sum(w.sites for w in found)} sites."]
