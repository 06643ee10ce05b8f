"""``essaim protocol``: validate, compare, number and upgrade protocols; find what sites adapt alike."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from essaim.cli.options import OutputFile
from essaim.protocol import (
    InvalidDocument,
    Problem,
    Protocol,
    adaptation,
    diff,
    files,
    merge,
    notes,
    recurrence,
    report,
    versions,
)
from essaim.protocol.yamltext import read_yaml

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Écrit le résultat en JSON (voir docs/schemas)."
)
existing = click.Path(exists=True, dir_okay=False)


@click.group("protocol")
def command() -> None:
    """Protocoles : valider, comparer, numéroter, mettre à niveau, repérer les adaptations récurrentes."""


@command.command()
@click.argument("files_", nargs=-1, required=True, type=click.Path(dir_okay=False), metavar="FICHIER…")
@json_option
def validate(files_: tuple[str, ...], as_json: bool) -> None:
    """Vérifie des protocoles et des adaptations ; code 1 si un fichier a un défaut.

    Une adaptation est aussi confrontée au protocole qu’elle suit, quand il est parmi les fichiers donnés.
    """
    problems = _examined(files_)
    if as_json:
        _write({"problems": [_problem(problem) for problem in problems]})
    else:
        for problem in problems:
            click.echo(str(problem))
        click.echo(f"{len(files_)} fichier(s), {len(problems)} défaut(s).")
    sys.exit(1 if problems else 0)


@command.command("diff")
@click.argument("old", type=existing, metavar="ANCIEN")
@click.argument("new", type=existing, metavar="NOUVEAU")
@json_option
def diff_(old: str, new: str, as_json: bool) -> None:
    """Dit ce qui change entre deux versions, texte par texte."""
    before, after = _protocol(old), _protocol(new)
    found = diff.differences(before, after)
    if as_json:
        _write(
            {"from": before.version, "to": after.version, "differences": [_difference(one) for one in found]}
        )
        return
    for one in found:
        click.echo(f"{notes.sentence(one)}.")
        if isinstance(one.old, str) and isinstance(one.new, str) and one.kind == "changed":
            click.echo(f"    {_marked(one.old, one.new)}")
    click.echo(f"{len(found)} différence(s).")


@command.command()
@click.argument("old", type=existing, metavar="ANCIEN")
@click.argument("new", type=existing, metavar="NOUVEAU")
@click.option("--notes", "with_notes", is_flag=True, help="Écrit aussi les notes de version.")
@json_option
def bump(old: str, new: str, with_notes: bool, as_json: bool) -> None:
    """Calcule le numéro que demande ce qui change ; code 1 si celui de NOUVEAU ne convient pas."""
    before, after = _protocol(old), _protocol(new)
    required = versions.required_bump(before, after)
    expected = versions.next_version(before.version, required)
    problems = versions.version_problems(before, after)
    if as_json:
        reasons = [
            {"text": notes.sentence(w.difference), "bump": w.bump, "reason": w.reason}
            for w in _weighed(before, after)
        ]
        _write({"required": required, "expected": expected, "problems": list(problems), "changes": reasons})
    else:
        click.echo(f"{before.version} → {expected} ({required})")
        for one in _weighed(before, after):
            click.echo(f"  {one.bump:5}  {notes.sentence(one.difference)} — {one.reason}")
        for problem in problems:
            click.echo(problem, err=True)
        if with_notes:
            click.echo("\n" + notes.release_notes(before, after))
    sys.exit(1 if problems else 0)


@command.command()
@click.option("--base", required=True, type=existing, help="Version sur laquelle le site a décidé.")
@click.option("--to", "target", required=True, type=existing, help="Version à laquelle passer.")
@click.option("--site", required=True, type=existing, help="Adaptation du site.")
@click.option("-o", "--output", type=OutputFile(), help="Fichier JSON où écrire le résultat complet.")
@json_option
def upgrade(base: str, target: str, site: str, output: Path | None, as_json: bool) -> None:
    """Fait passer l’adaptation d’un site à une autre version ; code 1 tant qu’il reste des conflits."""
    old, new = _protocol(base), _protocol(target)
    local = _adaptation(site)
    defects = adaptation.check_adaptation(local, old, site)
    if defects:
        _stop(defects)
    try:
        done = merge.upgrade(old, new, local)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    document = report.upgrade_document(done).to_dict()
    if output:
        output.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if as_json:
        _write(document)
    else:
        _tell(done)
    sys.exit(1 if done.conflicts else 0)


def _tell(done: merge.Upgrade) -> None:
    click.echo(f"{done.site.site} : {done.site.version} → {done.result.version}")
    for one in done.moved:
        click.echo(f"  suit      {notes.sentence(one)}")
    for decision in done.result.decisions:
        click.echo(f"  garde     {decision.id} ({merge.show_place(decision.place)})")
    for id in done.to_reread:
        click.echo(f"  à relire  {id} : la fonction ou la nature de son composant a changé")
    for retired in done.retired:
        click.echo(f"  caduque   {retired.decision.id} : {retired.message}")
    for conflict in done.conflicts:
        places = ", ".join(conflict.candidates) or "—"
        click.echo(f"  CONFLIT   {conflict.id} [{places}] : {conflict.message}")
    click.echo(f"{len(done.conflicts)} conflit(s) à trancher.")


@command.command("recurrence")
@click.argument("directory", type=click.Path(exists=True, file_okay=False), metavar="DOSSIER")
@click.option(
    "--least",
    default=2,
    show_default=True,
    type=click.IntRange(2),
    help="Nombre de sites à partir duquel le dire.",
)
@json_option
def recurrence_(directory: str, least: int, as_json: bool) -> None:
    """Repère ce que plusieurs sites ont adapté de la même façon.

    DOSSIER contient protocol.yaml et les adaptations des sites (autres fichiers .yaml, .yml ou .json).
    """
    folder = Path(directory)
    source = folder / "protocol.yaml"
    if not source.is_file():
        raise click.UsageError(f"{source} manque : placez-y le protocole sur lequel portent les adaptations.")
    protocol = _protocol(str(source))
    kinds = (".yaml", ".yml", ".json")
    paths = [p for p in sorted(folder.iterdir()) if p.suffix in kinds and p.is_file() and p != source]
    sites = [_adaptation(str(path)) for path in paths]
    _of_one_network(protocol, dict(zip(map(str, paths), sites, strict=True)))
    found = recurrence.recurrences(protocol, sites, least)
    if as_json:
        _write(report.recurrence_document(protocol.id, protocol.version, len(sites), found).to_dict())
        return
    for one in found:
        click.echo(recurrence.proposal_text(protocol, one))
    click.echo(f"{len(sites)} site(s), {len(found)} récurrence(s).")


def _of_one_network(protocol: Protocol, sites: dict[str, adaptation.Adaptation]) -> None:
    """Refuse adaptations of another protocol and sites given twice; say which are on another version."""
    seen: dict[str, str] = {}
    problems = []
    for file, one in sites.items():
        if one.protocol != protocol.id:
            why = f"L’adaptation porte sur « {one.protocol} », pas sur « {protocol.id} »."
            problems.append(Problem(file, None, "protocol", why, "Retirez-la de ce dossier."))
        elif one.site in seen:
            why = f"Le site « {one.site} » est déjà dans {seen[one.site]}."
            problems.append(Problem(file, None, "site", why, "Gardez la dernière de ses adaptations."))
        elif one.version != protocol.version:
            click.echo(
                f"{file} porte sur la version {one.version}, pas {protocol.version} : ce que cette version n’a plus "
                "n’est pas compté.",
                err=True,
            )
        seen.setdefault(one.site, file)
    if problems:
        _stop(problems)


def _weighed(before: Protocol, after: Protocol) -> Sequence[versions.Weighed]:
    return sorted(versions.weigh(before, after), key=lambda one: -versions.ORDER.index(one.bump))


def _protocol(file: str) -> Protocol:
    try:
        return files.load(file)
    except InvalidDocument as error:
        _stop(error.problems)
    except OSError as error:
        _stop([_closed(file, error)])


def _adaptation(file: str) -> adaptation.Adaptation:
    try:
        return adaptation.load_adaptation(file)
    except InvalidDocument as error:
        _stop(error.problems)
    except OSError as error:
        _stop([_closed(file, error)])


def _stop(problems: Sequence[Problem]) -> NoReturn:
    for problem in problems:
        click.echo(str(problem), err=True)
    sys.exit(1)


def _examined(names: Sequence[str]) -> list[Problem]:
    """Every problem of the files, in their order; adaptations are held against the protocols that came with them."""
    read = {name: _read(name) for name in names}
    protocols = {(one.id, one.version): one for one, _found in read.values() if isinstance(one, Protocol)}
    problems: list[Problem] = []
    for name, (document, found) in read.items():
        problems += found
        if isinstance(document, adaptation.Adaptation):
            base = protocols.get((document.protocol, document.version))
            problems += adaptation.check_adaptation(document, base, name) if base else ()
    return problems


def _read(file: str) -> tuple[Protocol | adaptation.Adaptation | None, tuple[Problem, ...]]:
    """A protocol, or an adaptation when the file says that it is one."""
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        return None, (_closed(file, error),)
    data = read_yaml(content).data
    if isinstance(data, dict) and data.get("format") == adaptation.FORMAT:
        try:
            return adaptation.load_adaptation(file), ()
        except InvalidDocument as error:
            return None, error.problems
    return files.examine(content, file)


def _closed(file: str, error: OSError) -> Problem:
    known = {FileNotFoundError: "n’existe pas", PermissionError: "est fermé : il faut le droit de le lire"}
    why = known.get(type(error), f"ne s’ouvre pas ({error.strerror})")
    return Problem(file, None, "", f"Le fichier {why}.", "Vérifiez le chemin.")


def _problem(problem: Problem) -> dict[str, str | int | None]:
    return {name: getattr(problem, name) for name in ("file", "line", "path", "message", "mend")}


def _difference(one: diff.Difference) -> dict[str, Any]:
    return {**one.to_dict(), "text": notes.sentence(one)}


def _marked(old: str, new: str) -> str:
    """A text with what goes between [- -] and what comes between {+ +}."""
    marks = {"=": "{}", "-": "[-{}-]", "+": "{{+{}+}}"}
    return "".join(marks[part.op].format(part.text) for part in diff.words(old, new))


def _write(data: Any) -> None:
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))
