"""What people type about a study: its scope, its criteria, what they say of the weights."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import formset_factory
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from essaim.platform.telling import refusal
from essaim.platform.territories.sources import UNITS
from essaim.territory import codes, lookup
from essaim.territory.criteria import FAMILIES, MISSING_LABELS
from essaim.territory.table import Measure

TRANSFORMS = {
    "rank": gettext_lazy("rang (part des territoires dépassés)"),
    "minmax": gettext_lazy("proportionnelle, du plus petit au plus grand"),
    "log": gettext_lazy("logarithme (les écarts entre grands comptent moins)"),
    "threshold": gettext_lazy("seuil : oui ou non"),
    "curve": gettext_lazy("courbe dessinée par vous"),
}
DIRECTIONS = {
    "high": gettext_lazy("plus la valeur est haute, mieux c’est"),
    "low": gettext_lazy("plus la valeur est basse, mieux c’est"),
}


def _listed(text: str) -> list[str]:
    """Codes or names of a list: names are parted by commas or lines, codes also by spaces (each has a figure)."""
    parts = [part.strip() for part in re.split(r"[,;\n]", text) if part.strip()]
    codes_only = re.compile(r"\S*\d\S*(\s+\S*\d\S*)*")
    return [one for part in parts for one in (part.split() if codes_only.fullmatch(part) else [part])]


class ScopeForm(forms.Form):
    """Step one: what is being chosen, among which territories, how many."""

    title = forms.CharField(label=gettext_lazy("Titre de l’étude"), max_length=200)
    unit = forms.ChoiceField(
        label=gettext_lazy("On choisit des"),
        choices=list(UNITS.items()),
        initial="epci",
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "Zones d’emploi et QPV demandent leur liste officielle (Données ouvertes), ou un tableau à vous."
        ),
    )
    k = forms.IntegerField(
        label=gettext_lazy("Combien de territoires cherchez-vous ?"), min_value=1, max_value=5000, initial=10
    )
    regions = forms.MultipleChoiceField(
        label=gettext_lazy("Régions"),
        help_text=gettext_lazy("Aucune cochée : toute la France."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    departments = forms.CharField(
        label=gettext_lazy("Départements"),
        help_text=gettext_lazy(
            "Codes ou noms séparés par des virgules : 33, 2A, La Réunion. S’ajoutent aux régions cochées."
        ),
        required=False,
    )
    codes = forms.CharField(
        label=gettext_lazy("Liste de territoires"),
        help_text=gettext_lazy(
            "Pour partir d’une liste à vous : leurs codes ou leurs noms, séparés par des virgules."
        ),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    without = forms.CharField(
        label=gettext_lazy("Territoires laissés de côté"),
        help_text=gettext_lazy("Codes ou noms de territoires déjà pourvus, par exemple."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    note = forms.CharField(
        label=gettext_lazy("La question posée"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        regions: Any = self.fields["regions"]
        places = codes.territories("region").values()
        regions.choices = sorted(((p.code, p.name) for p in places), key=lambda row: lookup.plain(row[1]))

    def clean_departments(self) -> list[str]:
        return [self._known(code, "departement") for code in _listed(self.cleaned_data["departments"])]

    def clean_codes(self) -> list[str]:
        return self._of_unit("codes")

    def clean_without(self) -> list[str]:
        return self._of_unit("without")

    def _of_unit(self, name: str) -> list[str]:
        unit = self.cleaned_data.get("unit", "")
        typed = _listed(self.cleaned_data[name])
        return [self._known(code, unit) for code in typed] if unit else typed

    def _known(self, typed: str, kind: Any) -> str:
        """The code of a territory given by its code or by its name."""
        try:
            return lookup.normalise(typed, kind)
        except codes.UnknownCode as error:
            if kind not in codes.LEVELS or not any(letter.isalpha() for letter in typed[1:]):
                raise refusal(error) from error
        near = lookup.search(typed, kind)
        named = [place for place in near if lookup.plain(place.name) == lookup.plain(typed)]
        if len(named) == 1:
            return named[0].code
        told = {"name": typed, "level": codes.LEVEL_LABELS[kind]}
        told["near"] = ", ".join(f"{place.name} ({place.code})" for place in (named or near)[:5])
        if named:
            text = _("Plusieurs territoires s’appellent « %(name)s » : donnez le code. %(near)s.")
            raise ValidationError(text % told)
        if near:
            raise ValidationError(
                _("« %(name)s » n’est le nom d’aucun territoire. Proches : %(near)s.") % told
            )
        raise ValidationError(
            _("« %(name)s » n’est ni un code ni un nom de %(level)s : vérifiez l’orthographe.") % told
        )

    def document(self) -> dict[str, Any]:
        """The fields of the study's document that this step states."""
        data = self.cleaned_data
        scope = {name: data[name] for name in ("regions", "departments", "codes", "without")}
        return {
            "title": data["title"],
            "unit": data["unit"],
            "k": data["k"],
            "note": data["note"],
            "scope": scope,
        }

    @staticmethod
    def initial_of(document: Mapping[str, Any]) -> dict[str, Any]:
        scope = document.get("scope", {})
        lists = {name: ", ".join(scope.get(name, ())) for name in ("departments", "codes", "without")}
        kept = {name: document.get(name) for name in ("title", "unit", "k", "note")}
        return {**kept, **lists, "regions": scope.get("regions", ())}


