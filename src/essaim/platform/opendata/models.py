"""Vintages of official sources that are imported here, and the imports that bring them."""

import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from essaim.opendata.sources import SOURCES, DataSource


def _folder() -> str:
    return secrets.token_hex(12)


LEVEL_LABELS = {
    "commune": _("par commune"),
    "epci": _("par intercommunalité"),
    "ze": _("par zone d’emploi"),
    "departement": _("par département"),
    "region": _("par région"),
    "qpv": _("par quartier prioritaire"),
}


def _labelled(measures: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Indicators with the level at which they were observed, in words."""
    return [{**measure, "level_label": LEVEL_LABELS[measure["level"]]} for measure in measures]


class Vintage(models.Model):
    """What a source said at a date. Its values are Parquet files under ``OPENDATA_DIR`` (docs/adr/0009).

    ``organisation``: the network whose studies use it; none: every study of the site. ``measures``: what it gives to
    studies, as :class:`essaim.opendata.measures.Given` without the values.
    """

    audit_exclude = ("measures", "tables", "folder")

    source = models.CharField(_("source"), max_length=40)
    vintage = models.CharField(_("millésime"), max_length=80)
    organisation = models.ForeignKey(
        "organisations.Organisation",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="vintages",
        verbose_name=_("réseau"),
    )
    title = models.CharField(_("titre"), max_length=200)
    producer = models.CharField(_("producteur"), max_length=120)
    address = models.CharField(_("adresse ou nom du fichier"), max_length=1000)
    licence = models.CharField(_("licence"), max_length=120)
    sha256 = models.CharField(_("empreinte du fichier"), max_length=64)
    imported_at = models.DateTimeField(_("importé le"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("par"))
    notes = models.JSONField(_("à savoir"), default=list, blank=True)
    left_out = models.PositiveIntegerField(_("lignes laissées de côté"), default=0)
    tables = models.JSONField(_("tables"), default=dict)
    measures = models.JSONField(_("indicateurs"), default=list, blank=True)
    folder = models.CharField(_("dossier"), max_length=40, unique=True, default=_folder)

    class Meta:
        ordering = ["source", "-vintage"]
        verbose_name = _("millésime")
        verbose_name_plural = _("millésimes")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "source", "vintage"], name="one_vintage_a_network"
            ),
            models.UniqueConstraint(
                fields=["source", "vintage"],
                condition=models.Q(organisation=None),
                name="one_vintage_for_all",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.vintage}"

    @property
    def path(self) -> Path:
        found: Path = settings.OPENDATA_DIR / "vintages" / self.folder
        return found

    @property
    def about(self) -> DataSource:
        return SOURCES[self.source]

    @property
    def indicators(self) -> list[dict[str, Any]]:
        return _labelled(self.measures)

    @property
    def rows(self) -> int:
        """Rows of the main table."""
        return next((int(table["rows"]) for table in self.tables.values()), 0)


class Import(models.Model):
    """A file on its way in: fetched, read, shown, and only then kept as a vintage."""

    class State(models.TextChoices):
        WAITING = "waiting", _("en attente")
        RUNNING = "running", _("en cours")
        READY = "ready", _("à confirmer")
        FAILED = "failed", _("arrêté")
        DONE = "done", _("gardé")

    STALLED = timedelta(minutes=3)
    audit_exclude = ("state", "message", "received", "expected", "touched_at", "preview")

    source = models.CharField(_("source"), max_length=40)
    organisation = models.ForeignKey(
        "organisations.Organisation",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="imports",
        verbose_name=_("réseau"),
    )
    address = models.CharField(_("adresse"), max_length=1000, blank=True)
    file_name = models.CharField(_("fichier"), max_length=250, blank=True)
    vintage = models.CharField(_("millésime"), max_length=80, blank=True)
    folder = models.CharField(_("dossier"), max_length=40, unique=True, default=_folder)
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.WAITING)
    message = models.TextField(_("où en est l’import"), blank=True)
    received = models.BigIntegerField(_("octets reçus"), default=0)
    expected = models.BigIntegerField(_("octets attendus"), null=True, blank=True)
    touched_at = models.DateTimeField(_("dernier signe"), default=timezone.now)
    preview = models.JSONField(_("ce qui changerait"), default=dict, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("par"))
    begun_at = models.DateTimeField(_("commencé le"), default=timezone.now)
    result = models.ForeignKey(
        Vintage,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="imports",
        verbose_name=_("millésime gardé"),
    )

    class Meta:
        ordering = ["-begun_at", "-pk"]
        verbose_name = _("import")
        verbose_name_plural = _("imports")

    def __str__(self) -> str:
        return f"{self.about.title} ({self.file_name or self.address})"

    @property
    def path(self) -> Path:
        found: Path = settings.OPENDATA_DIR / "imports" / self.folder
        return found

    @property
    def about(self) -> DataSource:
        return SOURCES[self.source]

    @property
    def indicators(self) -> list[dict[str, Any]]:
        """What the file that was read would give; none before."""
        return _labelled(self.preview.get("measures", []))

    @property
    def is_moving(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)

    @property
    def is_stalled(self) -> bool:
        """No sign for a while: its worker was stopped; it may be resumed."""
        return self.is_moving and self._now() - self.touched_at > self.STALLED

    @staticmethod
    def _now() -> datetime:
        return timezone.now()

    @property
    def percent(self) -> int | None:
        """Of the download, when the server said its size."""
        return min(100, 100 * self.received // self.expected) if self.expected else None
