"""Sites: where a programme has been grafted, with whom, since when, at what stage, with what money and what fidelity.

Stages are those of implementation science (NIRN: Fixsen et al. 2005). What a source does not say stays empty: an open
site whose stage nobody described is « open », a site we only know by name is « unknown ».
"""

from datetime import date
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from essaim.platform.dates import PartialDateField, bounds

if TYPE_CHECKING:
    from essaim.platform.organisations.models import Organisation

LEVELS = [
    ("commune", _("commune")),
    ("epci", _("intercommunalité")),
    ("departement", _("département")),
    ("region", _("région")),
]


class Wave(models.Model):
    """A group of sites meant to open together, chosen or drawn; a draw can be replayed from its record."""

    class Method(models.TextChoices):
        CHOSEN = "chosen", _("sites choisis")
        DRAWN = "drawn", _("sites tirés au sort")

    programme = models.ForeignKey(
        "programmes.Programme", models.CASCADE, related_name="waves", verbose_name=_("programme")
    )
    number = models.PositiveSmallIntegerField(_("numéro"), validators=[MinValueValidator(1)])
    title = models.CharField(_("titre"), max_length=200, blank=True)
    opens_on = PartialDateField(_("ouverture prévue"))
    method = models.CharField(_("méthode"), max_length=10, choices=Method, default=Method.CHOSEN)
    draw_seed = models.CharField(_("graine du tirage"), max_length=100, blank=True)
    draw_inputs = models.CharField(_("empreinte des données du tirage"), max_length=64, blank=True)
    note = models.TextField(_("note"), blank=True)
    source = models.TextField(_("source"), blank=True)
    simulated = models.BooleanField(_("simulée"), default=False)

    class Meta:
        ordering = ["programme", "number"]
        verbose_name = _("vague")
        verbose_name_plural = _("vagues")
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "number"],
                name="one_wave_number",
                violation_error_message=_("Ce programme a déjà une vague de ce numéro."),
            )
        ]

    def __str__(self) -> str:
        return str(_("Vague %(number)s") % {"number": self.number}) + (
            f" – {self.title}" if self.title else ""
        )

    def clean(self) -> None:
        if self.method == self.Method.DRAWN and not (self.draw_seed and self.draw_inputs):
            raise ValidationError(
                _(
                    "Un tirage au sort se prouve : indiquer sa graine et l’empreinte de ses données, ou choisir "
                    "« sites choisis »."
                )
            )


