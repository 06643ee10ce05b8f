"""What a variant changes in one parameter: the fields of its type, left empty where the protocol’s own holds."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from essaim.protocol.document import Change, Parameter

EMPTY = [("", _("Comme partout"))]


class ChangeForm(forms.Form):
    """``before``: what the variant already changes there, ``None`` when nothing."""

    def __init__(
        self, *args: Any, component: str, parameter: Parameter, before: Change | None, **kwargs: Any
    ) -> None:
        self.component, self.parameter = component, parameter
        kwargs["initial"] = _shown(before)
        super().__init__(*args, **kwargs)
        self.fields.update(_FIELDS[parameter.type](parameter))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and all(value in (None, "", []) for value in cleaned.values()):
            raise forms.ValidationError(
                _(
                    "Rien ne change : écrire au moins une borne ou une valeur de départ, ou retirer ce réglage."
                )
            )
        return cleaned

    def change(self) -> Change:
        values = {name: _stored(value) for name, value in self.cleaned_data.items()}
        if "options" in values:
            values["options"] = values["options"] or ()
        return Change(component=self.component, parameter=self.parameter.id, **values)


def _shown(before: Change | None) -> dict[str, Any]:
    if before is None:
        return {}
    shown = {name: getattr(before, name) for name in Change.__dataclass_fields__}
    if isinstance(before.default, bool):
        shown["default"] = "yes" if before.default else "no"
    return shown


def _stored(value: Any) -> Any:
    if value == "":
        return None
    if isinstance(value, list):
        return tuple(value) or None
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _number(parameter: Parameter) -> dict[str, forms.Field]:
    unit = f" ({parameter.unit})" if parameter.unit else ""
    labels = {"min": _("Au moins"), "max": _("Au plus"), "default": _("Au départ")}
    return {name: forms.FloatField(label=f"{label}{unit}", required=False) for name, label in labels.items()}


def _options(parameter: Parameter) -> forms.Field:
    return forms.MultipleChoiceField(
        label=_("Choix possibles"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Cocher ceux qui restent possibles là. Aucun coché : tous, comme partout."),
        required=False,
        choices=[(o.id, o.label) for o in parameter.options],
    )


def _choice(parameter: Parameter) -> dict[str, forms.Field]:
    choices = [*EMPTY, *((o.id, o.label) for o in parameter.options)]
    return {
        "options": _options(parameter),
        "default": forms.ChoiceField(label=_("Au départ"), required=False, choices=choices),
    }


def _set(parameter: Parameter) -> dict[str, forms.Field]:
    return {
        "options": _options(parameter),
        "min_items": forms.IntegerField(label=_("Nombre de choix, au moins"), required=False, min_value=0),
        "max_items": forms.IntegerField(label=_("Nombre de choix, au plus"), required=False, min_value=0),
        "default": forms.MultipleChoiceField(
            label=_("Au départ"), required=False, choices=[(o.id, o.label) for o in parameter.options],
            widget=forms.CheckboxSelectMultiple,
        ),
    }  # fmt: skip


def _boolean(parameter: Parameter) -> dict[str, forms.Field]:
    choices = [*EMPTY, ("yes", _("oui")), ("no", _("non"))]
    return {
        "default": forms.TypedChoiceField(
            label=_("Au départ"), required=False, choices=choices, coerce=lambda value: value == "yes"
        )
    }


def _text(parameter: Parameter) -> dict[str, forms.Field]:
    return {
        "max_length": forms.IntegerField(
            label=_("Longueur du texte, au plus (signes)"), required=False, min_value=1
        ),
        "default": forms.CharField(
            label=_("Au départ"), required=False, widget=forms.Textarea, max_length=20_000
        ),
    }


_FIELDS = {
    "number": _number,
    "duration": _number,
    "choice": _choice,
    "set": _set,
    "boolean": _boolean,
    "text": _text,
}
