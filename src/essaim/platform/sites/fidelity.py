"""The fidelity sheet: one field a marker, of the kind that its scale asks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from essaim.platform.sites.forms import DateInput
from essaim.platform.sites.models import FidelityEntry

if TYPE_CHECKING:
    from essaim.protocol.document import Component, Marker


def marker_field(marker: "Marker") -> forms.Field:
    """Yes/no, a number in its bounds, or a degree; always optional: not observed is not zero."""
    scale = marker.scale
    if scale.type == "boolean":
        choices = [("", _("non observé")), ("true", _("oui")), ("false", _("non"))]
        return forms.ChoiceField(label=marker.label, choices=choices, required=False)
    if scale.type == "likert":
        degrees = range(1, (scale.points or 4) + 1)
        return forms.ChoiceField(
            label=marker.label,
            choices=[("", _("non observé")), *((str(d), str(d)) for d in degrees)],
            required=False,
            help_text=_("De 1 (pas du tout) à %(points)s (tout à fait).") % {"points": len(degrees)},
        )
    return forms.FloatField(
        label=marker.label,
        min_value=scale.min,
        max_value=scale.max,
        required=False,
        help_text=scale.unit,
    )


def _read(marker: "Marker", value: Any) -> bool | int | float:
    if marker.scale.type == "boolean":
        return bool(value == "true")
    return int(value) if marker.scale.type == "likert" else float(value)


def _why(name: str) -> str:
    """The field that says why the marker of this field was not observed."""
    return "w" + name.removeprefix("m")


class FidelityForm(forms.Form):
    """Observations of one day on the markers of a protocol version."""

    at = forms.DateField(label=gettext_lazy("Date de l’observation"), widget=DateInput())
    note = forms.CharField(
        label=gettext_lazy("Ce qui a été observé, par qui, comment"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, markers: Sequence[tuple["Component", "Marker"]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("at", timezone.localdate())
        self._fields: dict[str, tuple[Component, Marker]] = {}
        for number, (component, marker) in enumerate(markers):
            self.fields[f"m{number}"] = marker_field(marker)
            self.fields[f"w{number}"] = forms.ChoiceField(
                label=_("Sinon, pourquoi : %(marker)s") % {"marker": marker.label},
                choices=[("", _("rien à dire")), *FidelityEntry.Unseen.choices],
                required=False,
            )
            self._fields[f"m{number}"] = (component, marker)

    def groups(self) -> list[tuple["Component", list[tuple[forms.BoundField, forms.BoundField]]]]:
        """(value, why there is none) by component, in the order of the sheet."""
        found: dict[str, tuple[Component, list[tuple[forms.BoundField, forms.BoundField]]]] = {}
        for name, (component, _marker) in self._fields.items():
            found.setdefault(component.id, (component, []))[1].append((self[name], self[_why(name)]))
        return list(found.values())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in self._fields:
            if cleaned.get(name) not in (None, "") and cleaned.get(_why(name)):
                self.add_error(_why(name), _("Une valeur est donnée : laisser cette raison vide."))
            if cleaned.get(_why(name)) == FidelityEntry.Unseen.OTHER and not cleaned.get("note"):
                self.add_error("note", _("Dire ici la raison des marqueurs qui n’ont pas été observés."))
        if not self.errors and not self.observations():
            raise forms.ValidationError(_("Aucun marqueur n’est renseigné : rien à enregistrer."))
        return cleaned

    def observations(self) -> list[tuple[str, str, Any]]:
        """(component, marker, value) of each marker that was filled in; a value may be an :class:`Unseen`."""
        filled: list[tuple[str, str, Any]] = []
        for name, (component, marker) in self._fields.items():
            value, why = self.cleaned_data.get(name), self.cleaned_data.get(_why(name))
            if value not in (None, ""):
                filled.append((component.id, marker.id, _read(marker, value)))
            elif why:
                filled.append((component.id, marker.id, FidelityEntry.Unseen(why)))
        return filled

    def circumstances(self) -> dict[str, Any]:
        return {"at": self.cleaned_data["at"], "note": self.cleaned_data["note"]}