class Site(models.Model):
    """One graft: protocol version × structures × territory × wave."""

    class Stage(models.TextChoices):
        EXPLORATION = "exploration", _("exploration")
        INSTALLATION = "installation", _("installation")
        INITIAL = "initial", _("mise en œuvre initiale")
        FULL = "full", _("plein fonctionnement")
        OPEN = "open", _("ouvert, stade non précisé")
        ENDED = "ended", _("terminé")
        UNKNOWN = "unknown", _("stade inconnu")

    OPENED = (Stage.INITIAL, Stage.FULL, Stage.OPEN)

    programme = models.ForeignKey(
        "programmes.Programme", models.CASCADE, related_name="sites", verbose_name=_("programme")
    )
    name = models.CharField(_("nom"), max_length=200)
    territory_level = models.CharField(_("échelle du territoire"), max_length=12, choices=LEVELS, blank=True)
    territory_code = models.CharField(_("code du territoire"), max_length=9, blank=True)
    territory_name = models.CharField(_("territoire"), max_length=200, blank=True)
    region_code = models.CharField(_("région (code Insee)"), max_length=2, blank=True)
    structures: "models.ManyToManyField[Organisation, Any]" = models.ManyToManyField(
        "organisations.Organisation", related_name="sites", verbose_name=_("structures d’accueil"), blank=True
    )
    wave = models.ForeignKey(
        Wave, models.SET_NULL, null=True, blank=True, related_name="sites", verbose_name=_("vague")
    )
    stage = models.CharField(_("stade"), max_length=12, choices=Stage, default=Stage.EXPLORATION)
    opened_on = PartialDateField(_("ouverture"))
    closed_on = PartialDateField(_("fermeture"))
    protocol_version = models.ForeignKey(
        "programmes.ProtocolVersion",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="sites",
        verbose_name=_("version du protocole"),
    )
    note = models.TextField(_("note"), blank=True)
    source = models.TextField(_("source"), blank=True)
    simulated = models.BooleanField(_("simulé"), default=False)

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "name"],
                name="one_site_name",
                violation_error_message=_("Ce programme a déjà un site de ce nom."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.opened_on and self.closed_on and bounds(self.closed_on)[1] < bounds(self.opened_on)[0]:
            raise ValidationError({"closed_on": _("Un site ne peut pas fermer avant d’avoir ouvert.")})

    @property
    def has_opened(self) -> bool:
        return self.stage in self.OPENED or bool(self.opened_on)


class StageChange(models.Model):
    """When a site passed from a stage to the next, and why."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="stage_changes", verbose_name=_("site"))
    from_stage = models.CharField(_("de"), max_length=12, choices=Site.Stage, blank=True)
    to_stage = models.CharField(_("à"), max_length=12, choices=Site.Stage)
    on = PartialDateField(_("date"))
    note = models.TextField(_("note"), blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("changement de stade")
        verbose_name_plural = _("changements de stade")

    def __str__(self) -> str:
        return f"{self.site} → {self.get_to_stage_display()}"


class Closing(models.Model):
    """Right to error, duty to learn: why a site ended, and what is learnt from it."""

    site = models.OneToOneField(Site, models.CASCADE, related_name="closing", verbose_name=_("site"))
    on = PartialDateField(_("date de fin"), blank=False)
    reason = models.TextField(_("pourquoi le site s’arrête"))
    lesson = models.OneToOneField(
        "community.Lesson", models.PROTECT, related_name="closing", verbose_name=_("leçon")
    )

    class Meta:
        verbose_name = _("fin de site")
        verbose_name_plural = _("fins de site")

    def __str__(self) -> str:
        return f"{self.site} – {self.lesson}"


class AdaptationRevision(models.Model):
    """One saved state of a site's adaptation: an immutable document with its hash."""

    audit_exclude = ("document",)

    site = models.ForeignKey(Site, models.CASCADE, related_name="adaptations", verbose_name=_("site"))
    number = models.PositiveIntegerField(_("révision"))
    document = models.JSONField(_("document"))
    sha256 = models.CharField(_("empreinte"), max_length=64)
    base_version = models.CharField(_("version de départ"), max_length=20)
    asked = models.PositiveIntegerField(_("dérogations demandées"), default=0)
    refused = models.PositiveIntegerField(_("dérogations refusées"), default=0)
    granted_until = PartialDateField(_("première fin d’une dérogation accordée"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("auteur")
    )
    at = models.DateTimeField(_("enregistrée le"), default=timezone.now)

    class Meta:
        ordering = ["site", "-number"]
        verbose_name = _("révision de l’adaptation")
        verbose_name_plural = _("révisions de l’adaptation")
        constraints = [models.UniqueConstraint(fields=["site", "number"], name="one_revision_number")]

    def __str__(self) -> str:
        return f"{self.site} – {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise ValidationError(_("Une révision enregistrée ne change plus : en créer une nouvelle."))
        super().save(*args, **kwargs)


class TeamMember(models.Model):
    """A post of the local team; the person may be unknown or not yet hired."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="team", verbose_name=_("site"))
    role = models.CharField(_("fonction"), max_length=150)
    name = models.CharField(
        _("personne"), max_length=150, blank=True, help_text=_("Laisser vide si le poste est à pourvoir.")
    )
    fte = models.DecimalField(
        _("équivalent temps plein"),
        max_digits=4,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(50)],
        help_text=_("Par exemple 0,5 pour un mi-temps."),
    )

    class Meta:
        ordering = ["pk"]
        verbose_name = _("poste de l’équipe")
        verbose_name_plural = _("équipe")

    def __str__(self) -> str:
        return self.role


class CopilMember(models.Model):
    """A seat in the steering committee of a site."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="copil", verbose_name=_("site"))
    name = models.CharField(_("nom"), max_length=150)
    role = models.CharField(_("fonction"), max_length=150, blank=True)
    organisation = models.CharField(_("organisation"), max_length=200, blank=True)

    class Meta:
        ordering = ["organisation", "name"]
        verbose_name = _("membre du COPIL")
        verbose_name_plural = _("COPIL")

    def __str__(self) -> str:
        return self.name


class CopilMeeting(models.Model):
    """A meeting of the steering committee: planned when in the future, with minutes and decisions after."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="meetings", verbose_name=_("site"))
    held_on = models.DateField(_("date"))
    title = models.CharField(_("objet"), max_length=200)
    minutes = models.TextField(_("compte rendu"), blank=True)
    decisions = models.TextField(_("décisions"), blank=True, help_text=_("Une décision par ligne."))

    class Meta:
        ordering = ["-held_on", "-pk"]
        verbose_name = _("réunion du COPIL")
        verbose_name_plural = _("réunions du COPIL")

    def __str__(self) -> str:
        return self.title

    @property
    def decision_lines(self) -> list[str]:
        return [line.strip() for line in self.decisions.splitlines() if line.strip()]


class Milestone(models.Model):
    """Something that must happen by a date."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="milestones", verbose_name=_("site"))
    title = models.CharField(_("étape"), max_length=200)
    due = models.DateField(_("échéance"))
    done_on = models.DateField(_("faite le"), null=True, blank=True)

    class Meta:
        ordering = ["due", "pk"]
        verbose_name = _("échéance")
        verbose_name_plural = _("échéances")

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        if self.done_on and self.done_on > timezone.localdate():
            raise ValidationError({"done_on": _("Une étape ne peut pas être déjà faite à une date future.")})

    @property
    def is_late(self) -> bool:
        return self.done_on is None and self.due < timezone.localdate()


class Commitment(models.Model):
    """A funder's promise over several years, for a site or (without site) for the network's own work."""

    programme = models.ForeignKey(
        "programmes.Programme", models.CASCADE, related_name="commitments", verbose_name=_("programme")
    )
    site = models.ForeignKey(
        Site, models.CASCADE, null=True, blank=True, related_name="commitments", verbose_name=_("site")
    )
    funder = models.CharField(_("financeur"), max_length=200)
    purpose = models.CharField(_("pour quoi"), max_length=200, blank=True)
    start = PartialDateField(_("début"), blank=False)
    end = PartialDateField(_("fin"))
    renewal_by = models.DateField(_("renouvellement à demander avant"), null=True, blank=True)
    source = models.TextField(_("source"), blank=True)
    simulated = models.BooleanField(_("simulé"), default=False)

    class Meta:
        ordering = ["start", "pk"]
        verbose_name = _("engagement financier")
        verbose_name_plural = _("engagements financiers")

    def __str__(self) -> str:
        return self.funder

    def clean(self) -> None:
        if self.start and self.end and bounds(self.end)[1] < bounds(self.start)[0]:
            raise ValidationError({"end": _("La fin précède le début.")})

    @property
    def days_left(self) -> int | None:
        """Days before the commitment ends (negative when it has); ``None`` when no end is known."""
        return (bounds(self.end)[1] - timezone.localdate()).days if self.end else None

    @property
    def is_ending(self) -> bool:
        """Ends within a year: what follows must be prepared."""
        return self.days_left is not None and 0 <= self.days_left <= 365


def _money(label: Any) -> models.DecimalField:
    return models.DecimalField(
        label, max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )


def _days(label: Any) -> models.DecimalField:
    return models.DecimalField(
        label, max_digits=7, decimal_places=1, null=True, blank=True, validators=[MinValueValidator(0)]
    )


class BudgetLine(models.Model):
    """One year of a commitment: euros and engineering days, planned, granted, spent; empty is unknown, not zero."""

    commitment = models.ForeignKey(
        Commitment, models.CASCADE, related_name="lines", verbose_name=_("engagement")
    )
    year = models.PositiveSmallIntegerField(
        _("année"), validators=[MinValueValidator(1980), MaxValueValidator(2100)]
    )
    planned = _money(_("prévu (€)"))
    granted = _money(_("accordé (€)"))
    spent = _money(_("dépensé (€)"))
    days_planned = _days(_("jours d’ingénierie prévus"))
    days_spent = _days(_("jours d’ingénierie passés"))

    class Meta:
        ordering = ["year"]
        verbose_name = _("ligne de budget")
        verbose_name_plural = _("lignes de budget")
        constraints = [
            models.UniqueConstraint(
                fields=["commitment", "year"],
                name="one_line_a_year",
                violation_error_message=_("Cette année est déjà notée pour cet engagement."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.commitment} {self.year}"


class FidelityEntry(models.Model):
    """One observation of a marker of the protocol, by the site itself, a peer or the network; or why there is none."""

    class Assessor(models.TextChoices):
        SELF = "self", _("le site lui-même")
        PEER = "peer", _("un pair")
        NETWORK = "network", _("le réseau")

    class Unseen(models.TextChoices):
        NOT_APPLICABLE = "not_applicable", _("sans objet ici")
        NOT_YET = "not_yet", _("trop tôt pour le voir")
        NO_MEANS = "no_means", _("pas de moyen de l’observer")
        REFUSED = "refused", _("observation refusée")
        OTHER = "other", _("autre raison, dite en note")

    site = models.ForeignKey(Site, models.CASCADE, related_name="fidelity", verbose_name=_("site"))
    component = models.CharField(_("composante"), max_length=80)
    marker = models.CharField(_("marqueur"), max_length=80)
    value = models.JSONField(_("valeur"), null=True, blank=True)
    unseen = models.CharField(_("pourquoi pas observé"), max_length=20, choices=Unseen, blank=True)
    """Why there is no value, as the assessor says; empty when there is one."""
    assessor = models.CharField(_("observé par"), max_length=10, choices=Assessor)
    version = models.CharField(_("version du protocole"), max_length=20)
    at = models.DateField(_("date"), default=timezone.localdate)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("observation de fidélité")
        verbose_name_plural = _("observations de fidélité")

    def __str__(self) -> str:
        return f"{self.site} – {self.marker}"

    def clean(self) -> None:
        if isinstance(self.at, date) and self.at > timezone.localdate():
            raise ValidationError({"at": _("Une observation ne peut pas être datée du futur.")})
        if (self.value is None) != bool(self.unseen):
            raise ValidationError(_("Donner une valeur, ou dire pourquoi elle n’a pas été observée."))

    @property
    def value_in_words(self) -> str:
        if self.value is None:
            return str(self.get_unseen_display())
        if isinstance(self.value, bool):
            return str(_("oui") if self.value else _("non"))
        return number_format(self.value)
