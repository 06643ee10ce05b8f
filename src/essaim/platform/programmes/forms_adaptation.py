"""What a site types about its adaptation: the decision, its description by FRAME, the derogation asked."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from essaim.platform.programmes.forms import PartialDate
from essaim.platform.programmes.reading import TERRITORY_TYPES
from essaim.protocol import frame
from essaim.protocol.adaptation import Decision, Frame
from essaim.protocol.document import Parameter

if TYPE_CHECKING:
    from essaim.platform.programmes.upgrading import Dispute, Work


class FrameFields(forms.Form):
    """The questions of FRAME; required together unless ``frame_is_optional`` says otherwise."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, aspect in frame.ASPECTS.items():
            choices = [(code, _(label)) for code, label in aspect.answers.items()]
            if aspect.several:
                self.fields[f"frame_{name}"] = forms.MultipleChoiceField(
                    label=_(aspect.question),
                    choices=choices,
                    widget=forms.CheckboxSelectMultiple,
                    required=False,
                )
            else:
                self.fields[f"frame_{name}"] = forms.ChoiceField(
                    label=_(aspect.question), choices=[("", "–"), *choices], required=False
                )
        self.fields["frame_reason_text"] = forms.CharField(
            label=_("Avec vos mots"), widget=forms.Textarea, required=False, max_length=5000
        )

    def needs_frame(self, cleaned: dict[str, Any]) -> bool:
        return True

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.needs_frame(cleaned):
            for name in frame.ASPECTS:
                if not cleaned.get(f"frame_{name}"):
                    self.add_error(f"frame_{name}", _("Une adaptation s’explique : répondre ici."))
        return cleaned

    def frame(self) -> Frame | None:
        """The answers, when they were asked for."""
        if not self.needs_frame(self.cleaned_data):
            return None
        answers: dict[str, Any] = {}
        for name, aspect in frame.ASPECTS.items():
            given = self.cleaned_data[f"frame_{name}"]
            answers[name] = tuple(given) if aspect.several else given
        return Frame(**answers, reason_text=self.cleaned_data["frame_reason_text"])


def frame_initial(answers: Frame | None) -> dict[str, Any]:
    """What was answered before, to fill the form."""
    if answers is None:
        return {}
    initial = {f"frame_{name}": getattr(answers, name) for name in frame.ASPECTS}
    return initial | {"frame_reason_text": answers.reason_text}


class DecisionForm(FrameFields):
    """A decision on a component (``parameter`` is ``None``) or on one of its parameters."""

    status = forms.ChoiceField(label=_("Chez nous"), widget=forms.RadioSelect)

    def __init__(
        self, *args: Any, parameter: Parameter | None, core: bool, before: Decision | None, **kwargs: Any
    ) -> None:
        self.parameter = parameter
        initial = (
            {"status": before.status, "note": before.note, "decided_on": before.decided_on or ""}
            if before
            else {}
        )
        if before:
            initial |= {"value": _shown(before.value), "form": before.form} | frame_initial(before.frame)
            initial["derogation_reason"] = before.derogation.reason if before.derogation else ""
        super().__init__(*args, initial=initial, **kwargs)
        choices = [("kept", _("Gardé : comme le protocole")), ("adapted", _("Adapté"))]
        if parameter is None:
            label = _("Non fait (dérogation : c’est un invariant)") if core else _("Non fait")
            choices.append(("not_done", label))
        self.fields["status"].choices = choices  # type: ignore[attr-defined]
        local = (
            {"value": value_field(parameter)}
            if parameter
            else {
                "form": forms.CharField(
                    label=_("Comment nous faisons"), widget=forms.Textarea, required=False, max_length=10_000
                )
            }
        )
        extra = {
            "derogation_reason": forms.CharField(
                label=_("Si c’est hors latitude : pourquoi demander une dérogation"),
                widget=forms.Textarea,
                required=False,
                max_length=5000,
            ),
            "decided_on": PartialDate(label=_("Décidé le")),
            "note": forms.CharField(label=_("Note"), widget=forms.Textarea, required=False, max_length=5000),
        }
        status = self.fields.pop("status")
        self.fields = {"status": status} | local | self.fields | extra

    def needs_frame(self, cleaned: dict[str, Any]) -> bool:
        return cleaned.get("status") in ("adapted", "not_done")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        missing = "value" if self.parameter else "form"
        if cleaned.get("status") == "adapted" and cleaned.get(missing) in (None, "", (), []):
            self.add_error(missing, _("Dire ce que le site fait à la place."))
        return cleaned

    def decision(self) -> dict[str, Any]:
        """Arguments of ``take_decision``."""
        data = self.cleaned_data
        return {
            "status": data["status"],
            "value": _stored(data.get("value")),
            "form": data.get("form", ""),
            "frame_answers": self.frame(),
            "note": data["note"],
            "decided_on": data["decided_on"],
            "derogation_reason": data["derogation_reason"],
        }


