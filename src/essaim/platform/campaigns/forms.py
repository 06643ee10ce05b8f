"""What people type about campaigns and applications."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseFormSet, formset_factory
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from essaim.platform.campaigns.models import Application, Campaign, StepRecord, TeamCommitment
from essaim.platform.campaigns.questions import TYPES


def _day() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


def identifier(text: str) -> str:
    """A stable identifier made from a title, once: « Journée d’échange » → ``journee_dechange``."""
    return re.sub(r"[^a-z0-9_]", "", slugify(text).replace("-", "_"))[:40].strip("_") or "element"


def _distinct(wanted: str, taken: set[str]) -> str:
    found, number = wanted, 2
    while found in taken:
        found, number = f"{wanted[:36]}_{number}", number + 1
    taken.add(found)
    return found


class CampaignForm(forms.ModelForm):
    criteria_text = forms.CharField(
        label=_("Critères"),
        help_text=_(
            "Un par ligne. Une réponse en deux pages n’en a qu’un ; laissé vide, c’est l’envie de porter le projet."
        ),
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
    )

    class Meta:
        model = Campaign
        fields = ["title", "mode", "wave", "opens_on", "closes_on", "audience", "text", "hurried_days"]
        widgets = {"opens_on": _day(), "closes_on": _day(), "mode": forms.RadioSelect}
        help_texts = {
            "mode": _(
                "Le parcours par étapes (présentation, journée d’échange, accompagnement) donne des candidatures "
                "moins fragiles ; la réponse en deux pages va vite, avec pour seul critère l’envie."
            ),
            "closes_on": _("Laisser vide si la campagne reste ouverte."),
            "text": _("Ce que vous proposez, à qui, avec quels moyens. Markdown accepté."),
            "hurried_days": _(
                "En dessous, la candidature est signalée comme écrite trop vite. Ce seuil est le vôtre."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["criteria_text"].initial = "\n".join(c["text"] for c in self.instance.criteria)
        if self.instance.pk:  # the mode decides steps and questions: it is chosen once
            del self.fields["mode"]
        self.order_fields(["title", "mode", "text", "criteria_text"])

    def _post_clean(self) -> None:
        """The model is checked by the service, once criteria and steps are there."""

    def values(self) -> dict[str, Any]:
        """Fields for the service; the sources of criteria that stay are kept."""
        known = {criterion["text"]: criterion for criterion in self.instance.criteria}
        values = dict(self.cleaned_data)
        lines = [line.strip() for line in values.pop("criteria_text").splitlines() if line.strip()]
        taken: set[str] = set()
        values["criteria"] = [
            known.get(line) or {"id": _distinct(identifier(line), taken), "text": line} for line in lines
        ]
        return values


class StepForm(forms.Form):
    id = forms.CharField(required=False, widget=forms.HiddenInput)
    title = forms.CharField(label=_("Étape"), max_length=200)
    who = forms.CharField(label=_("Qui"), max_length=200, required=False)
    description = forms.CharField(
        label=_("Ce qui s’y passe"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    exchange = forms.BooleanField(label=_("C’est un temps d’échange avec toute l’équipe"), required=False)
    source = forms.CharField(required=False, widget=forms.HiddenInput)


class QuestionForm(forms.Form):
    id = forms.CharField(required=False, widget=forms.HiddenInput)
    label = forms.CharField(label=_("Question"), max_length=300)
    type = forms.ChoiceField(label=_("Réponse attendue"), choices=list(TYPES.items()), initial="long_text")
    help = forms.CharField(label=_("Aide"), max_length=300, required=False)
    max_length = forms.IntegerField(
        label=_("Longueur au plus (caractères)"), min_value=1, max_value=20_000, required=False
    )
    choices = forms.CharField(
        label=_("Choix proposés"),
        help_text=_("Un par ligne ; seulement pour un ou plusieurs choix."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    required = forms.BooleanField(label=_("Réponse obligatoire"), required=False)


_OPTIONS: dict[str, Any] = {
    "extra": 1,
    "can_delete": True,
    "can_order": True,
    "max_num": 40,
    "absolute_max": 60,
}
StepFormSet = formset_factory(StepForm, **_OPTIONS)
QuestionFormSet = formset_factory(QuestionForm, **_OPTIONS)


def ordered(formset: "BaseFormSet[Any]") -> list[dict[str, Any]]:
    """Rows kept, in the order typed; rows without an order come last."""
    rows = [f.cleaned_data for f in formset.forms if f.cleaned_data and not f.cleaned_data.get("DELETE")]
    return sorted(rows, key=lambda row: (row.get("ORDER") is None, row.get("ORDER") or 0))


def steps_from(formset: "BaseFormSet[Any]") -> list[dict[str, Any]]:
    taken = {row["id"] for row in ordered(formset) if row["id"]}
    return [
        {
            "id": row["id"] or _distinct(identifier(row["title"]), taken),
            **{name: row[name] for name in ("title", "who", "description", "exchange", "source")},
        }
        for row in ordered(formset)
    ]


def questions_from(formset: "BaseFormSet[Any]", before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Definitions as the model keeps them; the identifiers of choices that stay are kept too."""
    taken = {row["id"] for row in ordered(formset) if row["id"]}
    known = {question["id"]: question for question in before}
    return [_question(row, known.get(row["id"], {}), taken) for row in ordered(formset)]


