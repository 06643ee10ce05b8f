"""The parts of a protocol that are not lists: presentation, essence, label, choice of receivers.

Each form shows a part (``shown``) and gives the protocol with what was typed (``applied``).
"""

from abc import abstractmethod
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from essaim.platform.programmes import reading
from essaim.protocol import Protocol
from essaim.protocol.document import Label, Selection

UNKNOWN = _("Laisser vide si ce n’est pas connu.")


def _area(label: Any, required: bool = True, help_text: Any = "", rows: int = 4) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        help_text=help_text,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class PartForm(forms.Form):
    """One part; ``protocol`` is the draft as it stands."""

    heading: Any = ""

    def __init__(self, *args: Any, protocol: Protocol, **kwargs: Any) -> None:
        self.protocol = protocol
        kwargs["initial"] = self.shown(protocol)
        super().__init__(*args, **kwargs)
        if "sources" in self.fields:
            self.fields["sources"].choices = [(s.id, s.title) for s in protocol.sources]  # type: ignore[attr-defined]

    @abstractmethod
    def shown(self, protocol: Protocol) -> dict[str, Any]:
        """What the fields hold at first: this part of ``protocol``."""

    @abstractmethod
    def applied(self) -> Protocol:
        """The protocol with what was typed in this part."""

    def typed(self) -> dict[str, Any]:
        """Cleaned data as the document wants it."""
        return {name: tuple(v) if isinstance(v, list) else v for name, v in self.cleaned_data.items()}


class _Sourced(PartForm):
    sources = forms.MultipleChoiceField(label=_("Sources"), widget=forms.CheckboxSelectMultiple)


class PresentationForm(PartForm):
    heading = _("Le titre, le résumé et ce qui n’est pas connu")
    title = forms.CharField(label=_("Titre du protocole"), max_length=500)
    summary = _area(_("Résumé"), False)
    unknowns = _area(
        _("Ce qui n’est pas connu"),
        False,
        _("Une ligne par point : ce que les sources ne disent pas s’écrit plutôt que de se deviner."),
        8,
    )

    def shown(self, protocol: Protocol) -> dict[str, Any]:
        return {
            "title": protocol.title,
            "summary": protocol.summary,
            "unknowns": "\n".join(protocol.unknowns),
        }

    def applied(self) -> Protocol:
        typed = self.typed()
        lines = (line.strip() for line in typed.pop("unknowns").splitlines())
        return replace(self.protocol, unknowns=tuple(line for line in lines if line), **typed)


class EssenceForm(_Sourced):
    heading = _("L’essence : pour qui et pourquoi")
    for_whom = _area(_("Pour qui"))
    why = _area(_("Pourquoi"))
    field_order = ("for_whom", "why", "sources")

    def shown(self, protocol: Protocol) -> dict[str, Any]:
        essence = protocol.essence
        return {"for_whom": essence.for_whom, "why": essence.why, "sources": essence.sources}

    def applied(self) -> Protocol:
        return replace(self.protocol, essence=replace(self.protocol.essence, **self.typed()))


class LabelForm(PartForm):
    heading = _("Le label")
    title = forms.CharField(label=_("Nom du label"), max_length=500)
    description = _area(
        _("Ce qu’il dit"),
        False,
        _("Ce que le label garantit, et ce qu’il laisse libre ; les exigences viennent après."),
    )
    reviewed_by = forms.CharField(
        label=_("Qui relit les dossiers"),
        required=False,
        max_length=500,
        help_text=UNKNOWN,
    )
    valid_months = forms.IntegerField(
        label=_("Valable combien de mois"), required=False, min_value=1, max_value=600,
        help_text=_("Au terme, le dossier est relu. Laisser vide si ce n’est pas connu."),
    )  # fmt: skip

    def shown(self, protocol: Protocol) -> dict[str, Any]:
        label = protocol.label
        if label is None:
            return {"title": _("Label %(title)s") % {"title": protocol.title}}
        return {
            name: getattr(label, name) for name in ("title", "description", "reviewed_by", "valid_months")
        }

    def applied(self) -> Protocol:
        label = self.protocol.label
        typed = self.typed()
        return replace(self.protocol, label=replace(label, **typed) if label else Label(**typed))


class SelectionForm(_Sourced):
    heading = _("Comment les receveurs sont choisis")
    mode = forms.ChoiceField(label=_("La voie"), choices=list(reading.SELECTION_MODES.items()))
    description = _area(_("En quelques mots"), False)
    field_order = ("mode", "description", "sources")

    def shown(self, protocol: Protocol) -> dict[str, Any]:
        selection = protocol.selection
        if selection is None:
            return {"mode": "sequenced", "sources": protocol.essence.sources}
        return {name: getattr(selection, name) for name in ("mode", "description", "sources")}

    def applied(self) -> Protocol:
        selection = self.protocol.selection
        typed = self.typed()
        return replace(
            self.protocol, selection=replace(selection, **typed) if selection else Selection(**typed)
        )


PARTS: dict[str, type[PartForm]] = {
    "presentation": PresentationForm,
    "essence": EssenceForm,
    "label": LabelForm,
    "selection": SelectionForm,
}
REMOVABLE = ("label", "selection")
"""Parts that a protocol may do without."""


class StartForm(forms.Form):
    """For whom and why, with its source: the least a protocol says."""

    for_whom = _area(_("Pour qui"))
    why = _area(_("Pourquoi"))
    source = forms.CharField(
        label=_("Sur quoi cela repose"),
        help_text=_("Une charte, un compte rendu, une étude : la source que l’on pourra citer."),
        max_length=500,
    )
