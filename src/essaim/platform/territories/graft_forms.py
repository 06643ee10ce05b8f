"""What people type of activities, local needs and local offer."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from essaim.platform.telling import tell
from essaim.platform.territories.models import Activity, LocalNeed, LocalOffer
from essaim.territory import lookup
from essaim.territory.codes import LEVEL_LABELS, LEVELS, UnknownCode, territory


class WordsField(forms.CharField):
    """A list of words, typed with commas."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return list(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))


class ActivityForm(forms.ModelForm):
    themes = WordsField(
        label=gettext_lazy("Besoins auxquels elle répond"),
        help_text=gettext_lazy(
            "Séparés par des virgules ; les mêmes mots servent aux besoins et à l’offre. Les codes de data.inclusion "
            "font compter l’offre importée."
        ),
    )
    publics = WordsField(
        label=gettext_lazy("Publics"), required=False, help_text=gettext_lazy("Vide : tout le monde.")
    )
    market = WordsField(
        label=gettext_lazy("Ce qu’elle vend sur place"),
        required=False,
        help_text=gettext_lazy(
            "Biens ou services vendus : c’est là qu’elle peut concurrencer un acteur local."
        ),
    )

    class Meta:
        model = Activity
        fields = ["title", "themes", "publics", "market"]


class _OfTerritory(forms.ModelForm):
    def __init__(self, *args: Any, themes: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = [(theme, theme) for theme in themes]


class NeedForm(_OfTerritory):
    theme = forms.ChoiceField(label=gettext_lazy("Besoin"))

    class Meta:
        model = LocalNeed
        fields = ["theme", "public", "people", "source", "date", "simulated"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["theme"]
        field.choices = self.known


class OfferForm(_OfTerritory):
    themes = forms.MultipleChoiceField(
        label=gettext_lazy("Besoins auxquels il répond"), widget=forms.CheckboxSelectMultiple, required=False
    )
    publics = WordsField(label=gettext_lazy("Publics"), required=False)
    market = WordsField(label=gettext_lazy("Ce qu’il vend sur place"), required=False)

    class Meta:
        model = LocalOffer
        fields = [
            "actor",
            "title",
            "themes",
            "publics",
            "places",
            "market",
            "partner",
            "source",
            "date",
            "simulated",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["themes"]
        field.choices = self.known


class TerritoryForm(forms.Form):
    level = forms.ChoiceField(
        label=gettext_lazy("Échelle"), choices=[(lv, LEVEL_LABELS[lv]) for lv in LEVELS]
    )
    code = forms.CharField(label=gettext_lazy("Code Insee ou Siren"), max_length=12)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("code") and data.get("level"):
            try:
                data["code"] = territory(data["level"], lookup.normalise(data["code"], data["level"])).code
            except UnknownCode as error:
                raise ValidationError({"code": tell(error.said)}) from error
        return data
