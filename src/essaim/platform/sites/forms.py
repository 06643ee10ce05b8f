"""What people type about sites and waves."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from essaim.platform.community.services import lesson_kinds
from essaim.platform.dates import validate_partial
from essaim.platform.sites.models import (
    LEVELS,
    BudgetLine,
    Commitment,
    CopilMeeting,
    CopilMember,
    Milestone,
    Site,
    TeamMember,
    Wave,
)
from essaim.platform.sites.territory import find_territory

PARTIAL_HELP = _("Une année, un mois ou un jour : 2020, 2020-03 ou 2020-03-15.")


class DateInput(forms.DateInput):
    """The browser's own calendar; the value travels as an ISO date."""

    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


def _choose(form: forms.BaseForm, name: str) -> forms.ModelChoiceField:
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    return field


class SiteForm(forms.ModelForm):
    """A site: its territory is typed as a code or a name, its structures one name a line."""

    level = forms.ChoiceField(
        label=_("Échelle du territoire"), choices=[("", _("inconnue")), *LEVELS], required=False
    )
    place = forms.CharField(
        label=_("Territoire"),
        required=False,
        help_text=_("Nom ou code : « Bordeaux », « 33063 », « Nantes Métropole »."),
    )
    structure_names = forms.CharField(
        label=_("Structures d’accueil"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Une par ligne. Celles que la plateforme ne connaît pas sont créées."),
    )

    class Meta:
        model = Site
        fields = ["name", "wave", "protocol_version", "opened_on", "note", "source"]
        help_texts = {"opened_on": PARTIAL_HELP, "source": _("D’où vient ce qui est écrit ici.")}
        widgets = {
            "note": forms.Textarea(attrs={"rows": 3}),
            "source": forms.Textarea(attrs={"rows": 2}),
        }

    field_order = ["name", "level", "place", "structure_names"]

    def __init__(self, *args: Any, programme: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.programme = programme
        _choose(self, "wave").queryset = programme.waves.all()
        _choose(self, "protocol_version").queryset = programme.versions.filter(state="published")
        if self.instance.pk:
            self.initial.update(
                level=self.instance.territory_level,
                place=self.instance.territory_code,
                structure_names="\n".join(s.name for s in self.instance.structures.all()),
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        level, place = cleaned.pop("level", ""), cleaned.pop("place", "")
        if bool(level) != bool(place.strip()):
            missing = "place" if level else "level"
            self.add_error(missing, _("Indiquer à la fois l’échelle et le territoire, ou aucun des deux."))
        elif level:
            try:
                cleaned |= {"level": level, "code": find_territory(level, place).code}
            except ValidationError as error:
                self.add_error("place", error)
        else:
            cleaned |= {"level": "", "code": ""}
        names = cleaned.pop("structure_names", "").splitlines()
        cleaned["structure_names"] = [name.strip() for name in names if name.strip()]
        return cleaned


class StageForm(forms.Form):
    to = forms.ChoiceField(
        label=_("Nouveau stade"), choices=[c for c in Site.Stage.choices if c[0] != Site.Stage.ENDED]
    )
    on = forms.CharField(label=_("Depuis quand"), help_text=PARTIAL_HELP, validators=[validate_partial])
    note = forms.CharField(
        label=_("Ce qui le montre"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class ClosingForm(forms.Form):
    """The end of a site, and the lesson without which it does not end."""

    on = forms.CharField(label=_("Date de fin"), help_text=PARTIAL_HELP, validators=[validate_partial])
    reason = forms.CharField(label=_("Pourquoi le site s’arrête"), widget=forms.Textarea(attrs={"rows": 3}))
    kind = forms.ChoiceField(label=_("Nature de la leçon"), choices=lesson_kinds)
    title = forms.CharField(
        label=_("La leçon, en une phrase"),
        max_length=200,
        help_text=_("Ce que quelqu’un qui n’était pas là doit retenir."),
    )
    learnt = forms.CharField(
        label=_("Ce que nous avons appris"),
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_(
            "Ce qui a été essayé, ce qui a marché ou non, pourquoi, et ce qu’il faudrait changer au protocole."
        ),
    )
    evidence = forms.CharField(
        label=_("Sur quoi cela repose"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Entretiens, chiffres, bilan : ce qui permettrait à quelqu’un d’autre d’en juger."),
    )

    def closing(self) -> dict[str, Any]:
        """The arguments of ``services.close_site``."""
        data = dict(self.cleaned_data)
        ended = {"on": data.pop("on"), "reason": data.pop("reason")}
        return {**ended, "lesson": data}


class EmailForm(forms.Form):
    email = forms.EmailField(label=_("Adresse électronique"))


class WaveForm(forms.ModelForm):
    class Meta:
        model = Wave
        fields = ["number", "title", "opens_on", "method", "draw_seed", "draw_inputs", "note", "source"]
        help_texts = {
            "opens_on": PARTIAL_HELP,
            "draw_seed": _("Seulement si les sites ont été tirés au sort."),
            "draw_inputs": _("SHA-256 du fichier publié avant le tirage : 64 caractères."),
        }
        widgets = {
            "note": forms.Textarea(attrs={"rows": 2}),
            "source": forms.Textarea(attrs={"rows": 2}),
        }


class ImportForm(forms.Form):
    file = forms.FileField(
        label=_("Tableau des sites"),
        help_text=_("CSV, XLSX, XLS ou ODS. Une ligne par site, la première ligne nomme les colonnes."),
    )


def _part_form(shown: type[Model], names: list[str], rows: int = 3) -> type[forms.ModelForm]:
    """The form of one row that belongs to a site, with calendars for days and low text areas."""

    class PartForm(forms.ModelForm):
        class Meta:
            model = shown
            fields = names

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            for field in self.fields.values():
                if isinstance(field, forms.DateField):
                    field.widget = DateInput()
                elif isinstance(field.widget, forms.Textarea):
                    field.widget.attrs["rows"] = rows

    return PartForm


TeamForm = _part_form(TeamMember, ["role", "name", "fte"])
CopilForm = _part_form(CopilMember, ["name", "role", "organisation"])
MeetingForm = _part_form(CopilMeeting, ["held_on", "title", "minutes", "decisions"], rows=6)
MilestoneForm = _part_form(Milestone, ["title", "due", "done_on"])
CommitmentForm = _part_form(Commitment, ["funder", "purpose", "start", "end", "renewal_by", "source"])
LineForm = _part_form(BudgetLine, ["year", "planned", "granted", "spent", "days_planned", "days_spent"])
