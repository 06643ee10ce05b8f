"""``essaim opendata list | read | fetch | import``: the open-data readers at the command line."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import click
import polars as pl

from essaim.cli.options import OutputFile
from essaim.opendata.fetch import Fetched, FetchError, FetchLimits, fetch
from essaim.opendata.frames import neutralised
from essaim.opendata.safety import french_size
from essaim.opendata.sources import SOURCES, DataSource, Imported, UnknownSource, read_source, source


@click.group()
def command() -> None:
    """Lire les fichiers officiels : codes, chômage, prestations, quartiers, offre d’insertion."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Sortie JSON.")
def list_sources(as_json: bool) -> None:
    """Les sources lues, leur producteur, leur page et leur licence."""
    if as_json:
        click.echo(json.dumps([_card(item) for item in SOURCES.values()], ensure_ascii=False, indent=1))
        return
    for item in SOURCES.values():
        click.echo(f"{item.code}\n  {item.title} — {item.producer} ({item.licence})\n  {item.landing}")


def _card(item: DataSource) -> dict[str, object]:
    return {
        "code": item.code,
        "title": item.title,
        "producer": item.producer,
        "landing": item.landing,
        "licence": item.licence,
        "level": item.level,
        "vintage_rule": item.vintage_rule,
        "address": item.address or None,
    }


@command.command("read")
@click.argument("code", metavar="SOURCE")
@click.argument("location", metavar="FICHIER_OU_ADRESSE")
@click.option("--vintage", default="", help="Millésime, quand le fichier ne le dit pas.")
@click.option("--json", "as_json", is_flag=True, help="Résumé en JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Le tableau principal en CSV (UTF-8).")
@click.option("-o", "--output", type=OutputFile(), help="Fichier de sortie du CSV.")
def read(code: str, location: str, vintage: str, as_json: bool, as_csv: bool, output: Path | None) -> None:
    """Lire un fichier (ou une adresse) avec le lecteur de sa SOURCE, et dire ce qui s’y trouve."""
    _known(code)
    with tempfile.TemporaryDirectory(prefix="essaim-") as folder:
        path, address = _local(location, Path(folder))
        imported = read_source(code, path, address=address, vintage=vintage)
    if as_csv:
        _write_csv(imported, output)
    elif as_json:
        click.echo(json.dumps(_summary(imported), ensure_ascii=False, indent=1))
    else:
        _print(imported)
    if not imported.dataset.report.ok:
        sys.exit(1)


def _local(location: str, folder: Path) -> tuple[Path, str]:
    """A path on disk and the address it came from (empty for a local file)."""
    if "://" not in location:
        path = Path(location)
        if not path.is_file():
            raise click.UsageError(f"Le fichier {location} n’existe pas. Vérifiez son chemin.")
        return path, ""
    return _fetch(location, folder).path, location


def _fetch(address: str, folder: Path) -> Fetched:
    """Download, with progress on the error output of a terminal; exit 1 when the address is refused."""

    def progress(received: int, expected: int | None) -> None:
        total = f" sur {french_size(expected)}" if expected else ""
        click.echo(f"\r{french_size(received)}{total}", err=True, nl=False)

    try:
        return fetch(
            address, folder, limits=FetchLimits(), progress=progress if sys.stderr.isatty() else None
        )
    except FetchError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def _known(code: str) -> DataSource:
    try:
        return source(code)
    except UnknownSource as error:
        raise click.UsageError(str(error)) from None


def _summary(imported: Imported) -> dict[str, object]:
    data, report = imported.dataset, imported.dataset.report
    return {
        "provenance": imported.provenance.as_dict(),
        "level": data.level,
        "tables": {
            name: {"rows": table.height, "columns": table.columns} for name, table in data.tables.items()
        },
        "ignored": report.ignored,
        "problem_count": report.problem_count,
        "problems": [
            {"row": p.row, "column": p.column, "value": p.value, "message": p.message, "mend": p.mend}
            for p in report.problems
        ],
        "notes": [*data.notes, *report.notes],
    }


