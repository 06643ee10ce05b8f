"""``essaim territory``: a robust ranking, a wave, the reasons for a place, access to an offer."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import numpy as np

from essaim.cli.options import OutputFile, Positive
from essaim.cli.territory_values import read_journeys, read_services, study_table
from essaim.opendata.safety import UnsafeFile
from essaim.territory import access as acc
from essaim.territory.codes import LEVELS, Level, communes, parent, territories
from essaim.territory.composition import Composition, compose
from essaim.territory.entry import entry
from essaim.territory.explain import STATUS_LABELS, explain, percent
from essaim.territory.map import SHIPPED, MapText, choropleth, number
from essaim.territory.places import points
from essaim.territory.plan import OBJECTIVES, Plan
from essaim.territory.portfolio import Forced
from essaim.territory.ranking import Ranking, run
from essaim.territory.study import Study, StudyError, from_yaml
from essaim.territory.table import Table

STUDY = click.argument("study", type=click.Path(exists=True, dir_okay=False, path_type=Path))
VALUES = click.option(
    "--values",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Table d’indicateurs (CSV, XLSX) : codes puis valeurs, une colonne par indicateur. Répétable.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Résultat en JSON.")
CSV = click.option("--csv", "as_csv", is_flag=True, help="Résultat en CSV.")


@click.group("territory", help="Choisir des territoires : classement robuste, vague, explications, accès.")
def command() -> None:
    """Group of the territory commands."""


@contextmanager
def readable_errors() -> Iterator[None]:
    """Errors of data become a French message and exit code 1: the data says no."""
    try:
        yield
    except UnsafeFile as error:
        click.echo(f"{error.message} {error.mend}", err=True)
    except (OSError, ValueError) as error:
        click.echo(str(error), err=True)
    else:
        return
    sys.exit(1)


@command.command("rank", short_help="étude → classement robuste")
@STUDY
@VALUES
@JSON
@CSV
@click.option(
    "--top", type=click.IntRange(min=0), default=20, show_default=True, help="Lignes à montrer dans le texte."
)
@click.option("--map", "map_file", type=OutputFile(), help="Carte SVG à écrire.")
def rank(
    study: Path, files: tuple[Path, ...], as_json: bool, as_csv: bool, top: int, map_file: Path | None
) -> None:
    """Classer les territoires d’une étude (YAML) et dire ce qui tient quels que soient les poids admis."""
    with readable_errors():
        ranking, _ = _run(study, files)
        if map_file is not None:
            map_file.write_text(_map(ranking), encoding="utf-8")
        data = ranking.to_dict()
        codes, wins = ranking.duel()
        data["duels"] = {"codes": codes, "winning_share": wins.round(4).tolist()}
        _write(
            data,
            _labelled(data["ranking"], ranking.simulated),
            as_json,
            as_csv,
            lambda: _rank_text(ranking, data, top),
        )


@command.command("portfolio", short_help="étude et sa vague → territoires choisis ensemble")
@STUDY
@VALUES
@JSON
@CSV
@click.option("--seconds", type=Positive(), default=30.0, show_default=True, help="Temps de calcul au plus.")
@click.option(
    "--force", "forced", multiple=True, metavar="CODE", help="Ce que coûterait d’imposer CODE. Répétable."
)
def portfolio(
    study: Path, files: tuple[Path, ...], as_json: bool, as_csv: bool, seconds: float, forced: tuple[str, ...]
) -> None:
    """Choisir la vague que l’étude demande (bloc « wave ») : la meilleure, prouvée, ou son écart au mieux."""
    with readable_errors():
        ranking, table = _run(study, files)
        plan = ranking.study.wave
        if plan is None:
            raise StudyError(
                "L’étude n’a pas de bloc « wave » : ajoutez-le, par exemple « wave: {size: 10} »."
            )
        found = compose(ranking, plan, table, seconds, forcing=forced)
        data = _portfolio_data(ranking, plan, found)
        _write(
            data, _labelled(data["chosen"], found.simulated), as_json, as_csv, lambda: _portfolio_text(data)
        )


@command.command("explain", short_help="pourquoi ce territoire est à cette place")
@STUDY
@click.argument("code")
@VALUES
@JSON
def explain_(study: Path, code: str, files: tuple[Path, ...], as_json: bool) -> None:
    """Dire ce qui porte CODE, ce qui le retient, et s’il existe des poids admis avec lesquels il entrerait."""
    with readable_errors():
        ranking, _ = _run(study, files)
        told, proof = explain(ranking, code), entry(ranking, code)
        data = {
            "code": told.code,
            "name": told.name,
            "status": told.status,
            "top_share": told.top_share,
            "top_low": told.top_low,
            "top_high": told.top_high,
            "score": told.score,
            "gap_to_median": told.gap,
            "gap_to_neighbours": told.gap_to_neighbours,
            "contributions": [{k: getattr(c, k) for k in c.__dataclass_fields__} for c in told.contributions],
            "levers": [{k: getattr(v, k) for k in v.__dataclass_fields__} for v in told.levers],
            "best_rank": proof.best_rank,
            "best_rank_proven": proof.proven,
            "best_weights": proof.weights,
            "can_enter": proof.can_enter,
            "sentences": list(told.sentences),
            "simulated": list(ranking.simulated),
        }
        proven = "prouvé" if proof.proven else "trouvé dans le temps imparti"
        last = f"Meilleur rang possible avec des poids admis : {proof.best_rank} ({proven})."
        _write(data, [], as_json, False, lambda: [*told.sentences, last])


@command.command("access", short_help="accès à une offre par commune ou par territoire (E2SFCA)")
@click.option(
    "--services",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Table des services : lon, lat et, si connue, places.",
)
@click.option(
    "--reach-km",
    type=Positive(),
    default=30.0,
    show_default=True,
    help="Portée, en kilomètres à vol d’oiseau.",
)
@click.option(
    "--journeys",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Table de temps de trajet (commune, service, minutes), au lieu du vol d’oiseau.",
)
@click.option(
    "--reach-min",
    type=Positive(),
    default=30.0,
    show_default=True,
    help="Portée en minutes, avec --journeys.",
)
@click.option("--decay", type=click.Choice(acc.DECAYS), default="gaussian", show_default=True)
@click.option(
    "--level", type=click.Choice(LEVELS), default="commune", show_default=True, help="Niveau du résultat."
)
@JSON
@CSV
def access(
    services: Path,
    reach_km: float,
    journeys: Path | None,
    reach_min: float,
    decay: acc.Decay,
    level: Level,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Places par habitant que chaque territoire peut atteindre, la concurrence des autres habitants comprise."""
    with readable_errors():
        offer = read_services(services, located=journeys is None)
        places = [c for c in communes().values() if c.lon is not None and c.population is not None]
        people = np.array([float(c.population or 0) for c in places])
        codes = [c.code for c in places]
        if journeys is None:
            lon, lat = (np.array([getattr(c, part) for c in places], float) for part in ("lon", "lat"))
            here = points(lon, lat, codes)
            found = acc.access(here, people, offer.points, offer.capacity, 1_000 * reach_km, decay)
        else:
            pairs = read_journeys(journeys, codes, offer.ids)
            found = acc.e2sfca(pairs, people, offer.capacity, reach_min, decay)
        rows = _by_level(level, codes, people, found.values)
        data = {
            **({"reach_km": reach_km} if journeys is None else {"reach_min": reach_min}),
            "decay": decay,
            "level": level,
            "capacity_reached": found.reached,
            "capacity_unreached": float(np.nansum(offer.capacity) - found.reached),
            "access": rows,
        }
        _write(data, rows, as_json, as_csv, lambda: _access_text(data))


