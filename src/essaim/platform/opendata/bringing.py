"""Bringing a file in: fetched (or sent), read by its source's reader, compared, and shown before anything is kept."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import polars as pl
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from essaim.opendata.fetch import FetchError, FetchLimits, fetch
from essaim.opendata.provenance import compare
from essaim.opendata.safety import french_size, safe_filename
from essaim.opendata.sources import SOURCES, Imported, read_source
from essaim.platform.opendata import store
from essaim.platform.opendata.models import Import, Vintage

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User
    from essaim.platform.organisations.models import Organisation

SHOWN_PROBLEMS = 50
SHOWN_CHANGES = 20
EVERY_SECONDS = 1.0
"""How often the progress of a download is written."""
KEPT = timedelta(days=7)
"""How long an import that nobody confirms is kept."""


class Refused(Exception):
    """The file cannot be imported; the message says why and how to mend it, in French."""


def begin(
    source: str,
    organisation: "Organisation | None",
    by: "User",
    *,
    address: str = "",
    name: str = "",
    content: "Callable[[Path], None] | None" = None,
    vintage: str = "",
) -> Import:
    """An import that waits for its task. ``content`` writes the file that was sent to the path it is given."""
    if source not in SOURCES:
        raise ValidationError({"source": _("Source inconnue : %(source)s.") % {"source": source}})
    if bool(address) == bool(content):
        raise ValidationError(_("Donner un fichier ou une adresse : l’un des deux."))
    _forget_old()
    started = Import(
        source=source,
        organisation=organisation,
        address=address,
        file_name=name[:250],
        vintage=vintage,
        by=by,
        message=_("En attente de la tâche de fond."),
    )
    started.full_clean()
    if content is not None:
        folder = started.path / "file"
        folder.mkdir(parents=True, exist_ok=True)
        content(folder / safe_filename(name, fallback="donnees"))
    started.save()
    return started


def bring(started: Import) -> Import:
    """Fetch, read, stage and compare. Errors: ``Refused``; what was fetched stays, so that a resume goes on."""
    file, address = _file(started)
    imported = read_source(
        started.source,
        file,
        name=started.file_name or file.name,
        address=address,
        vintage=started.vintage,
        imported=timezone.now(),
        progress=lambda step: advance(started, step),
    )
    _readable(imported)
    advance(started, _("Mise en forme et calcul des indicateurs"))
    dataset = replace(
        imported.dataset, vintage=imported.provenance.vintage
    )  # as a person said it, when the file does not
    tables, measures = store.write(dataset, started.path / "staged")
    advance(started, _("Comparaison avec ce qui est déjà là"))
    started.vintage = imported.provenance.vintage
    started.preview = (
        _described(imported)
        | {"tables": tables, "measures": measures}
        | _changes(started, next(iter(tables)))
    )
    started.preview["sha256"] = imported.provenance.sha256
    started.state, started.message = Import.State.READY, _("Lu : il reste à confirmer.")
    started.touched_at = timezone.now()
    started.full_clean()
    started.save()
    return started


def advance(started: Import, message: str, received: int | None = None, expected: int | None = None) -> None:
    started.state, started.message, started.touched_at = Import.State.RUNNING, message, timezone.now()
    if received is not None:
        started.received, started.expected = received, expected
    started.save()


def _file(started: Import) -> tuple[Path, str]:
    """The file on disk and the address that is kept with the values (its name when it was sent)."""
    folder = started.path / "file"
    there = sorted(folder.glob("*")) if folder.is_dir() else []
    if there:
        return there[0], started.address or started.file_name
    if not started.address:
        raise Refused(_("Le fichier envoyé n’est plus là : recommencer l’import."))
    last = monotonic() - EVERY_SECONDS

    def progress(received: int, expected: int | None) -> None:
        nonlocal last
        if monotonic() - last >= EVERY_SECONDS:
            last = monotonic()
            total = f" / {french_size(expected)}" if expected else ""
            advance(started, f"{_('Téléchargement')} : {french_size(received)}{total}", received, expected)

    advance(started, _("Téléchargement"))
    limits = FetchLimits(private=settings.OPENDATA_PRIVATE_ADDRESSES)
    try:
        got = fetch(started.address, started.path / "download", limits=limits, progress=progress)
    except FetchError as error:
        raise Refused(str(error)) from error
    folder.mkdir(parents=True, exist_ok=True)
    final = got.path.replace(folder / got.name)
    started.received, started.expected, started.file_name = got.size, got.size, got.name[:250]
    return final, got.address


def _readable(imported: Imported) -> None:
    """Refuse a file of which nothing could be read, or that does not say what it describes."""
    report = imported.dataset.report
    if imported.dataset.frame.is_empty():
        told = [str(problem) for problem in report.problems[:5]]
        raise Refused("\n".join(told) or _("Le fichier ne contient aucune ligne de cette source."))
    if not imported.provenance.vintage:
        raise Refused(_("Le fichier ne dit pas son millésime : l’écrire ci-dessous, puis reprendre."))


def _described(imported: Imported) -> dict[str, Any]:
    data, report = imported.dataset, imported.dataset.report
    return {
        "provenance": imported.provenance.as_dict(),
        "ignored": report.ignored,
        "problem_count": report.problem_count,
        "problems": [str(problem) for problem in report.problems[:SHOWN_PROBLEMS]],
        "notes": [*data.notes, *report.notes],
    }


def _changes(started: Import, main: str) -> dict[str, Any]:
    """What the import would replace, and how its main table differs from it, else from the latest other vintage,
    the network's own before those for all."""
    here = Vintage.objects.filter(organisation=started.organisation, source=started.source)
    same = here.filter(vintage=started.vintage).first()
    for_all = Vintage.objects.filter(organisation=None, source=started.source)
    other = same or here.order_by("-vintage").first() or for_all.order_by("-vintage").first()
    found: dict[str, Any] = {
        "replaces": same.sha256 if same else "",
        "compared": other.vintage if other else "",
    }
    if other is None:
        return found
    new = pl.read_parquet(started.path / "staged" / f"{main}.parquet")
    old = pl.read_parquet(other.path / f"{next(iter(other.tables))}.parquet")
    key = [name for name in started.about.key if name in new.columns and name in old.columns]
    changes = compare(old.unique(key, keep="first"), new.unique(key, keep="first"), key)
    return found | {
        "summary": {
            "added": changes.added.height,
            "removed": changes.removed.height,
            "changed": changes.changed.height,
        },
        "samples": {name: _sample(getattr(changes, name), key) for name in ("added", "removed", "changed")},
    }


