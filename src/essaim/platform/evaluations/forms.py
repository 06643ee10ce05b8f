"""What people type about evaluations, and the files they bring."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from essaim.examples import WAVE_EXAMPLES
from essaim.platform.community.services import lesson_kinds
from essaim.platform.dates import validate_partial
from essaim.platform.evaluations.models import EvaluationPlan, WaveDraw
from essaim.platform.evaluations.services import PLANNED


class PlanForm(forms.ModelForm):
    class Meta:
        model = EvaluationPlan
        fields = list(PLANNED)
        help_texts = {
            "question": _(
                "Une seule, à laquelle on peut répondre par oui, par non, ou par « on ne sait pas »."
            ),
            "outcome": _("Ce qui est mesuré, avec son unité et sa source : « taux de chômage (%), Insee »."),
            "unit": _("Ce qui est compté comme une observation : commune, quartier, département…"),
            "comparison": _(
                "Pourquoi ces territoires-là auraient évolué comme les sites, sans le programme."
            ),
            "waves": _("Quels sites ouvrent quand, choisis ou tirés au sort."),
            "anticipation": _("Nombre de périodes avant l’ouverture où l’effet peut déjà se voir."),
            "smallest_effect": _(
                "Dans l’unité du résultat. En dessous, l’effet ne changerait aucune décision. Sans lui, un cinquième "
                "de la dispersion du résultat est retenu."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs["rows"] = 3


class DepartureForm(forms.Form):
    what = forms.CharField(label=_("Ce qui change"), widget=forms.Textarea(attrs={"rows": 3}))
    why = forms.CharField(label=_("Pourquoi"), widget=forms.Textarea(attrs={"rows": 3}))


class WindowForm(forms.Form):
    """The periods that a panel keeps: two bounds and a reason, or none."""

    first = forms.CharField(label=_("Première période gardée"), required=False, max_length=20)
    last = forms.CharField(label=_("Dernière période gardée"), required=False, max_length=20)
    reason = forms.CharField(
        label=_("Pourquoi cette fenêtre"),
        required=False,
        max_length=500,
        help_text=_(
            "Par exemple : ensuite le dispositif est généralisé, plus rien ne peut servir de comparaison."
        ),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        window = [cleaned.get(name) for name in ("first", "last", "reason")]
        if any(window) and not all(window):
            self.add_error("reason", _("Une fenêtre se donne avec ses deux bornes et sa raison."))
        return cleaned

    @property
    def window(self) -> tuple[str, str, str] | None:
        """First period, last period, reason; ``None`` for the default window."""
        given = self.cleaned_data
        return (given["first"], given["last"], given["reason"]) if given["first"] else None


class HeldForm(WindowForm):
    """A series that the platform holds, at one level."""

    series = forms.ChoiceField(
        label=_("Résultat mesuré"),
        help_text=_(
            "Le niveau est celui des unités du panel ; les sites y sont rattachés par leur territoire."
        ),
    )
    title = forms.CharField(
        label=_("Titre"),
        required=False,
        max_length=200,
        help_text=_("Laisser vide pour reprendre le nom de la série."),
    )
    field_order = ["series", "title"]

    def __init__(self, *args: Any, choices: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["series"]
        field.choices = choices


class PanelForm(WindowForm):
    """Two files (outcome, dated waves) or one panel."""

    title = forms.CharField(label=_("Titre"), max_length=200)
    source = forms.CharField(
        label=_("Source du résultat"),
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Producteur, titre, date du fichier."),
    )
    outcome = forms.FileField(
        label=_("Résultat mesuré, ou panel complet"),
        required=False,
        help_text=_(
            "Le fichier de l’Insee des taux de chômage par département (sl_etc_AAAATQ.xls), une table avec les "
            "colonnes unit, time et outcome, ou un panel qui a déjà sa colonne cohort."
        ),
    )
    address = forms.URLField(
        label=_("Ou son adresse"),
        required=False,
        max_length=1000,
        assume_scheme="https",
        help_text=_(
            "CSV, XLSX ou parquet à une adresse publique, en http ou https ; lu maintenant, 30 Mo au plus. Une base de "
            "données se lit par la ligne de commande : les lignes par personne n’entrent pas ici."
        ),
    )
    example = forms.ChoiceField(
        label=_("Vagues"),
        required=False,
        choices=[
            ("", _("dans mon fichier")),
            ("sites", _("les sites de ce programme : leur territoire et leur date d’ouverture")),
            *((example.name, example.title) for example in WAVE_EXAMPLES),
        ],
        help_text=_(
            "Deux expérimentations réelles sont fournies, avec la fenêtre où leur comparaison a un sens."
        ),
    )
    waves = forms.FileField(
        label=_("Table des vagues"),
        required=False,
        help_text=_("Colonnes code et date (AAAA-MM-JJ). Rien à joindre pour un panel complet."),
    )
    counts_persons = forms.BooleanField(
        label=_("Le résultat est un nombre de personnes"),
        required=False,
        help_text=_("Les valeurs de 1 à 10 personnes seront effacées avant d’être gardées."),
    )
    simulated = forms.BooleanField(label=_("Ces données sont simulées"), required=False)

    field_order = [
        "title", "source", "outcome", "address", "example", "waves", "first", "last", "reason", "counts_persons",
        "simulated",
    ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name in ("outcome", "waves"):
            file = cleaned.get(name)
            if file and file.size > settings.MAX_UPLOAD_BYTES:
                self.add_error(
                    name, _("Ce fichier est trop lourd (30 Mo au plus) : agréger ou découper le tableau.")
                )
        if not self.errors and bool(cleaned.get("outcome")) == bool(cleaned.get("address")):
            self.add_error("outcome", _("Donner un fichier ou une adresse : l’un des deux."))
        if cleaned.get("example") and cleaned.get("waves"):
            self.add_error("waves", _("Choisir un exemple de vagues ou joindre une table, pas les deux."))
        return cleaned


class OptionsForm(forms.Form):
    """Settings of an estimate; those of the plan come filled in, and a change is listed as a departure."""

    control = forms.ChoiceField(label=_("Groupe de comparaison"), choices=EvaluationPlan.Control)
    anticipation = forms.IntegerField(label=_("Anticipation (périodes)"), min_value=0, max_value=40)
    window = forms.IntegerField(
        label=_("Maturité égale : périodes de recul exigées"),
        required=False,
        min_value=0,
        max_value=200,
        help_text=_("Laisser vide pour garder toutes les vagues."),
    )


class LessonForm(forms.Form):
    kind = forms.ChoiceField(label=_("Nature de la leçon"), choices=lesson_kinds)
    title = forms.CharField(label=_("La leçon, en une phrase"), max_length=200)
    learnt = forms.CharField(label=_("Ce que nous avons appris"), widget=forms.Textarea(attrs={"rows": 5}))
    evidence = forms.CharField(label=_("Sur quoi cela repose"), widget=forms.Textarea(attrs={"rows": 4}))


class DrawForm(forms.ModelForm):
    class Meta:
        model = WaveDraw
        fields = ["table", "capacities", "method", "keep", "seed_rule", "seed_on"]
        widgets = {
            "table": forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
            "seed_rule": forms.Textarea(attrs={"rows": 2}),
            "seed_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }
        help_texts = {
            "table": _(
                "Un territoire par ligne, la première ligne nomme les colonnes : code, nom, strate (ceux d’une strate "
                "sont répartis entre toutes les vagues), imposé (la raison d’ouvrir en premier : ce territoire "
                "sort de la comparaison). Toute autre colonne est un nombre à équilibrer, si le tirage est "
                "contraint. Coller depuis un tableur."
            ),
            "capacities": _("Par exemple 8, 8, 10 : trois vagues, vingt-six places."),
            "keep": _(
                "Pour un tirage contraint. Trop petite, plus aucun test n’est possible : l’aperçu le dit."
            ),
            "seed_rule": _(
                "Ce que personne ne peut connaître ni choisir aujourd’hui : « les cinq numéros et le numéro chance du "
                "Loto du samedi 12 décembre, dans l’ordre croissant, séparés par une espace »."
            ),
        }


class HoldForm(forms.Form):
    public_text = forms.CharField(
        label=_("Le résultat public, tel qu’annoncé"),
        max_length=300,
        help_text=_("Il donne la graine, et figure au procès-verbal. Un tirage fait ne se refait pas."),
    )


class CancelDrawForm(forms.Form):
    because = forms.CharField(
        label=_("Pourquoi"), required=False, widget=forms.Textarea(attrs={"rows": 3}), max_length=2000
    )


class PlaceWavesForm(forms.Form):
    """The number of the first drawn wave in the programme, and when each is meant to open."""

    first_number = forms.IntegerField(
        label=_("Numéro de la première vague tirée"), min_value=1, max_value=500
    )

    def __init__(self, *args: Any, waves: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, waves + 1):
            self.fields[f"opens_{number}"] = forms.CharField(
                label=_("Ouverture prévue de la vague tirée %(number)s") % {"number": number},
                required=False,
                max_length=10,
                validators=[validate_partial],
                help_text=_("2027, 2027-03 ou 2027-03-15.") if number == 1 else "",
            )

    def clean(self) -> dict[str, Any] | None:
        """Refuse a wave that would open before the one drawn ahead of it."""
        cleaned = super().clean()
        last = ""
        for name in [name for name in self.cleaned_data if name.startswith("opens_")]:
            opens = self.cleaned_data[name]
            known = min(len(opens), len(last))
            if opens[:known] < last[:known]:
                self.add_error(
                    name, _("Cette vague ouvrirait avant la précédente : le tirage dit leur ordre.")
                )
            last = opens or last
        return cleaned

    @property
    def openings(self) -> list[str]:
        return [value for name, value in self.cleaned_data.items() if name.startswith("opens_")]
