"""What a committee asks of a wave: how many, where, how far, at what cost, near how many people."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from essaim.platform.territories import sources
from essaim.platform.territories.wave import OBJECTIVES
from essaim.territory import codes, lookup
from essaim.territory.codes import LEVELS, Level
from essaim.territory.plan import NOT_WITH_COVERAGE, PlanQuota

if TYPE_CHECKING:
    from essaim.platform.territories.models import Study

KEPT = "kept"
"""Kind of the choice that stands for a quota which a document listed by départements, codes or several groups."""
TYPE_NAMES = {
    "rural": gettext_lazy("territoires ruraux"),
    "intermediate": gettext_lazy("territoires intermédiaires"),
    "urban": gettext_lazy("territoires urbains"),
}


class WaveForm(forms.Form):
    """The constraints that stand once; budgets and quotas, which may be several, have their own rows."""

    objective = forms.ChoiceField(
        label=gettext_lazy("Ce qu’on cherche"),
        choices=list(OBJECTIVES.items()),
        widget=forms.RadioSelect,
        initial="acceptability",
    )
    size = forms.IntegerField(
        label=gettext_lazy("Combien de territoires"), min_value=1, max_value=5000, required=False,
        help_text=gettext_lazy("Vide : autant qu’un budget en permet."),
    )  # fmt: skip
    most_by_region = forms.IntegerField(label=gettext_lazy("Au plus par région"), min_value=1, required=False)
    least_by_region = forms.IntegerField(
        label=gettext_lazy("Au moins par région du périmètre"), min_value=1, required=False
    )
    apart_km = forms.FloatField(
        label=gettext_lazy("Distance minimale entre deux territoires (km)"),
        min_value=1,
        max_value=1000,
        required=False,
    )
    least_near = forms.IntegerField(
        label=gettext_lazy("Voisins retenus, au moins"), min_value=1, required=False,
        help_text=gettext_lazy("Pour que chaque territoire retenu puisse s’appuyer sur des limitrophes."),
    )  # fmt: skip
    most_near = forms.IntegerField(
        label=gettext_lazy("Voisins retenus, au plus"), min_value=0, required=False,
        help_text=gettext_lazy("Combien de territoires limitrophes un territoire retenu peut avoir dans la vague."),
    )  # fmt: skip
    cover_km = forms.FloatField(
        label=gettext_lazy("Distance d’un habitant à un site (km)"), min_value=1, max_value=500, required=False,
        help_text=gettext_lazy("À vol d’oiseau, du centre de sa commune à celui du territoire retenu."),
    )  # fmt: skip
    cover_percent = forms.FloatField(
        label=gettext_lazy("Population à portée, au moins (%)"), min_value=0.1, max_value=100, required=False,
        help_text=gettext_lazy("Part des habitants du périmètre à moins de cette distance d’un site."),
    )  # fmt: skip
    inside = forms.CharField(
        label=gettext_lazy("Territoires imposés"),
        help_text=gettext_lazy("Un par ligne : le code, puis la raison."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    outside = forms.CharField(
        label=gettext_lazy("Territoires écartés"),
        help_text=gettext_lazy("Un par ligne : le code, puis la raison."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, study: "Study", data: Any = None) -> None:
        super().__init__(data, initial=_initial(study))
        self.kept = study.plan.quotas if study.plan else ()
        initial = _rows(study) if data is None else {"budgets": None, "quotas": None}
        self.budgets = BudgetFormSet(
            data, prefix="budgets", initial=initial["budgets"], form_kwargs={"prices": _prices(study)}
        )
        self.quotas = QuotaFormSet(
            data, prefix="quotas", initial=initial["quotas"], form_kwargs={"groups": _groups(study)}
        )

    def is_valid(self) -> bool:
        rows = [self.budgets.is_valid(), self.quotas.is_valid()]
        return super().is_valid() and all(rows)

    def clean_inside(self) -> list[tuple[str, str]]:
        return self._coded("inside")

    def clean_outside(self) -> list[tuple[str, str]]:
        return self._coded("outside")

    def _coded(self, name: str) -> list[tuple[str, str]]:
        found: dict[str, str] = {}
        for number, line in enumerate(self.cleaned_data[name].splitlines(), 1):
            code, _space, reason = line.strip().partition(" ")
            if code and not reason.strip():
                raise ValidationError(
                    _("Ligne %(number)d : après le code, dire la raison.") % {"number": number}
                )
            if code:
                found[code] = reason.strip()
        return list(found.items())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        covering = data.get("objective") == "coverage"
        if covering and not data.get("cover_km"):
            self.add_error("cover_km", _("Dire à quelle distance d’un site un habitant est à portée."))
        if not covering and (data.get("cover_km") is None) != (data.get("cover_percent") is None):
            self.add_error("cover_percent", _("La distance et la part de la population vont ensemble."))
        for name in ("cover_percent", *NOT_WITH_COVERAGE) if covering else ():
            if data.get(name):
                self.add_error(
                    name,
                    _("Ne se combine pas avec la recherche de la plus grande couverture : vider ce champ."),
                )
        for low, high in (("least_by_region", "most_by_region"), ("least_near", "most_near")):
            if data.get(low) and data.get(high) is not None and data[low] > data[high]:
                self.add_error(low, _("Le minimum dépasse le maximum."))
        budgets = [row for row in self.budgets.cleaned_data if row] if self.budgets.is_valid() else None
        if budgets == [] and not data.get("size") and "size" not in self.errors:
            self.add_error("size", _("Dire combien de territoires, ou donner un budget."))
        if covering and budgets and len(budgets) > 1:
            self.add_error(None, _("La recherche de la plus grande couverture prend un seul budget."))
        return data

    def plan(self) -> dict[str, Any]:
        """The ``wave`` block of a study's document."""
        data = dict(self.cleaned_data)
        percent = data.pop("cover_percent")
        return {
            **data,
            "cover_share": None if percent is None else percent / 100,
            "budgets": [row for row in self.budgets.cleaned_data if row],
            "quotas": [self._quota(row) for row in self.quotas.cleaned_data if row],
        }

    def _quota(self, row: Mapping[str, Any]) -> dict[str, Any]:
        kind, _colon, value = row["group"].partition(":")
        bounds = {"at_least": row["at_least"], "at_most": row["at_most"]}
        if kind == KEPT:
            return {**asdict(self.kept[int(value)]), **bounds}
        name = dict(self.quotas.form_kwargs["groups"])[row["group"]]
        return {"name": str(name), kind: [value], **bounds}


