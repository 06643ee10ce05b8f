"""What people say of a design to size it: lists of numbers as French writes them."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from essaim.platform.evaluations.lists import whole_numbers
from essaim.rollout.design import MOST_PERIODS

LARGEST = 1e12  # beyond any means, cost or number of persons: larger ones only overflow


class Numbers(forms.CharField):
    """Numbers separated by semicolons or spaces, with decimal commas: « 0,01 ; 0,05 » → [0.01, 0.05].

    Refuses « nan », « inf » and what is beyond ``LARGEST``, as it refuses words. At most ``most`` numbers: the work
    of a grid grows fast with each list.
    """

    refusal = _("Des nombres séparés par des points-virgules, par exemple 0,01 ; 0,05.")

    def __init__(self, *, most: int = 40, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators.append(MaxLengthValidator(most, _("%(limit_value)d nombres au plus.")))

    def to_python(self, value: Any) -> Any:
        refused = ValidationError(self.refusal)
        try:
            numbers = self.read(str(super().to_python(value)))
        except ValueError as error:
            raise refused from error
        if not all(abs(number) <= LARGEST for number in numbers):
            raise refused
        return numbers

    def read(self, text: str) -> list[float]:
        return [float(part) for part in text.replace(";", " ").replace(",", ".").split()]

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return " ; ".join(f"{number:.12g}".replace(".", ",") for number in value)
        return value


class WholeNumbers(Numbers):
    """Whole numbers, whatever stands between them: « 8, 8, 10 » → [8, 8, 10]."""

    refusal = _("Des nombres entiers, par exemple 8, 8, 10.")

    def read(self, text: str) -> list[float]:
        return list(whole_numbers(text))


class SizingForm(forms.Form):
    waves = WholeNumbers(label=_("Territoires par vague"), help_text=_("Par exemple 8, 8, 10."))
    never = forms.IntegerField(
        label=_("Territoires qui n’ouvrent pas"), min_value=0, max_value=int(LARGEST), initial=0
    )
    persons = forms.FloatField(
        label=_("Personnes mesurées par territoire et par période"), min_value=1, max_value=LARGEST
    )
    before = forms.IntegerField(
        label=_("Périodes avant la première ouverture"), min_value=0, max_value=MOST_PERIODS, initial=1
    )
    after = forms.IntegerField(
        label=_("Périodes depuis la dernière ouverture, elle comprise"),
        min_value=1,
        max_value=MOST_PERIODS,
        initial=1,
    )
    transition = forms.IntegerField(
        label=_("Périodes non mesurées après chaque ouverture"),
        min_value=0,
        max_value=MOST_PERIODS,
        initial=0,
    )
    ramp = Numbers(
        label=_("Montée en charge"),
        initial=[1.0],
        help_text=_("Part de l’effet à la première période, à la deuxième… : 0,5 ; 1."),
    )
    sd = forms.FloatField(
        label=_("Écart-type du résultat entre personnes"),
        min_value=1e-9,
        help_text=_("Dans l’unité du résultat. Pour une part p : racine de p × (1 − p)."),
    )
    iccs = Numbers(
        label=_("Corrélations supposées à l’intérieur d’un territoire"),
        most=10,
        initial=[0.01, 0.02, 0.05, 0.1],
        help_text=_("Personne ne les connaît d’avance : en donner plusieurs."),
    )
    correlation = forms.ChoiceField(
        label=_("D’une période à l’autre, un territoire se ressemble"),
        choices=[
            ("nested", _("de la même part, quel que soit l’écart")),
            ("exponential", _("de moins en moins avec le temps")),
            ("proportional", _("de moins en moins, les personnes aussi (mêmes personnes suivies)")),
            ("exchangeable", _("entièrement (Hussey et Hughes)")),
        ],
    )
    autocorrelations = Numbers(label=_("Autocorrélations supposées"), most=10, initial=[0.6, 0.8, 1.0])
    person = forms.FloatField(
        label=_("Corrélation d’une personne avec elle-même"), min_value=0, max_value=1, initial=0,
        help_text=_("0 : de nouvelles personnes à chaque période."),
    )  # fmt: skip
    retention = forms.FloatField(
        label=_("Part des personnes qui restent d’une période à l’autre"), min_value=0, max_value=1, initial=1
    )
    wanted = forms.FloatField(label=_("Puissance voulue"), min_value=0.06, max_value=0.999, initial=0.8)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> dict[str, Any]:
        """Initial values: those that the plan keeps."""
        return dict(kept.get("given", {}))


class CapacityForm(forms.Form):
    MEANS = ("coordinators", "days")
    NEEDS = ("sites_per_coordinator", "days_to_open", "days_to_follow", "followed")

    coordinators = Numbers(
        label=_("Coordinateurs de chaque vague (équivalents temps plein)"),
        help_text=_("Par exemple 2 ; 2,5 ; 3 : la virgule est celle des décimales."),
    )
    days = Numbers(label=_("Jours d’ingénierie de chaque vague"), help_text=_("Par exemple 120 ; 150 ; 150."))
    sites_per_coordinator = forms.FloatField(label=_("Sites qu’un coordinateur suit"), min_value=0.01)
    days_to_open = forms.FloatField(label=_("Jours pour ouvrir un site"), min_value=0)
    days_to_follow = forms.FloatField(
        label=_("Jours par vague pour suivre un site déjà ouvert"), min_value=0, initial=0
    )
    followed = forms.IntegerField(
        label=_("Nombre de vagues pendant lesquelles un site reste suivi"),
        min_value=0,
        max_value=MOST_PERIODS,
        initial=0,
    )


class CostForm(forms.Form):
    cost = forms.FloatField(
        label=_("Coût d’un territoire pendant une période (euros)"), min_value=0.01, max_value=LARGEST
    )
    low = forms.FloatField(label=_("Le même, au plus bas"), min_value=0, max_value=LARGEST)
    high = forms.FloatField(label=_("Le même, au plus haut"), min_value=0.01, max_value=LARGEST)
    direction = forms.ChoiceField(
        label=_("L’effet favorable est"), choices=[("rise", _("une hausse")), ("fall", _("une baisse"))]
    )
    units = forms.FloatField(
        label=_("Ce que fait une unité du résultat"),
        min_value=1e-9,
        max_value=LARGEST,
        initial=1,
        help_text=_("Un point de 2 400 personnes : 24. Laisser 1 pour compter en unités du résultat."),
    )
    unit_name = forms.CharField(
        label=_("Nom de cette unité"),
        max_length=100,
        help_text=_("Par exemple : personne en emploi six mois après."),
    )
    worths = Numbers(
        label=_("Ce que peut valoir une unité (euros)"),
        help_text=_("Plusieurs valeurs : 5000 ; 10000 ; 20000."),
    )
    source = forms.CharField(
        label=_("D’où viennent ces coûts"),
        max_length=300,
        help_text=_("Comptes, convention, estimation : le dire."),
    )
