"""Targeting studies: what a committee states, what follows from it, what it decides; and its own indicators."""

import secrets
from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from essaim.territory.plan import Plan, read_plan


class Indicator(models.Model):
    """A person's own table, kept by its components so that it may be read at other levels.

    ``data`` holds the rows ``[code, amount, base, counted]`` of ``essaim.opendata.indicator``; ``aggregation`` says
    how they add up.
    """

    audit_exclude = ("data", "names")

    programme = models.ForeignKey(
        "programmes.Programme", models.CASCADE, related_name="indicators", verbose_name=_("programme")
    )
    key = models.CharField(_("identifiant"), max_length=40, validators=[RegexValidator(r"^[a-z][a-z0-9_]*$")])
    label = models.CharField(_("nom de l’indicateur"), max_length=120)
    unit = models.CharField(_("unité"), max_length=30, blank=True)
    level = models.CharField(_("niveau"), max_length=12)
    definition = models.TextField(_("définition"), blank=True)
    source = models.CharField(_("source"), max_length=250)
    date = models.CharField(_("date ou millésime"), max_length=60)
    licence = models.CharField(_("licence"), max_length=120, blank=True)
    decimals = models.PositiveSmallIntegerField(_("décimales"), default=1)
    aggregation = models.JSONField(_("agrégation"))
    data = models.JSONField(_("valeurs"))
    names = models.JSONField(_("noms des territoires"), default=dict, blank=True)
    file_name = models.CharField(_("fichier"), max_length=250)
    sha256 = models.CharField(_("empreinte du fichier"), max_length=64)
    imported_at = models.DateTimeField(_("importé le"), default=timezone.now)
    simulated = models.BooleanField(_("valeurs simulées"), default=False)

    class Meta:
        ordering = ["label"]
        verbose_name = _("indicateur")
        verbose_name_plural = _("indicateurs")
        constraints = [models.UniqueConstraint(fields=["programme", "key"], name="one_indicator_key")]

    def __str__(self) -> str:
        return self.label