# --- shared ------------------------------------------------------------------------------------------------


def _run(path: Path, files: tuple[Path, ...]) -> tuple[Ranking, Table]:
    try:
        study: Study = from_yaml(path.read_bytes())
    except StudyError as error:
        raise StudyError(*(f"{path.name} : {problem}" for problem in error.problems)) from error
    table = study_table(study.unit, files)
    return run(study, table), table


def _write(
    data: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    as_json: bool,
    as_csv: bool,
    text: Callable[[], Sequence[str]],
) -> None:
    if as_json and as_csv:
        raise click.UsageError("Choisissez --json ou --csv, pas les deux.")
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False))
    elif as_csv:
        _write_csv(rows)
    else:
        click.echo("\n".join(text()))


def _labelled(rows: Sequence[Mapping[str, Any]], simulated: Sequence[str]) -> list[Mapping[str, Any]]:
    """Rows of a CSV: one simulated column and each says it, wherever the row is copied."""
    return [{**row, "simulated": "simulé" if simulated else ""} for row in rows]


def _write_csv(rows: Sequence[Mapping[str, Any]]) -> None:
    flat = [_flat(r) for r in rows]
    columns = list(dict.fromkeys(k for r in flat for k in r))
    writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, Mapping):
            found |= {f"{key}.{k}": v for k, v in value.items()}
        else:
            found[key] = " ".join(value) if isinstance(value, list) else value
    return found