def _question(row: dict[str, Any], before: dict[str, Any], taken: set[str]) -> dict[str, Any]:
    question = {
        "id": row["id"] or _distinct(identifier(row["label"]), taken),
        "label": row["label"], "type": row["type"], "required": row["required"], "help": row["help"],
    }  # fmt: skip
    if row["max_length"]:
        question["max_length"] = row["max_length"]
    if row["type"] in ("choice", "choices"):
        ids = {choice["label"]: choice["id"] for choice in before.get("choices", [])}
        used = set(ids.values())
        labels = [line.strip() for line in row["choices"].splitlines() if line.strip()]
        question["choices"] = [
            {"id": ids.get(label) or _distinct(identifier(label), used), "label": label} for label in labels
        ]
    return question


def question_rows(questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Initial rows of the formset."""
    return [
        {
            **question,
            "choices": "\n".join(choice["label"] for choice in question.get("choices", [])),
        }
        for question in questions
    ]


class ApplicationForm(forms.ModelForm):
    """Who applies, for which territory, and whom to call."""

    class Meta:
        model = Application
        fields = ["organisation", "territory_level", "territory_code", "contact_name", "contact_email"]
        help_texts = {
            "territory_code": _(
                "Code Insee de la commune (cinq caractères) ou du département, "
                "numéro SIREN de l’intercommunalité (neuf chiffres)."
            ),
        }

    def __init__(self, *args: Any, organisations: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["organisation"]
        field.queryset = field.queryset.filter(pk__in=[o.pk for o in organisations])
        field.empty_label = None if len(organisations) == 1 else "---------"

    def _post_clean(self) -> None:
        """The model is checked by the service."""


class StepRecordForm(forms.ModelForm):
    class Meta:
        model = StepRecord
        fields = ["done_on", "next_on", "note"]
        widgets = {"done_on": _day(), "next_on": _day(), "note": forms.Textarea(attrs={"rows": 4})}
        help_texts = {
            "done_on": _("Laisser vide tant que l’étape n’a pas eu lieu."),
            "next_on": _("Quand l’étape est prévue, ou quand on se revoit."),
        }

    def _post_clean(self) -> None:
        """The model is checked by the service."""


class TeamForm(forms.ModelForm):
    class Meta:
        model = TeamCommitment
        fields = ["team", "kind", "people", "committed", "on", "note"]
        widgets = {"on": _day(), "committed": forms.RadioSelect, "note": forms.Textarea(attrs={"rows": 2})}
        help_texts = {"note": _("Ce qui la décide, ce qui la retient, ce qu’elle demande.")}

    def _post_clean(self) -> None:
        """The model is checked by the service."""


class DecisionForm(forms.Form):
    outcome = forms.ChoiceField(label=_("Décision"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Raison"),
        help_text=_("La structure la lira."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, state: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        outcome: Any = self.fields["outcome"]
        outcome.choices = [
            (value, label)
            for value, label in OUTCOMES.items()
            if state == Application.State.SUBMITTED or value == Application.State.DECLINED
        ]


OUTCOMES = {
    Application.State.CONFIRMED: _("confirmer la candidature"),
    Application.State.IN_PATH: _("revenir au parcours avec la structure"),
    Application.State.DECLINED: _("ne pas retenir la candidature"),
}


class InviteForm(forms.Form):
    organisation: Any = forms.ModelChoiceField(label=_("Structure"), queryset=None)
    note = forms.CharField(
        label=_("Mot d’invitation"), required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, organisations: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organisation: Any = self.fields["organisation"]
        organisation.queryset = organisations


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        label=_("Raison"),
        help_text=_("Elle aide le réseau à comprendre ; vous pouvez ne rien dire."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def put_errors(form: forms.BaseForm, error: ValidationError) -> None:
    """Show what a service refused beside the field it is about, or above the form."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        for one in errors:
            form.add_error(name if name in form.fields else None, one)
