"""What people type about tools."""

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from essaim.platform.toolbox.files import KINDS
from essaim.platform.toolbox.models import Tool

_ENDINGS = ", ".join(sorted(kind.removeprefix(".") for kind in KINDS))


class VersionForm(forms.Form):
    """A file or a link, and what changes."""

    file = forms.FileField(
        label=_("Fichier"),
        required=False,
        help_text=format_lazy(_("Genres acceptés : {kinds}."), kinds=_ENDINGS),
    )
    url = forms.URLField(label=_("Ou un lien"), required=False, assume_scheme="https")
    note = forms.CharField(
        label=_("Ce qui change"), required=False, widget=forms.Textarea(attrs={"rows": 2}), max_length=2000
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and bool(cleaned.get("file")) == bool(cleaned.get("url")):
            raise forms.ValidationError(_("Donner un fichier ou un lien, l’un des deux."))
        return cleaned


class ToolForm(VersionForm):
    title = forms.CharField(label=_("Nom de l’outil"), max_length=200)
    kind = forms.ChoiceField(label=_("Nature"), choices=Tool.Kind.choices)
    description = forms.CharField(
        label=_("À quoi il sert"), required=False, widget=forms.Textarea(attrs={"rows": 3}), max_length=5000
    )
    field_order = ("title", "kind", "description", "file", "url")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["note"]


class OfferForm(forms.Form):
    text = forms.CharField(
        label=_("Ce qu’il apporte aux autres, et ce que vous y avez changé"),
        widget=forms.Textarea,
        max_length=5000,
    )