def _print(imported: Imported) -> None:
    data, report = imported.dataset, imported.dataset.report
    click.echo(imported.provenance.mention())
    for name, table in data.tables.items():
        click.echo(f"{name} : {table.height} lignes ({', '.join(table.columns)})")
    if report.ignored:
        click.echo(
            f"{report.ignored} ligne(s) laissée(s) de côté (totaux, doublons d’arrondissements, hors champ)."
        )
    for note in (*data.notes, *report.notes):
        click.echo(f"À savoir : {note}")
    for problem in report.problems[:20]:
        click.echo(str(problem), err=True)
    if report.problem_count > 20:
        click.echo(f"… et {report.problem_count - 20} autre(s) problème(s).", err=True)


def _write_csv(imported: Imported, output: Path | None) -> None:
    """The main table; lists become texts separated by « | », formulas are made harmless."""
    table = imported.dataset.frame
    lists = [name for name, dtype in table.schema.items() if isinstance(dtype, pl.List)]
    text = neutralised(table.with_columns(pl.col(name).list.join("|") for name in lists)).write_csv()
    if output:
        output.write_text(text, encoding="utf-8")
    else:
        click.echo(text, nl=False)
    for problem in imported.dataset.report.problems[:20]:
        click.echo(str(problem), err=True)


@command.command("fetch")
@click.argument("code", metavar="SOURCE")
@click.option("--address", default="", help="Adresse du fichier, quand la source n’en a pas de fixe.")
@click.option(
    "-d", "--directory", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Dossier."
)
@click.option("--json", "as_json", is_flag=True, help="Sortie JSON.")
def fetch_source(code: str, address: str, directory: Path, as_json: bool) -> None:
    """Télécharger le fichier d’une SOURCE ; un téléchargement interrompu reprend."""
    item = _known(code)
    wanted = address or item.address
    if not wanted:
        raise click.UsageError(
            f"Cette source n’a pas d’adresse fixe. Prenez-la sur {item.landing} (option --address)."
        )
    got = _fetch(wanted, directory)
    if as_json:
        found = {"path": str(got.path), "address": got.address, "size": got.size, "sha256": got.sha256}
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        click.echo(f"{got.path} ({french_size(got.size)}, sha256 {got.sha256})")


@command.command("import", short_help="garder un fichier pour toutes les études du site")
@click.argument("code", metavar="SOURCE")
@click.argument("location", metavar="FICHIER_OU_ADRESSE")
@click.option("--as", "email", required=True, help="Adresse du compte au nom duquel l’import est écrit.")
@click.option("--vintage", default="", help="Millésime, quand le fichier ne le dit pas.")
@click.option("--demo", is_flag=True, help="Écrit dans la base de la démonstration.")
def import_source(code: str, location: str, email: str, vintage: str, demo: bool) -> None:
    """Garder le fichier d’une SOURCE pour toutes les études du site ; le même millésime est remplacé."""
    _known(code)
    from essaim.cli import serving

    serving.start_django(demo)
    from django.contrib.auth import get_user_model
    from django.core.exceptions import ValidationError

    from essaim.platform.audit import writing_as
    from essaim.platform.opendata import services

    author = get_user_model().objects.filter(email=email.lower()).first()
    if author is None:
        raise click.ClickException(
            f"Aucun compte « {email} » ici : l’ouvrir d’abord (essaim account create)."
        )
    with tempfile.TemporaryDirectory(prefix="essaim-") as folder, writing_as(author):
        path, address = _local(location, Path(folder))
        try:
            kept = services.bring_now(code, path, None, author, address=address, vintage=vintage)
        except services.Refused as error:
            raise click.ClickException(str(error)) from error
        except ValidationError as error:
            raise click.ClickException(" ".join(error.messages)) from error
    click.echo(f"Gardé pour tout le site : {kept} ({kept.rows} lignes).")