class CriterionForm(forms.Form):
    """One indicator that may become a criterion."""

    indicator = forms.CharField(widget=forms.HiddenInput)
    use = forms.BooleanField(label=gettext_lazy("En faire un critère"), required=False)
    family = forms.ChoiceField(
        label=gettext_lazy("Famille"),
        choices=[(code, gettext_lazy(label)) for code, label in FAMILIES.items()],
    )
    direction = forms.ChoiceField(label=gettext_lazy("Sens"), choices=list(DIRECTIONS.items()))
    transform = forms.ChoiceField(
        label=gettext_lazy("Comment la valeur devient une note"), choices=list(TRANSFORMS.items())
    )
    setting = forms.CharField(
        label=gettext_lazy("Réglage de la note"),
        help_text=gettext_lazy(
            "Seuil : 150. Proportionnelle entre deux bornes : 0 ; 40. Courbe : 0:0 ; 10:0,5 ; 20:1 (valeur:note)."
        ),
        required=False,
    )
    missing = forms.ChoiceField(
        label=gettext_lazy("Si la valeur manque"),
        choices=[(code, gettext_lazy(label)) for code, label in MISSING_LABELS.items()],
    )
    reason = forms.CharField(label=gettext_lazy("Pourquoi ce critère"), max_length=300, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("use"):
            try:
                data["transform_data"] = read_setting(data.get("transform", "rank"), data.get("setting", ""))
            except ValueError:
                self.add_error("setting", _("Réglage illisible : suivre l’un des exemples donnés."))
            if not data.get("reason"):
                self.add_error("reason", _("Un critère dit pourquoi il compte, en une ligne."))
        return data


CriterionFormSet = formset_factory(CriterionForm, extra=0)


def read_setting(kind: str, text: str) -> dict[str, Any]:
    """``threshold`` « 150 », ``minmax`` « 0 ; 40 », ``curve`` « 0:0 ; 10:0,5 » as the core's transformation."""
    parts = [part.strip() for part in text.split(";") if part.strip()]
    if kind == "threshold":
        return {"kind": kind, "at": _number(parts[0] if parts else "")}
    if kind == "curve":
        points = [[_number(x) for x in part.split(":")] for part in parts]
        if any(len(point) != 2 for point in points):
            raise ValueError
        return {"kind": kind, "points": points}
    if kind in ("minmax", "log") and parts:
        low, high = (_number(part) for part in parts)
        return {"kind": kind, "low": low, "high": high}
    return {"kind": kind}


def write_setting(transform: Mapping[str, Any]) -> str:
    """The reverse of ``read_setting``, for the form."""
    if transform.get("kind") == "threshold":
        return f"{transform['at']:g}".replace(".", ",")
    if transform.get("points"):
        return " ; ".join(f"{x:g}:{y:g}".replace(".", ",") for x, y in transform["points"])
    if transform.get("low") is not None and transform.get("high") is not None:
        return f"{transform['low']:g} ; {transform['high']:g}".replace(".", ",")
    return ""


def _number(text: str) -> float:
    return float(text.strip().replace(",", ".").replace("\u202f", "").replace(" ", ""))


def criterion_rows(measures: Mapping[str, Measure], criteria: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Initial rows: one an indicator, those already criteria first filled with what was said."""
    chosen = {criterion["indicator"]: criterion for criterion in criteria}
    return [_criterion_row(key, chosen.get(key)) for key in measures]


def _criterion_row(key: str, criterion: Mapping[str, Any] | None) -> dict[str, Any]:
    if criterion is None:
        return {"indicator": key, "family": "need", "transform": "rank", "missing": "exclude"}
    transform = criterion.get("transform", {"kind": "rank"})
    return {
        "indicator": key,
        "use": True,
        "family": criterion["family"],
        "direction": criterion.get("direction", "high"),
        "transform": transform["kind"],
        "setting": write_setting(transform),
        "missing": criterion.get("missing", "exclude"),
        "reason": criterion.get("reason", ""),
    }


def criteria_from(formset: Any, measures: Mapping[str, Measure]) -> list[dict[str, Any]]:
    """The criteria of the document: indicators that were ticked and that exist for this study.

    Those with an error are left out, save a reason not written yet: a first look may do without.
    """
    rows = [form.cleaned_data for form in formset.forms if not set(form.errors) - {"reason"}]
    return [
        {
            "key": row["indicator"],
            "family": row["family"],
            "indicator": row["indicator"],
            "direction": row["direction"] if row["transform"] != "curve" else "high",
            "transform": row["transform_data"],
            "missing": row["missing"],
            "label": measures[row["indicator"]].label,
            "reason": row.get("reason", ""),
        }
        for row in rows
        if row.get("use") and row["indicator"] in measures
    ]


class WeightForm(forms.Form):
    """One sentence on weights: an order, a ratio or an interval."""

    KINDS = {
        "at_least": gettext_lazy("pèse au moins autant que"),
        "times": gettext_lazy("pèse au moins N fois plus que"),
        "equal": gettext_lazy("pèse autant que"),
        "between": gettext_lazy("pèse entre N % et M % du total"),
    }
    left = forms.ChoiceField(label=gettext_lazy("Ce critère ou cette famille"))
    kind = forms.ChoiceField(label=gettext_lazy("Relation"), choices=list(KINDS.items()))
    right = forms.ChoiceField(label=gettext_lazy("Par rapport à"), required=False)
    low = forms.FloatField(
        label=gettext_lazy("N (fois, ou pourcentage le plus bas)"), required=False, min_value=0, max_value=100
    )
    high = forms.FloatField(
        label=gettext_lazy("M (pourcentage le plus haut)"), required=False, min_value=0, max_value=100
    )

    def __init__(self, *args: Any, names: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        left: Any = self.fields["left"]
        right: Any = self.fields["right"]
        left.choices = list(names.items())
        right.choices = [("", _("(sans objet)")), *names.items()]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        kind = data.get("kind")
        if kind == "between":
            if data.get("low") is None or data.get("high") is None or data["low"] > data["high"]:
                self.add_error("low", _("Donner N et M, N au plus égal à M."))
        elif not data.get("right") or data.get("right") == data.get("left"):
            self.add_error("right", _("Choisir un autre critère ou une autre famille."))
        elif kind == "times" and not data.get("low"):
            self.add_error("low", _("Donner N."))
        return data

    def sentence(self) -> str:
        """The constraint as the core reads it."""
        data = self.cleaned_data
        left, right = data["left"], data.get("right")
        return {
            "at_least": lambda: f"{left} >= {right}",
            "equal": lambda: f"{left} == {right}",
            "times": lambda: f"{left} >= {data['low']:g} * {right}",
            "between": lambda: f"{data['low']:g}% <= {left} <= {data['high']:g}%",
        }[data["kind"]]()


class DecisionForm(forms.Form):
    kept = forms.TypedChoiceField(
        label=gettext_lazy("Décision du comité"),
        choices=[("yes", gettext_lazy("retenir")), ("no", gettext_lazy("ne pas retenir"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=gettext_lazy("Raison"),
        help_text=gettext_lazy("Obligatoire quand la décision s’écarte de la proposition."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ReplayForm(forms.Form):
    """A study from its YAML."""

    file = forms.FileField(label=gettext_lazy("Étude (fichier YAML)"))
