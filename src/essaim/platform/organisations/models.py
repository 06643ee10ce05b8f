"""Organisations of several kinds, who belongs to them, and how one enters: by invitation."""

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Organisation(models.Model):
    """A legal or de facto body that spreads, receives, funds, evaluates or decides."""

    class Kind(models.TextChoices):
        NETWORK = "network", _("tête de réseau")
        STRUCTURE = "structure", _("structure d’accueil")
        FUNDER = "funder", _("financeur")
        EVALUATOR = "evaluator", _("évaluateur")
        AUTHORITY = "authority", _("autorité publique")
        OTHER = "other", _("autre organisation")

    slug = models.SlugField(_("identifiant"), unique=True)
    name = models.CharField(_("nom"), max_length=200)
    kind = models.CharField(_("nature"), max_length=20, choices=Kind)
    commune = models.CharField(_("commune (code Insee)"), max_length=5, blank=True)
    website = models.URLField(_("site internet"), blank=True)
    note = models.TextField(_("présentation"), blank=True)
    source = models.TextField(_("source"), blank=True)
    simulated = models.BooleanField(_("simulée"), default=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's role in an organisation; an animator may be limited to regions."""

    class Role(models.TextChoices):
        MANAGER = "manager", _("responsable")
        MEMBER = "member", _("membre de l’équipe")
        ANIMATOR = "animator", _("animation régionale")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships", verbose_name=_("personne")
    )
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="memberships", verbose_name=_("organisation")
    )
    role = models.CharField(_("rôle"), max_length=20, choices=Role)
    regions = models.JSONField(_("régions (codes Insee)"), default=list, blank=True)
    joined_at = models.DateTimeField(_("depuis"), default=timezone.now)

    class Meta:
        ordering = ["organisation__name", "user__name"]
        verbose_name = _("appartenance")
        verbose_name_plural = _("appartenances")
        constraints = [models.UniqueConstraint(fields=["user", "organisation"], name="one_membership")]

    def __str__(self) -> str:
        return f"{self.user} – {self.organisation}"


def _token() -> str:
    return secrets.token_urlsafe(24)


def _in_thirty_days() -> datetime:
    return timezone.now() + timedelta(days=30)


class Invitation(models.Model):
    """A personal link that opens an account and a membership, once, before it expires."""

    audit_exclude = ("token",)

    token = models.CharField(_("jeton"), max_length=64, unique=True, default=_token, editable=False)
    email = models.EmailField(_("adresse électronique"))
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="invitations", verbose_name=_("organisation")
    )
    role = models.CharField(_("rôle"), max_length=20, choices=Membership.Role)
    regions = models.JSONField(_("régions (codes Insee)"), default=list, blank=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("invité par")
    )
    expires_at = models.DateTimeField(_("expire le"), default=_in_thirty_days)
    accepted_at = models.DateTimeField(_("accepté le"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("retiré le"), null=True, blank=True)

    class Meta:
        ordering = ["-expires_at"]
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")

    def __str__(self) -> str:
        return f"{self.email} → {self.organisation}"

    @property
    def is_open(self) -> bool:
        return not self.accepted_at and not self.withdrawn_at and self.expires_at > timezone.now()
