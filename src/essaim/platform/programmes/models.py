"""Programmes, their dated organisations and policy frames, the innovation funnel, and published protocols.

A published ``ProtocolVersion`` is an immutable canonical document with its hash; what screens search is a projection.
"""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from essaim.platform.dates import PartialDateField, is_current
from essaim.platform.programmes.models_review import Opinion as Opinion
from essaim.platform.programmes.models_upgrade import NetworkUpgrade as NetworkUpgrade
from essaim.platform.programmes.models_upgrade import SiteForecast as SiteForecast
from essaim.platform.programmes.models_upgrade import SiteUpgrade as SiteUpgrade
from essaim.platform.programmes.models_upgrade import UpgradeChoices as UpgradeChoices

if TYPE_CHECKING:
    from essaim.protocol import Protocol


class Programme(models.Model):
    """What spreads: an innovation with a protocol and organisations that answer for it."""

    class Visibility(models.TextChoices):
        PRIVATE = "private", _("réservé au réseau")
        PUBLIC = "public", _("public")

    class Status(models.TextChoices):
        ACTIVE = "active", _("en cours")
        PROJECT = "project", _("en préparation")
        ENDED = "ended", _("terminé")

    class Completeness(models.TextChoices):
        COMPLETE = "complete", _("liste complète")
        PARTIAL = "partial", _("liste partielle")
        UNKNOWN = "unknown", _("complétude inconnue")

    slug = models.SlugField(_("identifiant"), unique=True)
    title = models.CharField(_("titre"), max_length=200)
    bearer = models.CharField(_("porteur"), max_length=200, blank=True)
    summary = models.TextField(_("résumé"))
    started_on = PartialDateField(_("début"))
    website = models.URLField(_("site internet"), blank=True)
    status = models.CharField(_("situation"), max_length=20, choices=Status, default=Status.ACTIVE)
    facts = models.JSONField(_("faits sourcés"), default=list, blank=True)
    """Each one ``{"text", "date" (partial, or empty), "sources": [citation]}``; a citation is
    ``{"title", "publisher", "date", "url"}``."""
    known_sites = models.JSONField(_("sites connus"), default=list, blank=True)
    """Each one ``{"name", "structure", "commune_code", "departement", "opened_on", "closed_on", "status", "note",
    "sources": [citation]}``; the list is as complete as ``sites_completeness`` says."""
    sites_completeness = models.CharField(
        _("liste des sites"), max_length=20, choices=Completeness, default=Completeness.UNKNOWN
    )
    visibility = models.CharField(
        _("visibilité"), max_length=10, choices=Visibility, default=Visibility.PRIVATE
    )
    loaded_from = models.CharField(_("empreinte du dossier chargé"), max_length=64, blank=True)

    audit_exclude = ("loaded_from", "facts", "known_sites")

    class Meta:
        ordering = ["title"]
        verbose_name = _("programme")
        verbose_name_plural = _("programmes")

    def __str__(self) -> str:
        return self.title


class ProgrammeRole(models.Model):
    """What an organisation is to a programme, from when to when; rights follow the current roles."""

    class Role(models.TextChoices):
        ORIGINATOR = "originator", _("à l’origine")
        HEAD = "head", _("tête de réseau")
        CO_STEERER = "co_steerer", _("copilote")
        SPONSOR = "sponsor", _("soutien institutionnel")
        FUNDER = "funder", _("financeur")
        PARTNER = "partner", _("partenaire")
        EVALUATOR = "evaluator", _("évaluateur")

    programme = models.ForeignKey(
        Programme, models.CASCADE, related_name="roles", verbose_name=_("programme")
    )
    organisation = models.ForeignKey(
        "organisations.Organisation",
        models.PROTECT,
        related_name="programme_roles",
        verbose_name=_("organisation"),
    )
    role = models.CharField(_("rôle"), max_length=20, choices=Role)
    start = PartialDateField(_("depuis"))
    end = PartialDateField(_("jusqu’à"))
    source = models.TextField(_("source"), blank=True)

    class Meta:
        ordering = ["start", "pk"]
        verbose_name = _("rôle dans le programme")
        verbose_name_plural = _("rôles dans le programme")

    def __str__(self) -> str:
        return f"{self.organisation} – {self.get_role_display()}"

    def is_current(self) -> bool:
        return is_current(self.start, self.end, timezone.localdate())