# --- texts -------------------------------------------------------------------------------------------------


def _simulated(labels: Sequence[str]) -> str:
    return f"SIMULÉ : {', '.join(labels)} — valeurs inventées pour l’essai."


def _rank_text(ranking: Ranking, data: Mapping[str, Any], top: int) -> list[str]:
    study, counts = ranking.study, {s: len(ranking.codes_of(s)) for s in ("certain", "possible", "excluded")}
    lines = [f"{study.title} : les {study.k} premiers parmi {len(ranking.notes.codes)} territoires"]
    if ranking.simulated:
        lines.append(_simulated(ranking.simulated))
    if ranking.carried_down:
        lines.append(f"Valeurs reprises d’un niveau plus large : {', '.join(ranking.carried_down)}.")
    lines.append(
        f"Certains : {counts['certain']} ; possibles : {counts['possible']} ; exclus : {counts['excluded']}. "
        f"Même liste que le classement à points avec {percent(data['same_set_share'])} des poids admis."
    )
    lines.append(f"{'dans les premiers':>18}  {'rangs (90 %)':>13}  {'points':>6}  territoire")
    for row in data["ranking"][:top]:
        ranks = f"{row['rank_low']} à {row['rank_high']}" if "rank_low" in row else "-"
        status = STATUS_LABELS[row["status"]]
        lines.append(
            f"{percent(row['top_share']):>18}  {ranks:>13}  {row['point_rank']:>6}  "
            f"{row['name']} [{row['code']}] {status}"
        )
    if ranking.notes.left_out:
        lines.append(f"Non classés faute de valeur : {len(ranking.notes.left_out)}.")
    lines.append(
        f"Étude {data['provenance']['study_sha256'][:12]}, données {data['provenance']['data_sha256'][:12]}."
    )
    return lines


def _portfolio_data(ranking: Ranking, plan: Plan, found: Composition) -> dict[str, Any]:
    names = dict(zip(ranking.notes.codes, ranking.notes.names, strict=True))
    best, values, reasons = found.best, found.values, dict(plan.inside)
    first = {ranking.notes.codes[i] for i in ranking.order[: len(best.codes)]}
    return {
        "title": ranking.study.title,
        "objective": OBJECTIVES[plan.objective],
        "simulated": list(found.simulated),
        "value": best.value,
        "bound": best.bound,
        "gap": best.gap,
        "optimal": best.optimal,
        "spent": dict(best.used),
        "covered": best.covered,
        "chosen": [
            {"code": c, "name": names[c], "value": values[c], "forced": reasons.get(c, "")}
            for c in best.codes
        ],
        "set_aside": [{"code": c, "name": names[c], "reason": why} for c, why in plan.outside],
        "first_left_out": [
            {"code": c, "name": names[c], "value": values[c]} for c in sorted(first - set(best.codes))
        ],
        "alternatives": [
            {
                "value": o.value,
                "in": sorted(set(o.codes) - set(best.codes)),
                "out": sorted(set(best.codes) - set(o.codes)),
            }
            for o in found.others
        ],
        "forcing": _costs(found.forced),
        "imposed": _costs(found.imposed),
        "provenance": dict(ranking.provenance),
    }


def _costs(forced: Sequence[Forced]) -> list[dict[str, Any]]:
    return [{"code": f.code, "loss": f.loss, "out": list(f.leaving), "in": list(f.coming)} for f in forced]