def _sample(rows: pl.DataFrame, key: list[str]) -> list[dict[str, Any]]:
    """A few rows as texts: the key, and each value with what it was before."""
    shown = []
    for row in rows.head(SHOWN_CHANGES).iter_rows(named=True):
        values = {
            name: value for name, value in row.items() if name not in key and not name.endswith("_before")
        }
        told = [
            f"{name} : {_text(row[before])} → {_text(value)}" if (before := f"{name}_before") in row else ""
            for name, value in values.items()
            if f"{name}_before" not in row or row[f"{name}_before"] != value
        ]
        what = " ; ".join(filter(None, told)) or " ; ".join(_text(v) for v in list(values.values())[:4])
        shown.append({"key": " / ".join(_text(row[name]) for name in key), "what": what[:300]})
    return shown


def _text(value: Any) -> str:
    if value is None:
        return "–"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)[:80]


def confirm(started: Import) -> Vintage:
    """Keep what was shown, all at once: the row and its folder, or nothing.

    Errors: ``ValidationError`` when the vintage that it would replace is no longer the one it was compared with.
    """
    told = started.preview
    if not (started.path / "staged").is_dir():
        raise ValidationError(_("Les fichiers de cet import ne sont plus là : le reprendre."))
    with transaction.atomic():
        current = (
            Vintage.objects.select_for_update()
            .filter(organisation=started.organisation, source=started.source, vintage=started.vintage)
            .first()
        )
        if (current.sha256 if current else "") != told["replaces"]:
            raise ValidationError(
                _(
                    "Ce millésime a changé depuis la comparaison : reprendre l’import pour comparer de nouveau."
                )
            )
        gone = current.path if current else None
        vintage = current or Vintage(
            organisation=started.organisation, source=started.source, vintage=started.vintage
        )
        _fill(vintage, started)
        vintage.full_clean(exclude=["by", "organisation"])
        vintage.save()
        started.state, started.result = Import.State.DONE, vintage
        started.message, started.touched_at = _("Gardé."), timezone.now()
        started.save()
        store.keep(started.path / "staged", vintage.path)
        transaction.on_commit(lambda: _clear(started.path, gone))
    return vintage


def _fill(vintage: Vintage, started: Import) -> None:
    told, provenance = started.preview, started.preview["provenance"]
    vintage.folder = started.folder
    vintage.title, vintage.producer = provenance["title"], provenance["producer"]
    vintage.address, vintage.licence = provenance["address"][:1000], provenance["licence"]
    vintage.sha256, vintage.by = told["sha256"], started.by
    vintage.imported_at = provenance["imported"]
    vintage.notes, vintage.left_out = told["notes"], told["ignored"] + told["problem_count"]
    vintage.tables, vintage.measures = told["tables"], told["measures"]


def _clear(working: Path, replaced: Path | None) -> None:
    shutil.rmtree(working, ignore_errors=True)
    if replaced is not None:
        store.forget(replaced)


def abandon(started: Import) -> None:
    """Forget the import and its files; vintages are untouched."""
    working = started.path
    started.delete()
    transaction.on_commit(lambda: _clear(working, None))


def _forget_old() -> None:
    """Imports that nobody confirmed for a week go, and folders that a stop left without a row."""
    for old in Import.objects.filter(touched_at__lt=timezone.now() - KEPT):
        if old.state != Import.State.DONE:
            abandon(old)
    store.sweep(Vintage.objects.values_list("folder", flat=True))
