"""Imported official data: every write goes through here, and what studies read of it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from essaim.opendata.fetch import FetchError, FetchLimits, fetch
from essaim.platform.audit import writing_as
from essaim.platform.opendata import bringing, store
from essaim.platform.opendata.bringing import Refused, abandon, confirm
from essaim.platform.opendata.models import Import, Vintage
from essaim.platform.opendata.official import Available, Official, values
from essaim.platform.opendata.series import Series, series_for
from essaim.platform.opendata.series import values as series_values
from essaim.platform.organisations.permissions import organisation_ids
from essaim.platform.todo import Todo

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User
    from essaim.platform.organisations.models import Organisation

__all__ = [
    "Available",
    "Official",
    "Refused",
    "Series",
    "abandon",
    "bring_in_background",
    "bring_now",
    "confirm",
    "delete_vintage",
    "imports_seen_by",
    "is_held",
    "read_address",
    "resume",
    "series_for",
    "series_values",
    "start",
    "todo_for",
    "values",
    "vintages_seen_by",
]

ADDRESS_SECONDS = 30.0
"""How long a page waits for an address that it reads at once; larger files are imports, read by a task."""


def start(source: str, organisation: "Organisation | None", by: "User", **brought: Any) -> Import:
    """Begin an import and hand it to the task worker; its page follows the progress. Arguments: ``bringing.begin``."""
    started = bringing.begin(source, organisation, by, **brought)
    _enqueue(started)
    return started


def _enqueue(started: Import) -> None:
    from essaim.platform.opendata.tasks import bring_later  # the task calls this module

    transaction.on_commit(lambda: bring_later.enqueue(started.pk))


def bring_in_background(pk: int) -> None:
    """What the task does; whatever happens, the import says it."""
    started = Import.objects.select_related("by", "organisation").get(pk=pk)
    if not started.is_moving:
        return
    with writing_as(started.by):
        try:
            bringing.bring(started)
        except (Refused, ValidationError) as error:
            _fail(started, " ".join(error.messages) if isinstance(error, ValidationError) else str(error))
        except Exception:
            _fail(
                started,
                _("L’import s’est arrêté sur une erreur du logiciel. L’équipe technique en a la trace."),
            )
            raise


def _fail(started: Import, message: str) -> None:
    started.state, started.message, started.touched_at = Import.State.FAILED, message, timezone.now()
    started.save()


def resume(started: Import, vintage: str = "") -> Import:
    """Go on with an import that was stopped or refused: what was downloaded is not downloaded again.

    Errors: ``ValidationError`` while its task still gives signs.
    """
    if started.is_moving and not started.is_stalled:
        raise ValidationError(_("Cet import avance encore : le laisser finir."))
    started.vintage = vintage or started.vintage
    started.state, started.message = Import.State.WAITING, _("En attente de la tâche de fond.")
    started.touched_at = timezone.now()
    started.full_clean()
    started.save()
    _enqueue(started)
    return started


def bring_now(
    source: str,
    path: Path,
    organisation: "Organisation | None",
    by: "User",
    *,
    address: str = "",
    vintage: str = "",
) -> Vintage:
    """Import a local file at once and keep it, for the command line and the demonstration.

    Errors: ``bringing.Refused`` or ``ValidationError``, and then nothing is kept.
    """
    copy: Callable[[Path], None] = lambda target: _copy(path, target)  # noqa: E731
    started = bringing.begin(source, organisation, by, name=path.name, content=copy, vintage=vintage)
    try:
        bringing.bring(started)
        if address:
            started.preview["provenance"]["address"] = address
        return confirm(started)
    except Exception:
        abandon(started)
        raise


def _copy(path: Path, target: Path) -> None:
    shutil.copyfile(path, target)


@transaction.atomic
def delete_vintage(vintage: Vintage) -> None:
    """Studies already ranked keep the values they used."""
    folder = vintage.path
    vintage.delete()
    transaction.on_commit(lambda: store.forget(folder))


def vintages_seen_by(user: Any) -> list[Vintage]:
    """Vintages for all and those of the person's networks, by source, the last first."""
    mine = Q(organisation__in=organisation_ids(user)) | Q(organisation=None)
    return list(Vintage.objects.filter(mine).select_related("organisation", "by"))


def imports_seen_by(user: Any) -> list[Import]:
    """Imports under way or not confirmed yet, of the person's networks."""
    found = Import.objects.filter(organisation__in=organisation_ids(user)).exclude(state=Import.State.DONE)
    return list(found.select_related("organisation", "by"))


def read_address(address: str) -> tuple[str, str, bytes]:
    """(name, final address, content) of a public file no larger than an upload, read now under the guard of imports.

    Errors: ``Refused`` with what to do, in French.
    """
    limits = FetchLimits(
        bytes=settings.MAX_UPLOAD_BYTES,
        seconds=ADDRESS_SECONDS,
        idle_seconds=ADDRESS_SECONDS / 2,
        private=settings.OPENDATA_PRIVATE_ADDRESSES,
    )
    with TemporaryDirectory() as folder:
        try:
            got = fetch(address, Path(folder), limits=limits)
        except FetchError as error:
            raise Refused(str(error)) from error
        return got.name, got.address, got.path.read_bytes()


def is_held(source: str, sha256: str) -> bool:
    """Whether this very file is already kept for the whole site."""
    return Vintage.objects.filter(organisation=None, source=source, sha256=sha256).exists()


def todo_for(user: "User") -> list[Todo]:
    """Imports that were read and wait to be confirmed."""
    waiting = Import.objects.filter(
        organisation__in=organisation_ids(user, "manager", "member"), state=Import.State.READY
    )
    return [
        Todo(_("Confirmer un import"), reverse("opendata:import", args=[found.pk]), str(found))
        for found in waiting
    ]