class Upload(models.Model):
    """A file sent and not yet declared; it goes when the indicator is made, or after a day."""

    audit_exclude = ("content",)

    programme = models.ForeignKey(
        "programmes.Programme", models.CASCADE, related_name="+", verbose_name=_("programme")
    )
    name = models.CharField(_("fichier"), max_length=250)
    content = models.BinaryField(_("contenu"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("par"))
    at = models.DateTimeField(_("le"), default=timezone.now)

    class Meta:
        verbose_name = _("fichier envoyé")
        verbose_name_plural = _("fichiers envoyés")

    def __str__(self) -> str:
        return self.name


class Study(models.Model):
    """A targeting study: the core's document, the data it was run on, its result, and the wave chosen from it."""

    class State(models.TextChoices):
        DRAFT = "draft", _("en préparation")
        RANKED = "ranked", _("classée")
        DECIDED = "decided", _("décidée")

    class Run(models.TextChoices):
        IDLE = "idle", _("au repos")
        WAITING = "waiting", _("en attente")
        RUNNING = "running", _("en cours")
        FAILED = "failed", _("arrêté")

    audit_exclude = ("document", "inputs", "result", "wave", "portfolio", "run_message", "run_state")

    programme = models.ForeignKey(
        "programmes.Programme", models.CASCADE, related_name="studies", verbose_name=_("programme")
    )
    title = models.CharField(_("titre"), max_length=200)
    document = models.JSONField(_("document"))
    inputs = models.JSONField(_("données utilisées"), null=True, blank=True)
    result = models.JSONField(_("résultat"), null=True, blank=True)
    result_sha256 = models.CharField(_("empreinte du résultat"), max_length=64, blank=True)
    wave = models.JSONField(_("contraintes de la vague"), default=dict, blank=True)
    portfolio = models.JSONField(_("vague proposée"), null=True, blank=True)
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.DRAFT)
    run_state = models.CharField(_("calcul"), max_length=10, choices=Run, default=Run.IDLE)
    run_message = models.TextField(_("où en est le calcul"), blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("auteur")
    )
    created_at = models.DateTimeField(_("créée le"), default=timezone.now)
    ranked_at = models.DateTimeField(_("classée le"), null=True, blank=True)
    copied_from = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="copies",
        verbose_name=_("reprise de"),
    )
    simulated = models.BooleanField(_("simulée"), default=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("étude de ciblage")
        verbose_name_plural = _("études de ciblage")

    def __str__(self) -> str:
        return self.title

    @property
    def ranking_simulated(self) -> list[str]:
        """Labels of the simulated criteria: one is enough to label the whole ranking."""
        return list((self.result or {}).get("simulated", []))

    @property
    def is_simulated(self) -> bool:
        return self.simulated or bool(self.ranking_simulated or (self.portfolio or {}).get("simulated"))

    @property
    def plan(self) -> Plan | None:
        """What was asked of the wave, if anything."""
        return read_plan(self.wave or None)[0]

    @property
    def is_computing(self) -> bool:
        return self.run_state in (self.Run.WAITING, self.Run.RUNNING)

    def rows(self) -> list[dict[str, Any]]:
        """The rows of the ranking that are kept, best first."""
        return list((self.result or {}).get("ranking", []))

    def proposed(self) -> list[str]:
        """Codes the result proposes: those of the wave when one was computed, else the first k."""
        if self.portfolio:
            return list(self.portfolio["codes"])
        return [row["code"] for row in self.rows()[: int(self.document.get("k", 0))]]


class Decision(models.Model):
    """What the committee decides of one territory; against the proposal, with its reason."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="decisions", verbose_name=_("étude"))
    code = models.CharField(_("territoire"), max_length=12)
    name = models.CharField(_("nom"), max_length=200)
    kept = models.BooleanField(_("retenu"))
    overruled = models.BooleanField(_("contre la proposition"), default=False)
    reason = models.TextField(_("raison"), blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("par"))
    at = models.DateTimeField(_("le"), default=timezone.now)

    class Meta:
        ordering = ["-kept", "name"]
        verbose_name = _("décision")
        verbose_name_plural = _("décisions")
        constraints = [models.UniqueConstraint(fields=["study", "code"], name="one_decision_a_territory")]

    def __str__(self) -> str:
        return f"{self.name} – {self.study}"


class Version(models.Model):
    """One ranking of a study, frozen with what made it: the document, the values used, the result."""

    audit_exclude = ("document", "inputs", "result")

    study = models.ForeignKey(Study, models.CASCADE, related_name="versions", verbose_name=_("étude"))
    number = models.PositiveIntegerField(_("numéro"))
    document = models.JSONField(_("document"))
    inputs = models.JSONField(_("données utilisées"))
    result = models.JSONField(_("résultat"))
    result_sha256 = models.CharField(_("empreinte du résultat"), max_length=64)
    made_at = models.DateTimeField(_("classée le"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("par")
    )

    class Meta:
        ordering = ["-number"]
        verbose_name = _("version d’une étude")
        verbose_name_plural = _("versions d’une étude")
        constraints = [models.UniqueConstraint(fields=["study", "number"], name="one_version_a_number")]

    def __str__(self) -> str:
        return f"{self.study} – {self.number}"

    def first(self) -> list[str]:
        """Names of the first k."""
        return [row["name"] for row in self.result["ranking"][: int(self.document["k"])]]


class WeightSession(models.Model):
    """A committee states the weights of a study, each in private; then looks at what it agrees on, and adopts.

    ``agreement`` is what was computed when the answers were laid side by side; ``adopted`` what the committee kept.
    """

    class State(models.TextChoices):
        OPEN = "open", _("réponses en cours")
        REVEALED = "revealed", _("réponses dévoilées")
        ADOPTED = "adopted", _("adoptée")
        CLOSED = "closed", _("abandonnée")

    audit_exclude = ("agreement", "voices")

    study = models.ForeignKey(Study, models.CASCADE, related_name="weight_sessions", verbose_name=_("étude"))
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.OPEN)
    named = models.BooleanField(_("réponses nominatives"), default=False)
    note = models.TextField(_("mot d’invitation"), blank=True)
    agreement = models.JSONField(_("accords et désaccords"), null=True, blank=True)
    voices = models.JSONField(_("nom des voix"), default=list, blank=True)
    adopted = models.JSONField(_("phrases adoptées"), default=list, blank=True)
    reason = models.TextField(_("ce que le comité en dit"), blank=True)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("ouverte par")
    )
    opened_at = models.DateTimeField(_("ouverte le"), default=timezone.now)
    revealed_at = models.DateTimeField(_("dévoilée le"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("close par"),
    )
    ended_at = models.DateTimeField(_("close le"), null=True, blank=True)
    simulated = models.BooleanField(_("simulée"), default=False)

    class Meta:
        ordering = ["-opened_at", "-pk"]
        verbose_name = _("séance de poids")
        verbose_name_plural = _("séances de poids")

    def __str__(self) -> str:
        return f"{self.study} – {self.get_state_display()}"

    @property
    def is_live(self) -> bool:
        return self.state in (self.State.OPEN, self.State.REVEALED)


def _token() -> str:
    return secrets.token_urlsafe(24)


class Seat(models.Model):
    """A place in a weights session: who is asked, by a personal link, and what they said (never shown as such)."""

    audit_exclude = ("token", "sentences")

    session = models.ForeignKey(WeightSession, models.CASCADE, related_name="seats", verbose_name=_("séance"))
    email = models.EmailField(_("adresse électronique"))
    token = models.CharField(_("jeton"), max_length=64, unique=True, default=_token, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="seats",
        verbose_name=_("personne"),
    )
    sentences = models.JSONField(_("phrases"), default=list, blank=True)
    invited_at = models.DateTimeField(_("invitée le"), default=timezone.now)
    given_at = models.DateTimeField(_("réponse déposée le"), null=True, blank=True)

    class Meta:
        ordering = ["email"]
        verbose_name = _("place dans une séance")
        verbose_name_plural = _("places dans une séance")
        constraints = [models.UniqueConstraint(fields=["session", "email"], name="one_seat_an_address")]

    def __str__(self) -> str:
        return self.email


class Activity(models.Model):
    """What a site of the programme would do, in the words that the graft test reads."""

    programme = models.ForeignKey(
        "programmes.Programme", models.CASCADE, related_name="activities", verbose_name=_("programme")
    )
    title = models.CharField(_("activité"), max_length=200)
    themes = models.JSONField(_("besoins auxquels elle répond"))
    publics = models.JSONField(_("publics"), default=list, blank=True)
    market = models.JSONField(_("ce qu’elle vend sur place"), default=list, blank=True)

    class Meta:
        ordering = ["title"]
        verbose_name = _("activité")
        verbose_name_plural = _("activités")

    def __str__(self) -> str:
        return self.title


class LocalEntry(models.Model):
    """What a programme knows of one territory, with where it comes from."""

    programme = models.ForeignKey(
        "programmes.Programme", models.CASCADE, related_name="+", verbose_name=_("programme")
    )
    level = models.CharField(_("échelle"), max_length=12)
    code = models.CharField(_("territoire"), max_length=12)
    source = models.CharField(_("source"), max_length=250)
    date = models.CharField(_("date ou millésime"), max_length=60)
    simulated = models.BooleanField(_("valeurs simulées"), default=False)

    class Meta:
        abstract = True


class LocalNeed(LocalEntry):
    """People of a territory who need something."""

    theme = models.CharField(_("besoin"), max_length=120)
    public = models.CharField(_("public"), max_length=120, blank=True)
    people = models.PositiveIntegerField(_("personnes concernées"), null=True, blank=True)

    class Meta:
        ordering = ["theme", "public"]
        verbose_name = _("besoin local")
        verbose_name_plural = _("besoins locaux")

    def __str__(self) -> str:
        return self.theme


class LocalOffer(LocalEntry):
    """What an actor of a territory offers already."""

    actor = models.CharField(_("acteur"), max_length=200)
    title = models.CharField(_("service"), max_length=200)
    themes = models.JSONField(_("besoins auxquels il répond"), default=list, blank=True)
    publics = models.JSONField(_("publics"), default=list, blank=True)
    places = models.PositiveIntegerField(_("places par an"), null=True, blank=True)
    market = models.JSONField(_("ce qu’il vend sur place"), default=list, blank=True)
    partner = models.BooleanField(_("a accepté d’en être"), default=False)

    class Meta:
        ordering = ["actor", "title"]
        verbose_name = _("offre locale")
        verbose_name_plural = _("offres locales")

    def __str__(self) -> str:
        return f"{self.actor} – {self.title}"
