"""What a network lives together: meetings with their minutes, questions and answers, lessons."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """A meeting: its programme, who spoke, what was taught, the sheets it published."""

    class Visibility(models.TextChoices):
        PRIVATE = "private", _("réservé au réseau")
        PUBLIC = "public", _("public")

    slug = models.SlugField(_("identifiant"), unique=True)
    title = models.CharField(_("titre"), max_length=250)
    theme = models.CharField(_("thème"), max_length=250, blank=True)
    date = models.DateField(_("date"))
    edition = models.PositiveSmallIntegerField(_("édition"), null=True, blank=True)
    format = models.CharField(_("forme"), max_length=250, blank=True)
    organiser = models.ForeignKey(
        "organisations.Organisation", models.PROTECT, related_name="events", verbose_name=_("organisateur")
    )
    programme = models.ForeignKey(
        "programmes.Programme",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="events",
        verbose_name=_("programme"),
    )
    remarks = models.JSONField(_("remarques"), default=list, blank=True)
    source = models.TextField(_("source"), blank=True)
    visibility = models.CharField(
        _("visibilité"), max_length=10, choices=Visibility, default=Visibility.PRIVATE
    )
    simulated = models.BooleanField(_("simulé"), default=False)

    class Meta:
        ordering = ["-date", "title"]
        verbose_name = _("rencontre")
        verbose_name_plural = _("rencontres")

    def __str__(self) -> str:
        return self.title


class Session(models.Model):
    """One part of a meeting, in its order."""

    class Kind(models.TextChoices):
        INTRODUCTION = "introduction", _("introduction")
        ROUND_TABLE = "round_table", _("table ronde")
        WORKSHOP = "workshop", _("atelier")
        CONCLUSION = "conclusion", _("conclusion")

    event = models.ForeignKey(Event, models.CASCADE, related_name="sessions", verbose_name=_("rencontre"))
    position = models.PositiveSmallIntegerField(_("ordre"))
    kind = models.CharField(_("nature"), max_length=20, choices=Kind)
    number = models.PositiveSmallIntegerField(_("numéro"), null=True, blank=True)
    title = models.CharField(_("titre"), max_length=250)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("séquence")
        verbose_name_plural = _("séquences")

    def __str__(self) -> str:
        return self.title


class Speaker(models.Model):
    """Somebody who spoke in a session, with the function and the organisation of that day."""

    class Part(models.TextChoices):
        SPEAKER = "speaker", _("intervention")
        OPENING = "opening", _("ouverture")

    session = models.ForeignKey(Session, models.CASCADE, related_name="speakers", verbose_name=_("séquence"))
    name = models.CharField(_("nom"), max_length=150)
    function = models.CharField(_("fonction"), max_length=250, blank=True)
    organisation = models.ForeignKey(
        "organisations.Organisation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("organisation"),
    )
    part = models.CharField(_("place"), max_length=10, choices=Part, default=Part.SPEAKER)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("intervenant")
        verbose_name_plural = _("intervenants")

    def __str__(self) -> str:
        return self.name


class Teaching(models.Model):
    """What a session taught, who said it, and in which words when quoted."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="teachings", verbose_name=_("séquence"))
    text = models.TextField(_("enseignement"))
    quote = models.TextField(_("citation"), blank=True)
    speaker = models.ForeignKey(
        Speaker,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="teachings",
        verbose_name=_("qui l’a dit"),
    )

    class Meta:
        ordering = ["pk"]
        verbose_name = _("enseignement")
        verbose_name_plural = _("enseignements")

    def __str__(self) -> str:
        return self.text[:80]


class Sheet(models.Model):
    """A programme's sheet in the annex of the minutes."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="sheets", verbose_name=_("rencontre"))
    session = models.ForeignKey(Session, models.CASCADE, related_name="sheets", verbose_name=_("table ronde"))
    programme = models.ForeignKey(
        "programmes.Programme", models.PROTECT, related_name="sheets", verbose_name=_("programme")
    )
    presented_by = models.CharField(_("présentée par"), max_length=250)
    text = models.TextField(_("texte"))

    class Meta:
        ordering = ["pk"]
        verbose_name = _("fiche")
        verbose_name_plural = _("fiches")

    def __str__(self) -> str:
        return f"{self.programme}"


class Lesson(models.Model):
    """What was learnt, on what evidence: a success, a failure, a null result, a local idea. Never silence."""

    class Kind(models.TextChoices):
        WORKED = "worked", _("ce qui a réussi")
        FAILED = "failed", _("ce qui n’a pas réussi")
        NULL_RESULT = "null_result", _("effet non démontré")
        IDEA = "idea", _("idée d’un site")

    programme = models.ForeignKey(
        "programmes.Programme", models.CASCADE, related_name="lessons", verbose_name=_("programme")
    )
    kind = models.CharField(_("nature"), max_length=12, choices=Kind)
    title = models.CharField(_("titre"), max_length=200)
    learnt = models.TextField(_("ce que nous avons appris"))
    evidence = models.TextField(_("sur quoi cela repose"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="lessons", verbose_name=_("auteur")
    )
    created_at = models.DateTimeField(_("écrite le"), default=timezone.now, editable=False)
    simulated = models.BooleanField(_("simulée"), default=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("leçon")
        verbose_name_plural = _("leçons")

    def __str__(self) -> str:
        return self.title


class Exchange(models.Model):
    """A question asked to the network, open until somebody's answer is kept."""

    programme = models.ForeignKey(
        "programmes.Programme", models.CASCADE, related_name="exchanges", verbose_name=_("programme")
    )
    title = models.CharField(_("question"), max_length=200)
    text = models.TextField(_("précisions"), blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("auteur")
    )
    created_at = models.DateTimeField(_("posée le"), default=timezone.now, editable=False)
    simulated = models.BooleanField(_("simulée"), default=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("question")
        verbose_name_plural = _("questions")

    def __str__(self) -> str:
        return self.title


class Answer(models.Model):
    """A peer's answer to a question."""

    exchange = models.ForeignKey(Exchange, models.CASCADE, related_name="answers", verbose_name=_("question"))
    text = models.TextField(_("réponse"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("auteur")
    )
    created_at = models.DateTimeField(_("écrite le"), default=timezone.now, editable=False)

    class Meta:
        ordering = ["created_at", "pk"]
        verbose_name = _("réponse")
        verbose_name_plural = _("réponses")

    def __str__(self) -> str:
        return self.text[:80]
