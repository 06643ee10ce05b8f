"""What people type in a weights session."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy


class SessionForm(forms.Form):
    named = forms.TypedChoiceField(
        label=gettext_lazy("Quand les réponses seront côte à côte"),
        choices=[
            ("no", gettext_lazy("elles seront numérotées, sans nom")),
            ("yes", gettext_lazy("chacune portera le nom de la personne")),
        ],
        initial="no",
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Chaque personne le lit avant de répondre ; ce choix ne change plus."),
    )
    note = forms.CharField(
        label=gettext_lazy("Mot d’invitation"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class InviteForm(forms.Form):
    email = forms.EmailField(label=gettext_lazy("Adresse électronique d’un membre du comité"))


class OrderForm(forms.Form):
    """Ranks of importance, one field a name; an empty one says nothing."""

    def __init__(self, *args: Any, names: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ranks = [
            ("", gettext_lazy("je ne me prononce pas")),
            *((str(n), str(n)) for n in range(1, len(names) + 1)),
        ]
        for key, label in names.items():
            self.fields[key] = forms.ChoiceField(label=label, choices=ranks, required=False)

    def ranks(self) -> dict[str, int]:
        return {key: int(rank) for key, rank in self.cleaned_data.items() if rank}


class AdoptForm(forms.Form):
    sentences = forms.MultipleChoiceField(
        label=gettext_lazy("Phrases adoptées"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Aucune cochée : tous les poids restent admis."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Ce que le comité en dit"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Pourquoi ces phrases, et ce qui reste en désaccord."),
    )

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["sentences"]
        field.choices = choices
