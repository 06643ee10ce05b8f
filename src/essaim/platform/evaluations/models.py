"""Evaluation: a plan written before sites open, the panels it is answered with, and estimates that replay.

No row here is about a person: a panel holds territories × periods, its file is kept as CSV with its hash.
"""

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class EvaluationPlan(models.Model):
    """What will be asked, compared and decided; frozen with a time stamp, departures are listed afterwards."""

    class State(models.TextChoices):
        DRAFT = "draft", _("brouillon")
        FROZEN = "frozen", _("gelé")

    class Control(models.TextChoices):
        NEVER = "nevertreated", _("les territoires jamais exposés")
        NOT_YET = "notyettreated", _("les territoires pas encore exposés")

    audit_exclude = ("document", "sha256", "sizing")

    programme = models.ForeignKey(
        "programmes.Programme", models.CASCADE, related_name="plans", verbose_name=_("programme")
    )
    question = models.CharField(_("question"), max_length=300)
    outcome = models.CharField(_("résultat mesuré"), max_length=200)
    unit = models.CharField(_("unité comparée"), max_length=200)
    comparison = models.TextField(_("à quoi on compare"))
    waves = models.TextField(_("vagues"))
    control = models.CharField(
        _("groupe de comparaison"), max_length=15, choices=Control, default=Control.NEVER
    )
    anticipation = models.PositiveSmallIntegerField(
        _("anticipation (périodes)"), default=0, validators=[MaxValueValidator(40)]
    )
    smallest_effect = models.FloatField(
        _("plus petit effet qui compte"), null=True, blank=True, validators=[MinValueValidator(1e-9)]
    )
    if_positive = models.TextField(_("ce qui sera décidé si un effet favorable se voit"))
    if_null = models.TextField(_("ce qui sera décidé s’il n’y a pas d’effet notable"))
    if_negative = models.TextField(_("ce qui sera décidé si l’effet est défavorable"))
    if_unknown = models.TextField(_("ce qui sera décidé si l’on ne peut pas conclure"))
    sizing = models.JSONField(_("puissance"), default=dict, blank=True)
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.DRAFT)
    frozen_at = models.DateTimeField(_("gelé le"), null=True, blank=True)
    document = models.JSONField(_("document gelé"), default=dict, blank=True)
    sha256 = models.CharField(_("empreinte"), max_length=64, blank=True)
    opened_at_freeze = models.PositiveIntegerField(_("sites déjà ouverts au gel"), null=True, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("auteur")
    )
    simulated = models.BooleanField(_("simulé"), default=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("plan d’évaluation")
        verbose_name_plural = _("plans d’évaluation")

    def __str__(self) -> str:
        return self.question

    @property
    def is_frozen(self) -> bool:
        return self.state == self.State.FROZEN


class Departure(models.Model):
    """What was done otherwise than the frozen plan said, and why."""

    plan = models.ForeignKey(
        EvaluationPlan, models.CASCADE, related_name="departures", verbose_name=_("plan")
    )
    what = models.TextField(_("ce qui change"))
    why = models.TextField(_("pourquoi"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("auteur")
    )
    at = models.DateTimeField(_("noté le"), default=timezone.now)

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = _("écart au plan")
        verbose_name_plural = _("écarts au plan")

    def __str__(self) -> str:
        return self.what[:80]


class WaveDraw(models.Model):
    """Territories drawn into waves in public: declared, its fingerprint published, then held with a public result.

    A draw that was published is never erased: one that is cancelled says why, and stays in view.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("en préparation")
        PUBLISHED = "published", _("empreinte publiée")
        HELD = "held", _("tiré")
        CANCELLED = "cancelled", _("annulé")

    class Method(models.TextChoices):
        SIMPLE = "simple", _("au hasard simple")
        STRATIFIED = "stratified", _("équilibré par strate")
        CONSTRAINED = "constrained", _("contraint : équilibré sur des covariables, par strate s’il y en a")

    audit_exclude = ("inputs", "record", "table")

    plan = models.ForeignKey(EvaluationPlan, models.CASCADE, related_name="draws", verbose_name=_("plan"))
    table = models.TextField(_("territoires"))
    capacities = models.CharField(_("places par vague"), max_length=200)
    method = models.CharField(_("méthode"), max_length=12, choices=Method, default=Method.STRATIFIED)
    keep = models.PositiveSmallIntegerField(
        _("part gardée des répartitions les mieux équilibrées (%)"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    seed_rule = models.TextField(_("d’où viendra la graine"))
    seed_on = models.DateField(_("jour où elle sera connue"))
    names = models.JSONField(_("noms"), default=dict, blank=True)
    inputs = models.JSONField(_("données du tirage"), default=dict, blank=True)
    fingerprint = models.CharField(_("empreinte"), max_length=64, blank=True)
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.DRAFT)
    published_at = models.DateTimeField(_("empreinte publiée le"), null=True, blank=True)
    public_text = models.CharField(_("résultat public"), max_length=300, blank=True)
    record = models.JSONField(_("procès-verbal"), default=dict, blank=True)
    held_at = models.DateTimeField(_("tiré le"), null=True, blank=True)
    applied_at = models.DateTimeField(_("vagues posées le"), null=True, blank=True)
    cancelled_because = models.TextField(_("raison de l’annulation"), blank=True)
    cancelled_at = models.DateTimeField(_("annulé le"), null=True, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("auteur")
    )
    simulated = models.BooleanField(_("simulé"), default=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("tirage des vagues")
        verbose_name_plural = _("tirages des vagues")

    def __str__(self) -> str:
        return str(_("Tirage des vagues %(number)s") % {"number": self.fingerprint[:8] or self.pk})

    @property
    def is_public(self) -> bool:
        return bool(self.fingerprint)

    @property
    def is_held(self) -> bool:
        return self.state == self.State.HELD


class Panel(models.Model):
    """A panel of territories × periods, kept as the CSV that was evaluated, with where it comes from."""

    audit_exclude = ("file", "inputs", "notes")

    plan = models.ForeignKey(EvaluationPlan, models.CASCADE, related_name="panels", verbose_name=_("plan"))
    title = models.CharField(_("titre"), max_length=200)
    source = models.TextField(_("source"))
    file = models.FileField(_("fichier"), upload_to="evaluations/panels")
    sha256 = models.CharField(_("empreinte"), max_length=64)
    inputs = models.JSONField(_("fichiers d’origine"), default=list, blank=True)
    notes = models.JSONField(_("remarques"), default=list, blank=True)
    window = models.CharField(_("fenêtre"), max_length=100)
    window_reason = models.TextField(_("raison de la fenêtre"), blank=True)
    units = models.PositiveIntegerField(_("unités"))
    exposed = models.PositiveIntegerField(_("unités exposées"))
    periods = models.PositiveIntegerField(_("périodes"))
    waves = models.JSONField(_("vagues"), default=list, blank=True)
    simulated = models.BooleanField(_("simulé"), default=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("auteur")
    )
    created_at = models.DateTimeField(_("ajouté le"), default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("panel")
        verbose_name_plural = _("panels")

    def __str__(self) -> str:
        return self.title


class Estimate(models.Model):
    """One run of the estimation on a panel: a task with its progress, then a result that anybody can replay."""

    class State(models.TextChoices):
        WAITING = "waiting", _("en attente")
        RUNNING = "running", _("en cours")
        DONE = "done", _("terminée")
        FAILED = "failed", _("impossible")

    audit_exclude = ("result", "report", "costs")

    panel = models.ForeignKey(Panel, models.CASCADE, related_name="estimates", verbose_name=_("panel"))
    options = models.JSONField(_("réglages"), default=dict, blank=True)
    departures = models.JSONField(_("écarts au plan"), default=list, blank=True)
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.WAITING)
    progress = models.PositiveSmallIntegerField(_("avancement"), default=0)
    message = models.TextField(_("message"), blank=True)
    panel_sha256 = models.CharField(_("empreinte du panel"), max_length=64)
    code_version = models.CharField(_("version du logiciel"), max_length=40)
    seed = models.PositiveIntegerField(_("graine"), default=0)
    result = models.JSONField(_("résultat"), default=dict, blank=True)
    report = models.JSONField(_("rapport"), default=dict, blank=True)
    costs = models.JSONField(_("coûts"), default=dict, blank=True)
    replays = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="replayed_by", verbose_name=_("rejoue")
    )
    lesson = models.OneToOneField(
        "community.Lesson",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="estimate",
        verbose_name=_("leçon"),
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("auteur")
    )
    created_at = models.DateTimeField(_("lancée le"), default=timezone.now)
    finished_at = models.DateTimeField(_("terminée le"), null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("estimation")
        verbose_name_plural = _("estimations")

    def __str__(self) -> str:
        return f"{self.panel} – {self.pk}"

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED)

    @property
    def plan(self) -> EvaluationPlan:
        return self.panel.plan

    @property
    def same_result(self) -> bool | None:
        """Whether a replay found every number again; ``None`` before it has, or when it replays nothing."""
        if self.replays is None or self.state != self.State.DONE:
            return None
        first = self.replays.result
        return {name: self.result.get(name) for name in first if name != "provenance"} == _numbers(first)


def _numbers(result: Any) -> Any:
    """The result without what tells one machine from another (the version of the software)."""
    return {name: value for name, value in result.items() if name != "provenance"}
