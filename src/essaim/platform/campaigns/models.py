"""Calls to structures, and their applications: written, walked step by step, committed team by team, decided."""

from datetime import date
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from essaim.platform.campaigns.questions import validate_questions
from essaim.platform.telling import tell

if TYPE_CHECKING:
    from essaim.territory.codes import Level, Territory


def validate_steps(steps: Any) -> None:
    """Steps are data: a list of ``{id, title, who, description, exchange}`` with distinct identifiers."""
    ids = [step.get("id") if isinstance(step, dict) else None for step in steps or []]
    if any(not step_id for step_id in ids) or any(not step.get("title") for step in steps or []):
        raise ValidationError(_("Chaque étape porte un identifiant et un titre."))
    if len(set(ids)) != len(ids):
        raise ValidationError(_("Deux étapes portent le même identifiant."))


class Campaign(models.Model):
    """A call of one programme to structures: open to files, in two pages, or a path walked with the network."""

    class Mode(models.TextChoices):
        OPEN_CALL = "open_call", _("appel ouvert")
        TWO_PAGE = "two_page", _("réponse en deux pages")
        SEQUENCED = "sequenced", _("parcours par étapes")

    class Audience(models.TextChoices):
        INVITED = "invited", _("les structures invitées")
        MEMBERS = "members", _("toute personne qui a un compte")
        PUBLIC = "public", _("tout le monde, sans compte")

    class State(models.TextChoices):
        DRAFT = "draft", _("en préparation")
        PUBLISHED = "published", _("publiée")
        CLOSED = "closed", _("close")

    programme = models.ForeignKey(
        "programmes.Programme", models.CASCADE, related_name="campaigns", verbose_name=_("programme")
    )
    title = models.CharField(_("titre"), max_length=200)
    mode = models.CharField(_("mode"), max_length=12, choices=Mode)
    wave = models.PositiveSmallIntegerField(_("vague"), default=1, validators=[MinValueValidator(1)])
    opens_on = models.DateField(_("ouvre le"))
    closes_on = models.DateField(_("ferme le"), null=True, blank=True)
    audience = models.CharField(_("visible par"), max_length=10, choices=Audience, default=Audience.MEMBERS)
    text = models.TextField(_("texte de l’appel"))
    criteria = models.JSONField(_("critères"), default=list, blank=True)
    steps = models.JSONField(_("étapes du parcours"), default=list, blank=True, validators=[validate_steps])
    hurried_days = models.PositiveSmallIntegerField(_("écrit trop vite sous (jours)"), default=21)
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.DRAFT)
    simulated = models.BooleanField(_("simulée"), default=False)

    class Meta:
        ordering = ["-opens_on", "-pk"]
        verbose_name = _("campagne")
        verbose_name_plural = _("campagnes")

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        if self.closes_on and self.opens_on and self.closes_on < self.opens_on:
            raise ValidationError({"closes_on": _("La campagne fermerait avant d’ouvrir.")})
        if self.mode == self.Mode.TWO_PAGE and len(self.criteria) != 1:
            raise ValidationError(
                {"criteria": _("Une réponse en deux pages a un seul critère : l’envie de porter le projet.")}
            )
        if self.mode == self.Mode.SEQUENCED and not self.steps:
            raise ValidationError({"steps": _("Un parcours par étapes a au moins une étape.")})

    def is_open(self, today: date | None = None) -> bool:
        """Whether an application may be begun or submitted today."""
        today = today or timezone.localdate()
        within = self.opens_on <= today and (self.closes_on is None or today <= self.closes_on)
        return self.state == self.State.PUBLISHED and within

    @property
    def phase(self) -> str:
        """State that rights read: ``draft``, ``announced`` (not yet open), ``open`` or ``closed``."""
        if self.state == self.State.DRAFT:
            return "draft"
        if self.is_open():
            return "open"
        waits = self.state == self.State.PUBLISHED and timezone.localdate() < self.opens_on
        return "announced" if waits else "closed"

    @property
    def phase_label(self) -> str:
        return str(PHASES[self.phase])


PHASES = {
    "draft": _("en préparation"),
    "announced": _("annoncée"),
    "open": _("ouverte"),
    "closed": _("close"),
}


class QuestionSet(models.Model):
    """One version of a campaign's questions; kept as it was once an application has answered it."""

    campaign = models.ForeignKey(
        Campaign, models.CASCADE, related_name="question_sets", verbose_name=_("campagne")
    )
    version = models.PositiveSmallIntegerField(_("version"))
    questions = models.JSONField(_("questions"), validators=[validate_questions])

    class Meta:
        ordering = ["-version"]
        verbose_name = _("questions")
        verbose_name_plural = _("questions")
        constraints = [models.UniqueConstraint(fields=["campaign", "version"], name="one_question_version")]

    def __str__(self) -> str:
        return f"{self.campaign} – v{self.version}"


class Invitation(models.Model):
    """A structure asked by the network to apply."""

    campaign = models.ForeignKey(
        Campaign, models.CASCADE, related_name="invitations", verbose_name=_("campagne")
    )
    organisation = models.ForeignKey(
        "organisations.Organisation",
        models.CASCADE,
        related_name="campaign_invitations",
        verbose_name=_("structure"),
    )
    note = models.TextField(_("mot d’invitation"), blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("invitée par")
    )
    on = models.DateField(_("le"), default=timezone.localdate)

    class Meta:
        ordering = ["-on", "-pk"]
        verbose_name = _("structure invitée")
        verbose_name_plural = _("structures invitées")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "organisation"], name="one_campaign_invitation")
        ]

    def __str__(self) -> str:
        return f"{self.organisation} → {self.campaign}"