def value_field(parameter: Parameter) -> forms.Field:
    """The field that fits the type of a parameter; latitude is checked by the core, which knows derogations."""
    label = parameter.label + (f" ({parameter.unit})" if parameter.unit else "")
    options = [(option.id, option.label) for option in parameter.options]
    if parameter.type in ("number", "duration"):
        return forms.FloatField(label=label, required=False, localize=True)
    if parameter.type == "choice":
        return forms.ChoiceField(label=label, choices=[("", "–"), *options], required=False)
    if parameter.type == "set":
        return forms.MultipleChoiceField(
            label=label, choices=options, required=False, widget=forms.CheckboxSelectMultiple
        )
    if parameter.type == "boolean":
        return forms.TypedChoiceField(
            label=label,
            choices=[("", "–"), ("yes", _("oui")), ("no", _("non"))],
            coerce=lambda value: value == "yes",
            empty_value=None,
            required=False,
        )
    return forms.CharField(label=label, widget=forms.Textarea, required=False, max_length=10_000)


def _stored(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _shown(value: Any) -> Any:
    return ("yes" if value else "no") if isinstance(value, bool) else value


class AdditionForm(FrameFields):
    """A component of the site's own."""

    title = forms.CharField(label=_("Ce que le site ajoute"), max_length=200)
    function = forms.CharField(label=_("À quoi cela sert"), widget=forms.Textarea, max_length=10_000)
    form = forms.CharField(
        label=_("Comment nous faisons"), widget=forms.Textarea, required=False, max_length=10_000
    )

    field_order = ("title", "function", "form")

    def addition(self) -> dict[str, Any]:
        """Arguments of ``add_component``."""
        fields = {name: self.cleaned_data[name] for name in ("title", "function", "form")}
        return fields | {"frame_answers": self.frame()}


class TerritoryForm(forms.Form):
    types = forms.MultipleChoiceField(
        label=_("Ce territoire est"),
        choices=list(TERRITORY_TYPES.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Le protocole peut prévoir des variantes selon le territoire."),
    )


class DerogationForm(forms.Form):
    answer = forms.ChoiceField(
        label=_("Réponse du réseau"),
        widget=forms.RadioSelect,
        choices=[("granted", _("Accorder")), ("refused", _("Refuser"))],
    )
    note = forms.CharField(label=_("Raison"), widget=forms.Textarea, max_length=5000)
    until = PartialDate(label=_("Jusqu’à quand"))

    def given(self) -> dict[str, Any]:
        """Arguments of ``answer_derogation``."""
        data = self.cleaned_data
        return {"granted": data["answer"] == "granted", "note": data["note"], "until": data["until"]}


class UpgradeForm(forms.Form):
    """One choice a conflict; what is decided anew, and why a derogation is asked when it lies outside latitude."""

    def __init__(self, *args: Any, work: "Work", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.work = work
        for number, dispute in enumerate(work.disputes):
            before = work.choices.get(dispute.conflict.id, {})
            self.fields[f"choice_{number}"] = forms.ChoiceField(
                label=_("Que fait le site ?"),
                choices=list(dispute.options),
                widget=forms.RadioSelect,
                initial=before.get("choice", ""),
            )
            if dispute.can_amend:
                self.fields[f"new_{number}"] = _anew(dispute, before)
            self.fields[f"reason_{number}"] = forms.CharField(
                label=_("Si c’est hors latitude : pourquoi demander une dérogation"),
                widget=forms.Textarea(attrs={"rows": 2}),
                required=False,
                initial=before.get("reason", ""),
                max_length=5000,
            )

    def parts(self) -> list[tuple["Dispute", list[Any]]]:
        """Each dispute with its fields."""
        return [
            (dispute, [self[name] for name in self._names(number)])
            for number, dispute in enumerate(self.work.disputes)
        ]

    def _names(self, number: int) -> list[str]:
        return [
            f"{part}_{number}" for part in ("choice", "new", "reason") if f"{part}_{number}" in self.fields
        ]

    def given(self) -> dict[str, dict[str, Any]]:
        """What was chosen so far, by conflict; choices that are not among the options are left out."""
        self.is_valid()
        cleaned = self.cleaned_data
        found: dict[str, dict[str, Any]] = {}
        for number, dispute in enumerate(self.work.disputes):
            anew = cleaned.get(f"new_{number}")
            found[dispute.conflict.id] = {
                "choice": cleaned.get(f"choice_{number}", ""),
                "reason": cleaned.get(f"reason_{number}", ""),
                **({"value": _stored(anew)} if dispute.parameter else {"form": anew or ""}),
            }
        return found


def _anew(dispute: "Dispute", before: Any) -> forms.Field:
    """What the site decides instead: a value of the new version's parameter, or a local form."""
    if dispute.parameter:
        field = value_field(dispute.parameter)
        field.label = _("Si vous décidez autrement : %(what)s") % {"what": field.label}
        field.initial = _shown(before.get("value"))
        return field
    return forms.CharField(
        label=_("Si vous décidez autrement : comment nous faisons"),
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        initial=before.get("form", ""),
        max_length=10_000,
    )
