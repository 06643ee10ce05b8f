"""What people type to split, merge, rename or move the pieces of a protocol, or to say where one comes from."""

from abc import abstractmethod
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from essaim.platform.programmes.drafts import free_id
from essaim.protocol import Protocol
from essaim.protocol.document import Component
from essaim.protocol.lineage import ancestors
from essaim.protocol.reshape import absorb, move_parameter, rename, split


class ReshapeForm(forms.Form):
    """``base``: the published version that sites live by, ``None`` before the first."""

    title: Any = ""
    help: Any = ""
    submit: Any = ""

    def __init__(
        self, *args: Any, protocol: Protocol, base: Protocol | None, component: Component, **kwargs: Any
    ) -> None:
        self.protocol, self.base, self.component = protocol, base, component
        super().__init__(*args, **kwargs)

    @abstractmethod
    def applied(self) -> Protocol:
        """The protocol reshaped; ``ValueError`` says in French what cannot be done."""

    def choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def others(self) -> list[tuple[str, str]]:
        return [(c.id, c.title) for c in self.protocol.components if c.id != self.component.id]


def _several(label: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(label=label, required=False, widget=forms.CheckboxSelectMultiple)


class SplitForm(ReshapeForm):
    title = _("En détacher une partie")
    help = _("Une partie devient un composant à part. Ce que les sites y ont décidé la suit.")
    submit = _("Détacher cette partie")
    part = forms.CharField(label=_("Titre de la partie détachée"), max_length=500)
    function = forms.CharField(label=_("À quoi elle sert"), widget=forms.Textarea(attrs={"rows": 3}))
    form = forms.CharField(
        label=_("Comment on fait d’habitude"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    parameters = _several(_("Ce que le site peut choisir et qui part avec elle"))
    markers = _several(_("Ce que l’on observe et qui part avec elle"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("parameters", "markers"):
            held = [(one.id, one.label) for one in getattr(self.component, name)]
            self.choose(name, held) if held else self.fields.pop(name)

    def applied(self) -> Protocol:
        typed = self.cleaned_data
        known = {
            id for one in (self.protocol, self.base) if one for c in one.components for id in ancestors(c)
        }
        return split(
            self.protocol,
            self.component.id,
            free_id(typed["part"], known),
            title=typed["part"],
            function=typed["function"],
            form=typed["form"],
            parameters=typed.get("parameters", ()),
            markers=typed.get("markers", ()),
        )


class AbsorbForm(ReshapeForm):
    title = _("Y réunir un autre composant")
    help = _(
        "L’autre disparaît et tout ce qu’il contient vient ici. Les textes, mis bout à bout, sont à relire."
    )
    submit = _("Réunir les deux")
    other = forms.ChoiceField(label=_("Le composant à réunir à celui-ci"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("other", self.others())

    def applied(self) -> Protocol:
        return absorb(self.protocol, self.component.id, self.cleaned_data["other"], self.base)


class MoveForm(ReshapeForm):
    title = _("Déplacer un choix vers un autre composant")
    help = _("Ce que les sites ont décidé sur ce choix le suit dans son nouveau composant.")
    submit = _("Déplacer ce choix")
    parameter = forms.ChoiceField(label=_("Le choix à déplacer"))
    to = forms.ChoiceField(label=_("Vers"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("parameter", [(p.id, p.label) for p in self.component.parameters])
        self.choose("to", self.others())

    def applied(self) -> Protocol:
        typed = self.cleaned_data
        return move_parameter(self.protocol, self.component.id, typed["parameter"], typed["to"], self.base)


class RenameForm(ReshapeForm):
    title = _("Changer son identifiant")
    help = _(
        "Le titre se change sans cela : l’identifiant est le nom que lisent les machines. L’ancien reste connu."
    )
    submit = _("Changer l’identifiant")
    id = forms.RegexField(
        label=_("Identifiant"),
        regex=r"^[a-z0-9][a-z0-9_-]{0,79}\Z",
        error_messages={
            "invalid": _("Écrire des minuscules sans accent, chiffres et tirets (80 signes au plus).")
        },
    )

    def __init__(self, *args: Any, component: Component, **kwargs: Any) -> None:
        super().__init__(*args, component=component, initial={"id": component.id}, **kwargs)

    def applied(self) -> Protocol:
        return rename(self.protocol, self.component.id, self.cleaned_data["id"])


class OriginForm(ReshapeForm):
    title = _("Dire d’où il vient")
    help = _(
        "Quand un composant réécrit prend la suite d’anciens composants de la version publiée : "
        "les décisions des sites suivent ce qui est dit ici."
    )
    submit = _("Enregistrer l’origine")
    replaces = _several(_("Il prend la place de"))
    split_from = _several(_("Il est une partie de"))
    merged_from = _several(_("Il réunit aussi"))

    def __init__(self, *args: Any, component: Component, base: Protocol | None, **kwargs: Any) -> None:
        known = [(c.id, c.title) for c in base.components if c.id != component.id] if base else []
        ids = {id for id, _title in known}
        names = ("replaces", "split_from", "merged_from")
        initial = {name: [id for id in getattr(component, name) if id in ids] for name in names}
        super().__init__(*args, component=component, base=base, initial=initial, **kwargs)
        for name in names:
            self.choose(name, known)

    def applied(self) -> Protocol:
        typed: dict[str, Any] = {name: tuple(value) for name, value in self.cleaned_data.items()}
        changed = replace(self.component, **typed)
        listed = tuple(changed if c.id == changed.id else c for c in self.protocol.components)
        return replace(self.protocol, components=listed)


FORMS: dict[str, type[ReshapeForm]] = {
    "split": SplitForm,
    "absorb": AbsorbForm,
    "move": MoveForm,
    "origin": OriginForm,
    "rename": RenameForm,
}


def offered(protocol: Protocol, base: Protocol | None, component: Component) -> list[str]:
    """The forms that make sense for a component: nothing to move or to merge, nothing asked."""
    others = len(protocol.components) > 1
    asked = {
        "split": True,
        "absorb": others,
        "move": others and bool(component.parameters),
        "origin": base is not None and any(c.id != component.id for c in base.components),
        "rename": True,
    }
    return [name for name, wanted in asked.items() if wanted]
