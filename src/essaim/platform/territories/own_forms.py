"""What people type to bring their own table."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from essaim.opendata.preview import Preview


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Votre tableau"),
        help_text=gettext_lazy(
            "CSV, Excel (xlsx, xls) ou ODS, avec une colonne de codes Insee, Siren, ou QPV."
        ),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > settings.MAX_UPLOAD_BYTES:
            raise ValidationError(
                _("Ce fichier dépasse %(limit)d Mo : gardez les seules colonnes utiles, ou découpez-le.")
                % {"limit": settings.MAX_UPLOAD_BYTES // 2**20}
            )
        return file


class DeclareForm(forms.Form):
    """What the table says, and how its values add up."""

    label = forms.CharField(label=gettext_lazy("Nom de l’indicateur"), max_length=120)
    code = forms.ChoiceField(label=gettext_lazy("Colonne des codes"))
    name = forms.ChoiceField(
        label=gettext_lazy("Colonne des noms"),
        required=False,
        help_text=gettext_lazy("Utile pour les QPV et les zones d’emploi."),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Ce que sont les valeurs"),
        choices=[
            ("sum", gettext_lazy("un effectif : les territoires s’additionnent")),
            (
                "mean",
                gettext_lazy("une moyenne ou un taux publié : il lui faut un poids pour changer de niveau"),
            ),
            ("rate", gettext_lazy("un taux à calculer : numérateur et dénominateur")),
            (
                "count",
                gettext_lazy(
                    "une liste, une ligne par structure : on compte les lignes de chaque territoire"
                ),
            ),
            ("published", gettext_lazy("un taux ou une médiane sans son poids : ne se lit qu’à son niveau")),
        ],
        widget=forms.RadioSelect,
    )
    value = forms.ChoiceField(
        label=gettext_lazy("Colonne des valeurs (ou du numérateur)"),
        required=False,
        help_text=gettext_lazy("Inutile pour une liste, dont on compte les lignes."),
    )
    weight = forms.ChoiceField(
        label=gettext_lazy("Colonne du poids (ou du dénominateur)"),
        required=False,
        help_text=gettext_lazy("Pour une moyenne sans colonne de poids, la population sert de poids."),
    )
    per = forms.FloatField(
        label=gettext_lazy("Taux pour"), required=False, min_value=1, initial=100,
        help_text=gettext_lazy("100 pour un pourcentage, 1000 pour mille…"),
    )  # fmt: skip
    unit = forms.CharField(label=gettext_lazy("Unité"), max_length=30, required=False)
    decimals = forms.IntegerField(label=gettext_lazy("Décimales"), min_value=0, max_value=6, initial=1)
    source = forms.CharField(label=gettext_lazy("Source"), max_length=250)
    date = forms.CharField(label=gettext_lazy("Date ou millésime"), max_length=60)
    licence = forms.CharField(label=gettext_lazy("Licence"), max_length=120, required=False)
    definition = forms.CharField(
        label=gettext_lazy("Définition"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    simulated = forms.BooleanField(
        label=gettext_lazy("Ces valeurs sont inventées pour un essai"),
        required=False,
        help_text=gettext_lazy("Tout classement qui s’en sert sera marqué « simulé »."),
    )

    def __init__(self, *args: Any, preview: Preview, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        headers = [(header, header) for header in preview.headers if header]
        for name in ("code", "name", "value", "weight"):
            field: Any = self.fields[name]
            field.choices = headers if field.required else [("", "–"), *headers]
        if preview.codes:
            self.fields["code"].initial = preview.codes[0].header
        if preview.numbers:
            self.fields["value"].initial = preview.numbers[0]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("kind") == "count":
            data["value"] = data["weight"] = ""
        elif not data.get("value"):
            self.add_error("value", _("Dire quelle colonne porte les valeurs."))
        if data.get("kind") == "rate" and not data.get("weight"):
            self.add_error("weight", _("Un taux à calculer demande son dénominateur."))
        chosen = [data[name] for name in ("code", "value", "weight") if data.get(name)]
        if len(set(chosen)) != len(chosen):
            self.add_error("value", _("La même colonne sert deux fois."))
        return data