class PolicyFrame(models.Model):
    """A public policy, law or contract that several programmes share; dated."""

    class Kind(models.TextChoices):
        STRATEGY = "strategy", _("stratégie")
        PLAN = "plan", _("plan")
        POLICY = "policy", _("politique publique")
        CONTRACT = "contract", _("contrat")
        LAW = "law", _("loi")

    slug = models.SlugField(_("identifiant"), unique=True)
    name = models.CharField(_("nom"), max_length=250)
    kind = models.CharField(_("nature"), max_length=20, choices=Kind)
    start = PartialDateField(_("début"))
    end = PartialDateField(_("fin"))
    reference = models.TextField(_("référence"), blank=True)
    note = models.TextField(_("précision"), blank=True)
    source = models.TextField(_("source"), blank=True)

    class Meta:
        ordering = ["start", "name"]
        verbose_name = _("cadre d’action publique")
        verbose_name_plural = _("cadres d’action publique")

    def __str__(self) -> str:
        return self.name


class ProgrammeFrame(models.Model):
    """A programme inside a policy frame, from when to when."""

    programme = models.ForeignKey(
        Programme, models.CASCADE, related_name="frames", verbose_name=_("programme")
    )
    frame = models.ForeignKey(PolicyFrame, models.PROTECT, related_name="programmes", verbose_name=_("cadre"))
    start = PartialDateField(_("depuis"))
    end = PartialDateField(_("jusqu’à"))
    source = models.TextField(_("source"), blank=True)

    class Meta:
        ordering = ["start", "pk"]
        verbose_name = _("programme dans un cadre")
        verbose_name_plural = _("programmes dans un cadre")

    def __str__(self) -> str:
        return f"{self.programme} – {self.frame}"


class Innovation(models.Model):
    """An initiative in the funnel: spotted, supported, evaluated, spreading, generalised, or stopped with a reason."""

    class Stage(models.TextChoices):
        SPOTTED = "spotted", _("repérée")
        SUPPORTED = "supported", _("accompagnée")
        EVALUATED = "evaluated", _("évaluée")
        SPREADING = "spreading", _("essaimée")
        GENERALISED = "generalised", _("généralisée")
        STOPPED = "stopped", _("arrêtée")

    title = models.CharField(_("titre"), max_length=200)
    summary = models.TextField(_("ce que c’est"))
    owner = models.ForeignKey(
        "organisations.Organisation",
        models.PROTECT,
        related_name="innovations",
        verbose_name=_("organisation qui la suit"),
    )
    programme = models.OneToOneField(
        Programme,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="innovation",
        verbose_name=_("programme"),
    )
    stage = models.CharField(_("étape"), max_length=20, choices=Stage, default=Stage.SPOTTED)
    simulated = models.BooleanField(_("simulée"), default=False)

    class Meta:
        ordering = ["title"]
        verbose_name = _("innovation")
        verbose_name_plural = _("innovations")

    def __str__(self) -> str:
        return self.title