class Application(models.Model):
    """A structure's application to a campaign, for one territory."""

    class State(models.TextChoices):
        DRAFT = "draft", _("en écriture")
        SUBMITTED = "submitted", _("déposée")
        IN_PATH = "in_path", _("en parcours")
        CONFIRMED = "confirmed", _("confirmée")
        DECLINED = "declined", _("non retenue")
        WITHDRAWN = "withdrawn", _("retirée")

    class Level(models.TextChoices):
        COMMUNE = "commune", _("commune")
        EPCI = "epci", _("intercommunalité")
        DEPARTEMENT = "departement", _("département")

    audit_exclude = ("answers",)

    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="applications", verbose_name=_("campagne")
    )
    question_set = models.ForeignKey(
        QuestionSet, models.PROTECT, related_name="applications", verbose_name=_("questions")
    )
    organisation = models.ForeignKey(
        "organisations.Organisation",
        models.PROTECT,
        related_name="applications",
        verbose_name=_("structure"),
    )
    territory_level = models.CharField(_("niveau du territoire"), max_length=12, choices=Level)
    territory_code = models.CharField(_("territoire (code Insee)"), max_length=9)
    territory_name = models.CharField(_("territoire"), max_length=200, blank=True, editable=False)
    region = models.CharField(_("région (code Insee)"), max_length=2, blank=True, editable=False)
    contact_name = models.CharField(_("personne à joindre"), max_length=150)
    contact_email = models.EmailField(_("adresse électronique"))
    answers = models.JSONField(_("réponses"), default=dict, blank=True)
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.DRAFT)
    begun_on = models.DateField(_("commencée le"), default=timezone.localdate)
    submitted_on = models.DateField(_("déposée le"), null=True, blank=True)
    simulated = models.BooleanField(_("simulée"), default=False)

    class Meta:
        ordering = ["organisation__name", "pk"]
        verbose_name = _("candidature")
        verbose_name_plural = _("candidatures")
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "organisation", "territory_code"], name="one_application_a_territory"
            )
        ]

    def __str__(self) -> str:
        return f"{self.organisation} – {self.territory_name}"

    def clean(self) -> None:
        """The name and the region follow the code: nobody types them."""
        territory = self.territory()
        self.territory_name, self.region = territory.name, territory.region

    def territory(self) -> "Territory":
        """The territory of the code; ``ValidationError`` when the reference does not hold it."""
        from essaim.territory import codes

        try:
            code = (
                codes.fold(self.territory_code) if self.territory_level == "commune" else self.territory_code
            )
            found = codes.territory(cast("Level", self.territory_level), code)
        except codes.UnknownCode as error:
            raise ValidationError({"territory_code": tell(error.said)}) from error
        self.territory_code = code
        return found

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.CONFIRMED, self.State.DECLINED, self.State.WITHDRAWN)


class Transition(models.Model):
    """A dated passage of an application from one state to another, with its reason."""

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="transitions", verbose_name=_("candidature")
    )
    from_state = models.CharField(_("de"), max_length=10, choices=Application.State, blank=True)
    to_state = models.CharField(_("à"), max_length=10, choices=Application.State)
    on = models.DateField(_("le"), default=timezone.localdate)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("par"))
    reason = models.TextField(_("raison"), blank=True)

    class Meta:
        ordering = ["on", "pk"]
        verbose_name = _("passage d’état")
        verbose_name_plural = _("passages d’état")

    def __str__(self) -> str:
        return f"{self.application} → {self.get_to_state_display()}"


class StepRecord(models.Model):
    """What was done of one step of the path, and when the next meeting is."""

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="step_records", verbose_name=_("candidature")
    )
    step = models.CharField(_("étape"), max_length=60)
    done_on = models.DateField(_("faite le"), null=True, blank=True)
    next_on = models.DateField(_("prochain rendez-vous"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("par"))

    class Meta:
        ordering = ["pk"]
        verbose_name = _("étape du parcours")
        verbose_name_plural = _("étapes du parcours")
        constraints = [models.UniqueConstraint(fields=["application", "step"], name="one_record_a_step")]

    def __str__(self) -> str:
        return f"{self.application} – {self.step}"

    def clean(self) -> None:
        if self.step not in {step["id"] for step in self.application.campaign.steps}:
            raise ValidationError({"step": _("Cette étape ne fait pas partie du parcours.")})
        if self.done_on and self.done_on > timezone.localdate():
            raise ValidationError({"done_on": _("Une étape faite l’est au plus tard aujourd’hui.")})


class TeamCommitment(models.Model):
    """What one team of the structure commits to: the whole team is mobilised, not its management alone."""

    class Committed(models.TextChoices):
        YES = "yes", _("oui")
        PARTLY = "partly", _("en partie")
        NO = "no", _("non")

    class Kind(models.TextChoices):
        MANAGEMENT = "management", _("direction")
        SUPPORT = "support", _("accompagnement")
        TECHNICAL = "technical", _("encadrement technique")
        EMPLOYERS = "employers", _("relations avec les entreprises")
        ADMINISTRATION = "administration", _("administration")
        BOARD = "board", _("conseil d’administration")
        OTHER = "other", _("autre équipe")

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="commitments", verbose_name=_("candidature")
    )
    kind = models.CharField(_("fonction"), max_length=15, choices=Kind)
    team = models.CharField(_("équipe"), max_length=120)
    people = models.PositiveSmallIntegerField(_("nombre de personnes"), validators=[MinValueValidator(1)])
    committed = models.CharField(_("s’engage"), max_length=6, choices=Committed)
    on = models.DateField(_("le"), default=timezone.localdate)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("engagement d’une équipe")
        verbose_name_plural = _("engagements des équipes")
        constraints = [models.UniqueConstraint(fields=["application", "team"], name="one_commitment_a_team")]

    def __str__(self) -> str:
        return f"{self.team} – {self.get_committed_display()}"
