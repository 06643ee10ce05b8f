"""Passing to another version: the choices of one site, the passage of a whole network, what is foreseen and done."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class UpgradeChoices(models.Model):
    """What a site has already chosen in an upgrade that is not confirmed yet: it is taken up where it was left."""

    site = models.ForeignKey("sites.Site", models.CASCADE, related_name="+", verbose_name=_("site"))
    target = models.ForeignKey(
        "programmes.ProtocolVersion", models.CASCADE, related_name="+", verbose_name=_("nouvelle version")
    )
    base_sha256 = models.CharField(_("empreinte de l’adaptation de départ"), max_length=64, blank=True)
    choices = models.JSONField(_("choix"), default=dict, blank=True)
    changed_at = models.DateTimeField(_("modifié le"), auto_now=True)

    class Meta:
        verbose_name = _("montée de version en cours")
        verbose_name_plural = _("montées de version en cours")
        constraints = [models.UniqueConstraint(fields=["site", "target"], name="one_upgrade")]

    def __str__(self) -> str:
        return f"{self.site} → {self.target.number}"


class NetworkUpgrade(models.Model):
    """The passage of every site of a programme to a version, in the background: first foreseen site by site, nothing
    written; then, once confirmed, each site carried in its own transaction."""

    class State(models.TextChoices):
        WAITING = "waiting", _("en attente")
        RUNNING = "running", _("en cours")
        FORESEEN = "foreseen", _("à confirmer")
        STOPPED = "stopped", _("arrêté")
        DONE = "done", _("terminé")
        FAILED = "failed", _("interrompu")

    programme = models.ForeignKey(
        "programmes.Programme", models.CASCADE, related_name="network_upgrades", verbose_name=_("programme")
    )
    target = models.ForeignKey(
        "programmes.ProtocolVersion", models.RESTRICT, related_name="+", verbose_name=_("nouvelle version")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("lancé par")
    )
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.WAITING)
    message = models.TextField(_("précision"), blank=True)
    total = models.PositiveIntegerField(_("sites concernés"))
    confirmed_at = models.DateTimeField(_("confirmé le"), null=True, blank=True)
    """When a person who had seen the forecasts said to go; nothing is carried before."""
    started_at = models.DateTimeField(_("lancé le"), auto_now_add=True)
    finished_at = models.DateTimeField(_("terminé le"), null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("montée de version du réseau")
        verbose_name_plural = _("montées de version du réseau")
        constraints = [
            models.UniqueConstraint(
                fields=["programme"],
                condition=models.Q(state__in=["waiting", "running"]),
                name="one_network_upgrade",
                violation_error_message=_("Une montée de version est déjà en cours pour ce programme."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.programme} → {self.target.number}"

    @property
    def is_active(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)


class _Judgement(models.Model):
    """What becomes of one site: where it comes from, how it ends, how many decisions stay or wait."""

    class Outcome(models.TextChoices):
        MOVED = "moved", _("passé seul")
        WAITS = "waits", _("attend une personne")
        FAILED = "failed", _("en erreur")

    site = models.ForeignKey("sites.Site", models.CASCADE, related_name="+", verbose_name=_("site"))
    from_version = models.CharField(_("version de départ"), max_length=20)
    outcome = models.CharField(_("issue"), max_length=10, choices=Outcome)
    kept = models.PositiveIntegerField(_("décisions gardées"), default=0)
    conflicts = models.PositiveIntegerField(_("choix à faire"), default=0)
    retired = models.PositiveIntegerField(_("décisions qui ne s’appliquent plus"), default=0)
    to_reread = models.PositiveIntegerField(_("décisions à relire"), default=0)
    message = models.TextField(_("précision"), blank=True)

    class Meta:
        abstract = True
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.site} – {self.get_outcome_display()}"


class SiteForecast(_Judgement):
    """What would become of one site, before anything is confirmed; the machine computes and writes it."""

    by_machine = True

    run = models.ForeignKey(
        NetworkUpgrade, models.CASCADE, related_name="forecasts", verbose_name=_("montée de version")
    )

    class Meta(_Judgement.Meta):
        verbose_name = _("prévision pour un site")
        verbose_name_plural = _("prévisions pour des sites")
        constraints = [models.UniqueConstraint(fields=["run", "site"], name="one_forecast_a_site")]


class SiteUpgrade(_Judgement):
    """What became of one site in the passage of its network: written with the site's revision, or not at all."""

    run = models.ForeignKey(
        NetworkUpgrade, models.CASCADE, related_name="steps", verbose_name=_("montée de version")
    )
    at = models.DateTimeField(_("le"), auto_now_add=True)

    class Meta(_Judgement.Meta):
        verbose_name = _("passage d’un site")
        verbose_name_plural = _("passages de sites")
        constraints = [models.UniqueConstraint(fields=["run", "site"], name="one_step_a_site")]