class GateDecision(models.Model):
    """A passage in the funnel: from where to where, when, why, on what evidence."""

    innovation = models.ForeignKey(
        Innovation, models.CASCADE, related_name="decisions", verbose_name=_("innovation")
    )
    from_stage = models.CharField(_("de"), max_length=20, choices=Innovation.Stage, blank=True)
    to_stage = models.CharField(_("à"), max_length=20, choices=Innovation.Stage)
    decided_on = PartialDateField(_("date"))
    reason = models.TextField(_("raison"))
    evidence = models.TextField(_("preuves à ce jour"), blank=True)
    source = models.TextField(_("source"), blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("passage d’étape")
        verbose_name_plural = _("passages d’étape")

    def __str__(self) -> str:
        return f"{self.innovation} → {self.get_to_stage_display()}"


class ProtocolVersion(models.Model):
    """One version of a programme's protocol; immutable once published. A programme has one open draft at most."""

    class State(models.TextChoices):
        DRAFT = "draft", _("brouillon")
        REVIEW = "review", _("en relecture")
        PUBLISHED = "published", _("publiée")

    audit_exclude = ("document",)

    programme = models.ForeignKey(
        Programme, models.CASCADE, related_name="versions", verbose_name=_("programme")
    )
    base = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("version de départ")
    )
    number = models.CharField(_("version"), max_length=20)
    document = models.JSONField(_("document"))
    sha256 = models.CharField(_("empreinte"), max_length=64)
    state = models.CharField(_("état"), max_length=12, choices=State, default=State.DRAFT)
    notes = models.TextField(_("notes de version"), blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("auteur")
    )
    changed_at = models.DateTimeField(_("modifiée le"), auto_now=True)
    published_at = models.DateTimeField(_("publiée le"), null=True, blank=True)
    simulated = models.BooleanField(_("simulée"), default=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("version du protocole")
        verbose_name_plural = _("versions du protocole")
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "number"],
                condition=models.Q(state="published"),
                name="one_version_number",
                violation_error_message=_("Ce numéro de version est déjà publié."),
            ),
            models.UniqueConstraint(
                fields=["programme"],
                condition=~models.Q(state="published"),
                name="one_open_draft",
                violation_error_message=_("Une nouvelle version est déjà en préparation."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.programme} {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        published = ProtocolVersion.objects.filter(pk=self.pk, state=self.State.PUBLISHED)
        if self.pk and published.exists():
            raise ValidationError(
                _("La version %(number)s est publiée : elle ne change plus.") % {"number": self.number}
            )
        super().save(*args, **kwargs)

    @property
    def is_published(self) -> bool:
        return self.state == self.State.PUBLISHED

    @property
    def protocol(self) -> "Protocol":
        """The document as the core reads it."""
        from essaim.protocol import Protocol

        return Protocol.from_dict(self.document)


class Proposal(models.Model):
    """A change proposed to the protocol, from a site or a lesson: discussed, decided, kept with its authors."""

    class State(models.TextChoices):
        OPEN = "open", _("en discussion")
        ACCEPTED = "accepted", _("acceptée, dans la prochaine version")
        PUBLISHED = "published", _("publiée")
        DECLINED = "declined", _("non retenue")

    programme = models.ForeignKey(
        Programme, models.CASCADE, related_name="proposals", verbose_name=_("programme")
    )
    component_id = models.CharField(_("composant concerné"), max_length=80, blank=True)
    title = models.CharField(_("titre"), max_length=200)
    text = models.TextField(_("ce que vous proposez, et pourquoi"))
    proposed_form = models.TextField(
        _("ce que le protocole dirait"),
        blank=True,
        help_text=_(
            "La façon de faire, telle qu’elle serait écrite pour tous. Laisser vide pour en discuter."
        ),
    )
    parameter_id = models.CharField(_("choix concerné"), max_length=80, blank=True)
    proposed_value = models.JSONField(_("valeur proposée au départ"), null=True, blank=True)
    """What the parameter would start from everywhere; ``None`` when the proposal bears on no value."""
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="proposals", verbose_name=_("proposée par")
    )
    site = models.ForeignKey(
        "sites.Site",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="proposals",
        verbose_name=_("site d’où elle vient"),
    )
    contributors = models.ManyToManyField(
        "sites.Site", blank=True, related_name="+", verbose_name=_("sites qui font de même")
    )
    lesson = models.ForeignKey(
        "community.Lesson",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="proposals",
        verbose_name=_("leçon dont elle vient"),
    )
    tool_version = models.ForeignKey(
        "toolbox.ToolVersion",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="proposals",
        verbose_name=_("outil offert au réseau"),
    )
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.OPEN)
    reason = models.TextField(_("raison de la décision"), blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("décidée par"),
    )
    decided_at = models.DateTimeField(_("décidée le"), null=True, blank=True)
    version = models.ForeignKey(
        ProtocolVersion,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="proposals",
        verbose_name=_("version qui la reprend"),
    )
    created_at = models.DateTimeField(_("proposée le"), auto_now_add=True)
    simulated = models.BooleanField(_("simulée"), default=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("proposition")
        verbose_name_plural = _("propositions")

    def __str__(self) -> str:
        return self.title

    @property
    def credit(self) -> str:
        """Whom the protocol will thank."""
        names = [site.name for site in self.contributors.all()] or ([self.site.name] if self.site else [])
        return ", ".join([*names, self.author.name])


class ProposalComment(models.Model):
    """What somebody says of a proposal."""

    proposal = models.ForeignKey(
        Proposal, models.CASCADE, related_name="comments", verbose_name=_("proposition")
    )
    text = models.TextField(_("commentaire"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("auteur")
    )
    created_at = models.DateTimeField(_("écrit le"), auto_now_add=True)

    class Meta:
        ordering = ["created_at", "pk"]
        verbose_name = _("commentaire")
        verbose_name_plural = _("commentaires")

    def __str__(self) -> str:
        return self.text[:80]
