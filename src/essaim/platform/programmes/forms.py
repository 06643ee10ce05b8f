"""What people type about programmes and innovations."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from essaim.platform.dates import validate_partial
from essaim.platform.organisations.permissions import memberships
from essaim.platform.programmes.funnel import next_stages
from essaim.platform.programmes.models import Innovation, Opinion, Programme

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User

DATE_HELP = _("Aussi précise que vous la connaissez : 2020, 2020-03 ou 2020-03-15.")


class ProgrammeForm(forms.ModelForm):
    class Meta:
        model = Programme
        fields = ["title", "bearer", "summary", "started_on", "status", "website", "visibility"]
        help_texts = {
            "started_on": DATE_HELP,
            "visibility": _("Public : la présentation et le protocole se lisent sans compte."),
        }


class FoundingForm(forms.Form):
    """What turns an innovation into a programme: its name, and the essence of its protocol."""

    title = forms.CharField(label=_("Nom du programme"), max_length=200)
    summary = forms.CharField(label=_("En une ou deux phrases"), widget=forms.Textarea(attrs={"rows": 3}))
    for_whom = forms.CharField(label=_("Pour qui"), widget=forms.Textarea(attrs={"rows": 3}))
    why = forms.CharField(label=_("Pourquoi"), widget=forms.Textarea(attrs={"rows": 3}))
    source = forms.CharField(
        label=_("D’où le savez-vous"),
        max_length=200,
        help_text=_("Un document, une page, une rencontre : chaque affirmation du protocole cite sa source."),
    )


class PartialDate(forms.CharField):
    default_validators = [validate_partial]

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("help_text", DATE_HELP)
        super().__init__(max_length=10, **kwargs)


class InnovationForm(forms.Form):
    title = forms.CharField(label=_("Nom de l’innovation"), max_length=200)
    summary = forms.CharField(label=_("Ce que c’est"), widget=forms.Textarea, max_length=5000)
    owner = forms.ChoiceField(label=_("Organisation qui la suit"))
    decided_on = PartialDate(label=_("Repérée quand"))
    reason = forms.CharField(
        label=_("Pourquoi elle mérite l’attention"), widget=forms.Textarea, max_length=5000
    )
    evidence = forms.CharField(
        label=_("Preuves à ce jour"), widget=forms.Textarea, required=False, max_length=5000
    )

    def __init__(self, *args: Any, user: "User", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organisations = {
            str(m.organisation_id): m.organisation
            for m in memberships(user)
            if m.role in ("manager", "member")
        }
        self.fields["owner"].choices = [(pk, o.name) for pk, o in self.organisations.items()]  # type: ignore[attr-defined]

    def clean_owner(self) -> Any:
        return self.organisations[self.cleaned_data["owner"]]


class GateForm(forms.Form):
    to_stage = forms.ChoiceField(label=_("Décision"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Raison"),
        help_text=_("Elle reste lisible : c’est ce qui permet d’apprendre, surtout quand on arrête."),
        widget=forms.Textarea,
        max_length=5000,
    )
    evidence = forms.CharField(
        label=_("Preuves à ce jour"), widget=forms.Textarea, required=False, max_length=5000
    )
    decided_on = PartialDate(label=_("Date de la décision"))

    def __init__(self, *args: Any, innovation: Innovation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stopping = Innovation.Stage.STOPPED
        self.fields["to_stage"].choices = [  # type: ignore[attr-defined]
            (stage, _("L’arrêter") if stage == stopping else _("Passer à : %(stage)s") % {"stage": label})
            for stage, label in next_stages(innovation)
        ]


class ProposalForm(forms.Form):
    """A change proposed to the protocol; ``components``, ``sites`` and ``lessons`` are what the person may name."""

    title = forms.CharField(label=_("Ce que vous proposez, en une phrase"), max_length=200)
    component_id = forms.ChoiceField(label=_("Ce que cela change"), required=False)
    text = forms.CharField(
        label=_("Pourquoi, et ce que vous avez observé"), widget=forms.Textarea, max_length=10_000
    )
    proposed_form = forms.CharField(
        label=_("Ce que le protocole dirait"),
        help_text=_(
            "La façon de faire, telle qu’elle serait écrite pour tous. Laisser vide pour en discuter d’abord."
        ),
        widget=forms.Textarea,
        required=False,
        max_length=10_000,
    )
    site = forms.ChoiceField(label=_("Le site d’où elle vient"), required=False)
    lesson = forms.ChoiceField(label=_("La leçon dont elle vient"), required=False)

    def __init__(
        self,
        *args: Any,
        components: list[tuple[str, str]],
        sites: list[Any],
        lessons: list[Any],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.origins = {
            "site": {str(site.pk): site for site in sites},
            "lesson": {str(lesson.pk): lesson for lesson in lessons},
        }
        self._choices("component_id", [("", _("Un nouveau composant")), *components])
        for name, known in self.origins.items():
            self._choices(name, [("", "–"), *((pk, str(one)) for pk, one in known.items())])

    def _choices(self, name: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        return cleaned | {name: known.get(cleaned.get(name, "")) for name, known in self.origins.items()}


class CommentForm(forms.Form):
    text = forms.CharField(label=_("Votre commentaire"), widget=forms.Textarea, max_length=10_000)


class DecisionForm(forms.Form):
    decision = forms.ChoiceField(
        label=_("Décision"),
        widget=forms.RadioSelect,
        choices=[
            ("accept", _("La reprendre dans la prochaine version")),
            ("decline", _("Ne pas la retenir")),
        ],
    )
    reason = forms.CharField(
        label=_("Raison"),
        help_text=_("Les sites et l’auteur la liront."),
        widget=forms.Textarea,
        max_length=5000,
    )


class OpinionForm(forms.Form):
    stance = forms.ChoiceField(
        label=_("Votre avis"), widget=forms.RadioSelect, choices=Opinion.Stance.choices
    )
    text = forms.CharField(
        label=_("Ce qu’il faut en retenir"),
        help_text=_("Pour une version à revoir, dire quoi."),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        max_length=5000,
    )


class PublishForm(forms.Form):
    number = forms.CharField(
        label=_("Numéro"),
        help_text=_(
            "Il suit de ce qui change : majeur si les sites doivent agir, mineur s’ils peuvent y gagner."
        ),
        max_length=20,
    )
    notes = forms.CharField(
        label=_("Notes de version"), widget=forms.Textarea(attrs={"rows": 14}), max_length=20_000
    )