class BudgetForm(forms.Form):
    """One budget: what each territory costs, and what all may cost together."""

    indicator = forms.ChoiceField(label=gettext_lazy("Coût de chaque territoire"), required=False)
    limit = forms.FloatField(label=gettext_lazy("À ne pas dépasser en tout"), min_value=0.01, required=False)

    def __init__(self, *args: Any, prices: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.prices = prices
        cast(forms.ChoiceField, self.fields["indicator"]).choices = [("", "–"), *prices.items()]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors or not (data.get("indicator") or data.get("limit")):
            return {}
        for name in ("indicator", "limit"):
            if not data.get(name):
                self.add_error(
                    name, _("Un budget dit ce que coûte un territoire, et le total à ne pas dépasser.")
                )
        return {"name": self.prices.get(data.get("indicator", ""), ""), **data}


class QuotaForm(forms.Form):
    """At least and at most so many territories of one region or type."""

    group = forms.ChoiceField(label=gettext_lazy("Parmi"), required=False)
    at_least = forms.IntegerField(label=gettext_lazy("Au moins"), min_value=0, required=False)
    at_most = forms.IntegerField(label=gettext_lazy("Au plus"), min_value=0, required=False)

    def __init__(self, *args: Any, groups: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["group"]).choices = [("", "–"), *groups]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        least, most = data.get("at_least"), data.get("at_most")
        if self.errors or (not data.get("group") and least is None and most is None):
            return {}
        if not data.get("group"):
            self.add_error("group", _("Dire de quels territoires."))
        elif least is None and most is None:
            self.add_error("at_least", _("Donner un minimum ou un maximum."))
        elif least is not None and most is not None and least > most:
            self.add_error("at_least", _("Le minimum dépasse le maximum."))
        return data


BudgetFormSet = forms.formset_factory(BudgetForm, extra=1)
QuotaFormSet = forms.formset_factory(QuotaForm, extra=2)


def _initial(study: "Study") -> dict[str, Any]:
    plan = study.plan
    if plan is None:
        return {"size": study.document["k"], "objective": "acceptability"}
    listed = {
        name: "\n".join(f"{code} {reason}" for code, reason in getattr(plan, name))
        for name in ("inside", "outside")
    }
    plain = ("objective", "size", "most_by_region", "apart_km", "most_near", "cover_km")
    return {
        **{name: getattr(plan, name) for name in plain},
        "least_by_region": plan.least_by_region or None,
        "least_near": plan.least_near or None,
        "cover_percent": None if plan.cover_share is None else round(100 * plan.cover_share, 6),
        **listed,
    }


def _rows(study: "Study") -> dict[str, list[dict[str, Any]]]:
    """The budgets and quotas of the wave as rows of the form."""
    plan = study.plan
    if plan is None:
        return {"budgets": [], "quotas": []}
    quotas = [
        {"group": _group(number, quota), "at_least": quota.at_least or None, "at_most": quota.at_most}
        for number, quota in enumerate(plan.quotas)
    ]
    budgets = [{"indicator": b.indicator, "limit": b.limit} for b in plan.budgets]
    return {"budgets": budgets, "quotas": quotas}


def _group(number: int, quota: PlanQuota) -> str:
    """The choice of the form that a quota is: one region, one type, or what a document listed otherwise."""
    if not (quota.departments or quota.codes) and len(quota.regions) + len(quota.types) == 1:
        return f"regions:{quota.regions[0]}" if quota.regions else f"types:{quota.types[0]}"
    return f"{KEPT}:{number}"


def _prices(study: "Study") -> dict[str, str]:
    """Indicators that may price a territory: those of its unit, by label."""
    measures = sources.measures_for(study.programme, study.document["unit"])
    return {
        key: f"{m.label} ({_('simulé')})" if m.simulated else m.label
        for key, m in sorted(measures.items(), key=lambda item: lookup.plain(item[1].label))
    }


def _groups(study: "Study") -> list[tuple[str, str]]:
    """The regions that have candidates, and the types of territory where the unit has some."""
    unit, inputs = study.document["unit"], study.inputs or {"codes": []}
    held = set(inputs["codes"])
    if unit in LEVELS:
        places = codes.territories(cast(Level, unit))
        regions = {places[code].region for code in held if code in places}
    else:
        regions = {codes.region_of_department()[d] for d in inputs.get("departments", {}).values()}
    named = sorted(((codes.region(r).name, r) for r in regions), key=lambda row: lookup.plain(row[0]))
    types = [(f"types:{key}", str(name)) for key, name in TYPE_NAMES.items()] if unit in LEVELS else []
    listed = [
        (_group(number, quota), quota.name)
        for number, quota in enumerate(study.plan.quotas if study.plan else ())
    ]
    kept = [choice for choice in listed if choice[0].startswith(f"{KEPT}:")]
    return [*types, *((f"regions:{code}", name) for name, code in named), *kept]
