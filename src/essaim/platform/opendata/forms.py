"""What people type to bring an official file in."""

from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from essaim.opendata.sources import SOURCES


class BringForm(forms.Form):
    source = forms.ChoiceField(label=gettext_lazy("Source"))
    organisation: Any = forms.ModelChoiceField(
        label=gettext_lazy("Pour les études de"), queryset=None, empty_label=None
    )
    file = forms.FileField(
        label=gettext_lazy("Fichier du producteur, tel que téléchargé"),
        required=False,
        help_text=gettext_lazy("Sans le rouvrir dans un tableur, qui change les codes."),
    )
    address = forms.URLField(
        label=gettext_lazy("Ou adresse du fichier"),
        required=False,
        max_length=1000,
        assume_scheme="https",
        help_text=gettext_lazy("Adresse publique, en http ou https. Un téléchargement interrompu reprend."),
    )
    vintage = forms.CharField(
        label=gettext_lazy("Millésime"),
        required=False,
        max_length=80,
        help_text=gettext_lazy("Seulement si le fichier ne le dit pas : 2024, 2025-T3…"),
    )

    def __init__(self, *args: Any, organisations: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sources: Any = self.fields["source"]
        sources.choices = [(code, f"{item.producer} – {item.title}") for code, item in SOURCES.items()]
        field: Any = self.fields["organisation"]
        field.queryset = type(organisations[0]).objects.filter(pk__in=[o.pk for o in organisations])
        field.initial = organisations[0].pk

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file and file.size > settings.OPENDATA_UPLOAD_BYTES:
            raise ValidationError(
                _("Ce fichier dépasse %(limit)d Mo : donner plutôt son adresse.")
                % {"limit": settings.OPENDATA_UPLOAD_BYTES // 2**20}
            )
        return file

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and bool(data.get("file")) == bool(data.get("address")):
            self.add_error("file", _("Donner un fichier ou une adresse : l’un des deux."))
        return data

    def brought(self) -> dict[str, Any]:
        """Arguments of ``services.start``: the file is written by chunks, never held whole."""
        data = self.cleaned_data
        if data["address"]:
            return {"address": data["address"], "vintage": data["vintage"]}
        file = data["file"]

        def write(target: Path) -> None:
            with target.open("wb") as output:
                for chunk in file.chunks():
                    output.write(chunk)

        return {"name": file.name, "content": write, "vintage": data["vintage"]}


class ResumeForm(forms.Form):
    vintage = forms.CharField(label=gettext_lazy("Millésime"), required=False, max_length=80)
