"""Questions of an application as data: checked, then turned into a Django form.

A question is ``{id, label, type, required, help, max_length, choices}``; the definitions are versioned by
:class:`~essaim.platform.campaigns.models.QuestionSet`, so that an answer is always read with the question it answered.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

TYPES = {
    "text": gettext_lazy("réponse courte"),
    "long_text": gettext_lazy("texte"),
    "number": gettext_lazy("nombre"),
    "date": gettext_lazy("date"),
    "boolean": gettext_lazy("oui ou non"),
    "choice": gettext_lazy("un choix"),
    "choices": gettext_lazy("plusieurs choix"),
}
MOTIVES = "motives"
"""Reserved question: why the structure applies; fragility reads it."""
MONEY = "money"

PAGE = 3000
"""Characters of one typed page, which bound a two-page answer."""


def motives() -> dict[str, Any]:
    """The question on motives, asked in every mode: money helps to convince but is not enough."""
    return {
        "id": MOTIVES, "label": _("Ce qui vous décide"), "type": "choices", "required": True,
        "help": _("Plusieurs réponses possibles. Elles aident à vous accompagner, pas à vous noter."),
        "choices": [
            {"id": "need", "label": _("un besoin que nous n’arrivons pas à couvrir")},
            {"id": "practice", "label": _("l’envie de faire évoluer nos pratiques")},
            {"id": "peers", "label": _("ce que des pairs nous en ont dit")},
            {"id": "partners", "label": _("une demande de nos partenaires")},
            {"id": MONEY, "label": _("le financement proposé")},
        ],
    }  # fmt: skip


def default_questions(mode: str) -> list[dict[str, Any]]:
    """What a new campaign asks, by mode; the network changes it before opening."""
    wish = [
        {"id": "wish", "label": _("Pourquoi vous avez envie de porter ce projet"), "type": "long_text",
         "required": True, "max_length": PAGE, "help": _("Une page au plus.")},
        {"id": "partners", "label": _("Qui veut y participer autour de vous"), "type": "long_text",
         "required": True, "max_length": PAGE, "help": _("Une page au plus : associations, collectivités, services.")},
        motives(),
    ]  # fmt: skip
    if mode == "two_page":
        return wish
    sequenced = [
        {"id": "need", "label": _("Le besoin que vous voyez sur votre territoire"), "type": "long_text",
         "required": True},
        {"id": "existing", "label": _("Ce qui existe déjà, et avec qui vous travaillez"), "type": "long_text",
         "required": True, "help": _("Pour faire greffe, sans concurrencer ce qui est là.")},
        {"id": "team", "label": _("Comment l’équipe a été associée à cette réponse"), "type": "long_text",
         "required": True},
        motives(),
    ]  # fmt: skip
    if mode == "sequenced":
        return sequenced
    return [
        *sequenced[:-1],
        {"id": "means", "label": _("Les moyens que vous engagez"), "type": "long_text", "required": True},
        {"id": "start", "label": _("Quand vous pourriez commencer"), "type": "date", "required": False},
        motives(),
    ]  # fmt: skip


def validate_questions(questions: Any) -> None:
    """Refuse definitions that could not become a form, saying which question and why."""
    if not isinstance(questions, list) or not questions:
        raise ValidationError(_("Une candidature pose au moins une question."))
    seen: set[str] = set()
    for number, question in enumerate(questions, 1):
        problem = _problem(question, seen)
        if problem:
            raise ValidationError(
                _("Question %(number)d : %(problem)s") % {"number": number, "problem": problem}
            )
        seen.add(question["id"])


def _problem(question: Any, seen: set[str]) -> str:
    if not isinstance(question, dict) or not re.fullmatch(
        r"[a-z][a-z0-9_]{0,39}", str(question.get("id", ""))
    ):
        return _("l’identifiant s’écrit en minuscules, sans espace ni accent.")
    if question["id"] in seen:
        return _("l’identifiant « %(id)s » sert déjà.") % {"id": question["id"]}
    if not str(question.get("label", "")).strip():
        return _("il manque le texte de la question.")
    if question.get("type") not in TYPES:
        return _("le type « %(type)s » n’existe pas.") % {"type": question.get("type")}
    ids = [choice.get("id") for choice in question.get("choices", [])]
    if question["type"] in ("choice", "choices") and (len(ids) < 2 or len(set(ids)) != len(ids)):
        return _("donner au moins deux réponses possibles, différentes.")
    return ""


def build_form(
    questions: Sequence[Mapping[str, Any]],
    data: Any = None,
    answers: Mapping[str, Any] | None = None,
    complete: bool = True,
) -> forms.Form:
    """The form of these questions. ``complete=False`` lets a draft be kept with questions left empty."""
    form = forms.Form(data, initial=dict(answers or {}))
    for question in questions:
        field = _FIELDS[question["type"]](question)
        field.label, field.help_text = question["label"], question.get("help", "")
        field.required = bool(question.get("required")) and complete
        form.fields[question["id"]] = field
    return form  # fmt: skip


def to_json(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """Cleaned values as JSON holds them (dates in ISO form), unanswered questions left out."""
    kept = {name: value for name, value in cleaned.items() if value not in (None, "", [])}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in kept.items()}


class Answer(NamedTuple):
    """A question and its answer in words; ``text`` is empty when it was not answered."""

    label: str
    text: str


def readable(questions: Sequence[Mapping[str, Any]], answers: Mapping[str, Any]) -> list[Answer]:
    """Answers as a reader sees them, in the order of the questions."""
    return [
        Answer(question["label"], _words(question, answers.get(question["id"]))) for question in questions
    ]


def _words(question: Mapping[str, Any], value: Any) -> str:
    if value in (None, "", []):
        return ""
    if question["type"] == "boolean":
        return _("oui") if value == "yes" else _("non")
    labels = {choice["id"]: choice["label"] for choice in question.get("choices", [])}
    if question["type"] == "choices":
        return ", ".join(str(labels.get(item, item)) for item in value)
    return str(labels.get(value, value))


def _choices(question: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(choice["id"], choice["label"]) for choice in question["choices"]]


_FIELDS: dict[str, Callable[[Mapping[str, Any]], forms.Field]] = {
    "text": lambda q: forms.CharField(max_length=q.get("max_length") or 250),
    "long_text": lambda q: forms.CharField(
        widget=forms.Textarea(attrs={"rows": 6}), max_length=q.get("max_length") or 2 * PAGE
    ),
    "number": lambda q: forms.FloatField(),
    "date": lambda q: forms.DateField(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})),
    "boolean": lambda q: forms.ChoiceField(
        choices=[("", _("à préciser")), ("yes", _("oui")), ("no", _("non"))]
    ),
    "choice": lambda q: forms.ChoiceField(choices=_choices(q), widget=forms.RadioSelect),
    "choices": lambda q: forms.MultipleChoiceField(choices=_choices(q), widget=forms.CheckboxSelectMultiple),
}  # fmt: skip