def _portfolio_text(data: Mapping[str, Any]) -> list[str]:
    proof = (
        "optimum prouvé" if data["optimal"] else f"écart prouvé au mieux possible : {percent(data['gap'])}"
    )
    covering = data["objective"] == OBJECTIVES["coverage"]
    worth = f"{number(data['value'])} personnes" if covering else f"valeur {number(data['value'], 3)}"
    lines = [f"{data['title']} : {len(data['chosen'])} territoires, {worth} ({proof})"]
    if data["simulated"]:
        lines.append(_simulated(data["simulated"]))
    for row in data["chosen"]:
        forced = f" — imposé : {row['forced']}" if row["forced"] else ""
        lines.append(f"  {number(row['value'], 3)}  {row['name']} [{row['code']}]{forced}")
    lines += [f"  dépensé, {name} : {number(spent, 1)}" for name, spent in data["spent"].items()]
    if data["covered"] is not None:
        lines.append(f"  population à portée d’un site : {number(data['covered'])}")
    lines += [f"  écarté : {r['name']} [{r['code']}] — {r['reason']}" for r in data["set_aside"]]
    if data["first_left_out"]:
        left = ", ".join(r["name"] for r in data["first_left_out"])
        lines.append(f"Parmi les mieux classés mais hors de la vague par ses contraintes : {left}.")
    for rank, other in enumerate(data["alternatives"], 1):
        lines.append(
            f"Variante {rank}, valeur {number(other['value'], 3)} : "
            f"{', '.join(other['in']) or 'rien'} au lieu de {', '.join(other['out']) or 'rien'}."
        )
    for row in data["imposed"]:
        leaving = ", ".join(row["out"]) or "personne"
        lines.append(
            f"{row['code']}, imposé, coûte {number(row['loss'], 3)} de valeur ; sans lui : {leaving}."
        )
    for row in data["forcing"]:
        leaving = ", ".join(row["out"]) or "personne"
        lines.append(
            f"Imposer {row['code']} : {number(row['loss'], 3)} de valeur en moins ; sort : {leaving}."
        )
    return lines


def _by_level(level: Level, codes: list[str], people: np.ndarray, values: np.ndarray) -> list[dict[str, Any]]:
    """Mean access of people, by territory: weighted by population, as a rate must be."""
    sums: dict[str, list[float]] = {}
    for code, count, value in zip(codes, people.tolist(), values.tolist(), strict=True):
        whole = parent(code, level)
        if whole is not None and not np.isnan(value):
            total = sums.setdefault(whole, [0.0, 0.0])
            total[0] += count * value
            total[1] += count
    places = territories(level)
    return [
        {"code": c, "name": places[c].label, "access_per_1000": 1_000 * top / total if total else None}
        for c, (top, total) in sorted(sums.items())
    ]


def _access_text(data: Mapping[str, Any]) -> list[str]:
    rows = sorted(
        (r for r in data["access"] if r["access_per_1000"] is not None), key=lambda r: r["access_per_1000"]
    )
    reach = f"{number(data['reach_km'])} km" if "reach_km" in data else f"{number(data['reach_min'])} minutes"
    lines = [
        f"Accès à {reach}, décroissance « {data['decay']} » : "
        f"{number(data['capacity_reached'])} places atteintes, {number(data['capacity_unreached'])} hors de portée.",
        "Places pour 1 000 habitants, les moins servis :",
    ]
    return lines + [f"  {number(r['access_per_1000'], 3)}  {r['name']} [{r['code']}]" for r in rows[:15]]


def _map(ranking: Ranking) -> str:
    if ranking.study.unit not in SHIPPED:
        raise StudyError(f"Aucun contour livré pour l’unité « {ranking.study.unit} » : pas de carte.")
    level = next(lv for lv in LEVELS if lv == ranking.study.unit)
    shares = dict(zip(ranking.notes.codes, (100 * ranking.accept.top).tolist(), strict=True))
    title = f"{ranking.study.title} : part des poids admis où le territoire est parmi les {ranking.study.k} premiers"
    about = MapText(title, "%", "essaim territory rank", 1, simulated=bool(ranking.simulated))
    return choropleth(shares, level, about, marked=ranking.codes_of("certain"), standalone=True).svg
