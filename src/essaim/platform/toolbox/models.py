"""The toolbox of a programme: its tools, those that sites made of them, their versions, who uses which."""

import secrets
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _


class Tool(models.Model):
    """A tool of the network (no ``site``), or what a site made of one; ``origin`` is the version it was forked from."""

    class Kind(models.TextChoices):
        DOCUMENT = "document", _("document")
        FORM = "form", _("formulaire")
        TRAINING = "training", _("formation")
        SOFTWARE = "software", _("logiciel")
        LINK = "link", _("lien")

    programme = models.ForeignKey(
        "programmes.Programme", models.CASCADE, related_name="tools", verbose_name=_("programme")
    )
    site = models.ForeignKey(
        "sites.Site",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="tools",
        verbose_name=_("site qui en a fait le sien"),
    )
    origin = models.ForeignKey(
        "ToolVersion",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="forks",
        verbose_name=_("version dont il vient"),
    )
    protocol_id = models.CharField(_("outil du protocole"), max_length=80, blank=True)
    title = models.CharField(_("nom de l’outil"), max_length=200)
    kind = models.CharField(_("nature"), max_length=10, choices=Kind, default=Kind.DOCUMENT)
    description = models.TextField(_("à quoi il sert"), blank=True)
    simulated = models.BooleanField(_("simulé"), default=False)

    class Meta:
        ordering = ["title", "pk"]
        verbose_name = _("outil")
        verbose_name_plural = _("outils")
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "protocol_id"],
                condition=models.Q(site=None) & ~models.Q(protocol_id=""),
                name="one_tool_of_the_protocol",
                violation_error_message=_("Cet outil du protocole est déjà dans la boîte à outils."),
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def latest(self) -> "ToolVersion":
        """The last version; reads ``versions`` when it was fetched with the tool."""
        return max(self.versions.all(), key=lambda version: version.number)


def _place(version: "ToolVersion", name: str) -> str:
    """A folder nobody guesses, a name that says nothing to a file system."""
    path = PurePosixPath(name)
    return f"toolbox/{secrets.token_hex(12)}/{slugify(path.stem)[:80] or 'outil'}{path.suffix.lower()}"


class ToolVersion(models.Model):
    """One version of a tool: a file or a link; it never changes. ``source``: the site's version that it took over."""

    audit_exclude = ("sha256",)

    tool = models.ForeignKey(Tool, models.CASCADE, related_name="versions", verbose_name=_("outil"))
    number = models.PositiveIntegerField(_("version"))
    file = models.FileField(_("fichier"), upload_to=_place, blank=True)
    filename = models.CharField(_("nom du fichier"), max_length=200, blank=True)
    size = models.PositiveIntegerField(_("taille"), default=0)
    sha256 = models.CharField(_("empreinte"), max_length=64, blank=True)
    url = models.URLField(_("lien"), blank=True)
    note = models.TextField(_("ce qui change"), blank=True)
    source = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="taken_over",
        verbose_name=_("reprise de"),
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("auteur")
    )
    at = models.DateTimeField(_("ajoutée le"), auto_now_add=True)

    class Meta:
        ordering = ["tool", "-number"]
        verbose_name = _("version d’un outil")
        verbose_name_plural = _("versions d’outils")
        constraints = [models.UniqueConstraint(fields=["tool", "number"], name="one_tool_version")]

    def __str__(self) -> str:
        return f"{self.tool} {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise ValidationError(_("Une version d’outil ne change plus : en ajouter une nouvelle."))
        super().save(*args, **kwargs)

    def clean(self) -> None:
        if bool(self.file) == bool(self.url):
            raise ValidationError(_("Une version est un fichier ou un lien : donner l’un des deux."))


class ToolUse(models.Model):
    """A site uses a version of a tool; it is told when the tool moves."""

    site = models.ForeignKey("sites.Site", models.CASCADE, related_name="tool_uses", verbose_name=_("site"))
    tool = models.ForeignKey(Tool, models.CASCADE, related_name="uses", verbose_name=_("outil"))
    version = models.ForeignKey(
        ToolVersion, models.CASCADE, related_name="uses", verbose_name=_("version utilisée")
    )

    class Meta:
        ordering = ["pk"]
        verbose_name = _("usage d’un outil")
        verbose_name_plural = _("usages d’outils")
        constraints = [models.UniqueConstraint(fields=["site", "tool"], name="one_use_of_a_tool")]

    def __str__(self) -> str:
        return f"{self.site} – {self.version}"
