"""The forms of a protocol's items, described as a table: section → fields. Nobody sees YAML."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from essaim.platform.dates import validate_partial
from essaim.platform.programmes import reading
from essaim.platform.programmes.drafts import free_id
from essaim.platform.programmes.editing import CLASSES, Place, items
from essaim.platform.programmes.forms import DATE_HELP
from essaim.protocol import Protocol
from essaim.protocol.check import DURATION_UNITS, PARAMETER_FIELDS
from essaim.protocol.document import ESSENCE, Deprecation, Option, Scale

Maker = Callable[[Protocol], forms.Field]


def _line(label: Any, required: bool = True, help_text: Any = "") -> Maker:
    return lambda protocol: forms.CharField(
        label=label, required=required, max_length=500, help_text=help_text
    )


def _text(label: Any, required: bool = True, help_text: Any = "") -> Maker:
    return lambda protocol: forms.CharField(
        label=label,
        required=required,
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=20_000,
        help_text=help_text,
    )


def _choice(label: Any, choices: Mapping[str, Any]) -> Maker:
    return lambda protocol: forms.ChoiceField(label=label, choices=list(choices.items()))


def _several(label: Any, section: str, required: bool = False) -> Maker:
    def make(protocol: Protocol) -> forms.Field:
        known = [(one.id, getattr(one, "title", None) or getattr(one, "label", None) or one.text)
                 for one in items(protocol, (section, ""))]  # fmt: skip
        return forms.MultipleChoiceField(
            label=label, choices=known, required=required, widget=forms.CheckboxSelectMultiple
        )

    return make


def _types(label: Any) -> Maker:
    return lambda protocol: forms.MultipleChoiceField(
        label=label, choices=list(reading.TERRITORY_TYPES.items()), widget=forms.CheckboxSelectMultiple
    )


def _number(label: Any, whole: bool = False) -> Maker:
    kind: type[forms.Field] = forms.IntegerField if whole else forms.FloatField
    return lambda protocol: kind(label=label, required=False)


def _date(label: Any) -> Maker:
    return lambda protocol: forms.CharField(
        label=label, required=False, max_length=10, help_text=DATE_HELP, validators=[validate_partial]
    )


def _bears_on(protocol: Protocol) -> forms.Field:
    choices = [(ESSENCE, _("L’essence : pour qui et pourquoi"))]
    return forms.ChoiceField(
        label=_("Porte sur"), choices=[*choices, *((c.id, c.title) for c in protocol.components)]
    )


_SOURCES = ("sources", _several(_("Sources"), "sources", required=True))
_INNER_SOURCES = ("sources", _several(_("Sources"), "sources"))
FIELDS: dict[str, tuple[tuple[str, Maker], ...]] = {
    "components": (
        ("title", _line(_("Titre"))),
        ("kind", _choice(_("Nature"), {"core": _("Invariant : sa fonction ne change nulle part"),
                                      "adaptable": _("Adaptable : chaque site le règle")})),
        ("function", _text(_("À quoi il sert"), help_text=_("La fonction : pourquoi ce composant est là."))),
        ("form", _text(_("Comment on fait d’habitude"), False, _("La forme : elle peut varier."))),
        ("evidence", _text(_("Ce sur quoi cela repose"), False)),
        _SOURCES,
        ("roles", _several(_("Qui s’en charge"), "roles")),
        ("tools", _several(_("Outils"), "tools")),
        ("prerequisites", _several(_("Avant de commencer"), "prerequisites")),
        ("indicators", _several(_("Suivi par"), "indicators")),
        ("deprecated_until", _date(_("Fin annoncée : retiré au plus tard le"))),
        ("deprecated_reason", _text(_("Fin annoncée : pourquoi"), False, _(
            "À remplir quand le composant va disparaître : les sites le lisent et se préparent."))),
    ),
    "variants": (
        ("title", _line(_("Nom de la variante"))),
        ("territory_types", _types(_("Pour les territoires de l’un de ces types"))),
        ("reason", _text(_("Pourquoi ces territoires demandent autre chose"))),
        _SOURCES,
    ),
    "parameters": (
        ("label", _line(_("Ce que le site choisit"))),
        ("type", _choice(_("C’est"), reading.PARAMETER_TYPES)),
        ("unit", _line(_("Unité"), False, format_lazy(
            _("Pour une durée : {units}."), units=", ".join(DURATION_UNITS)))),
        ("min", _number(_("Au moins"))),
        ("max", _number(_("Au plus"))),
        ("step", _number(_("Par pas de"))),
        ("options", _text(_("Choix possibles"), False, _("Un choix par ligne."))),
        ("min_items", _number(_("Nombre de choix, au moins"), whole=True)),
        ("max_items", _number(_("Nombre de choix, au plus"), whole=True)),
        ("max_length", _number(_("Longueur du texte, au plus (signes)"), whole=True)),
        ("default", _text(_("Au départ"), False, _("La valeur proposée ; un choix par ligne s’il y en a plusieurs."))),
        ("note", _text(_("Précision"), False)),
        _INNER_SOURCES,
    ),
    "markers": (
        ("label", _line(_("Ce que l’on peut observer"))),
        ("dimension", _choice(_("Il montre"), reading.DIMENSIONS)),
        ("scale_type", _choice(_("On répond par"), {"boolean": _("oui ou non"), "number": _("un nombre"),
                                                   "likert": _("un degré")})),
        ("scale_min", _number(_("Du plus petit"))),
        ("scale_max", _number(_("Au plus grand"))),
        ("scale_unit", _line(_("Unité"), False)),
        ("scale_points", _number(_("Nombre de degrés"), whole=True)),
        ("target_number", _number(_("Visé (nombre ou degré)"))),
        ("direction", _choice(_("Le mieux est"), {"up": _("le plus haut"), "down": _("le plus bas")})),
        _INNER_SOURCES,
    ),
    "sources": (
        ("title", _line(_("Titre"))),
        ("publisher", _line(_("Publiée par"), False)),
        ("date", _date(_("Date"))),
        ("url", _line(_("Adresse internet"), False)),
    ),
    "roles": (
        ("title", _line(_("Rôle"))),
        ("held_by", _line(_("Tenu par"), False)),
        ("description", _text(_("Mission"), False)),
        ("fte", _number(_("Temps (équivalent temps plein)"))),
        _SOURCES,
    ),
    "prerequisites": (
        ("text", _text(_("Ce qu’il faut avant de commencer"))),
        ("applies_to", _choice(_("Concerne"), reading.APPLIES_TO)),
        _SOURCES,
    ),
    "tools": (
        ("title", _line(_("Nom de l’outil"))),
        ("kind", _choice(_("Nature"), reading.TOOL_KINDS)),
        ("version", _line(_("Version"), False)),
        ("url", _line(_("Adresse internet"), False)),
        ("description", _text(_("À quoi il sert"), False)),
        _SOURCES,
    ),
    "indicators": (
        ("label", _line(_("Indicateur"))),
        ("definition", _text(_("Définition"), False)),
        ("unit", _line(_("Unité"), False)),
        ("level", _choice(_("Mesuré par"), reading.LEVELS)),
        ("rhythm", _line(_("Rythme"), False)),
        ("direction", _choice(_("Sens"), reading.DIRECTIONS)),
        _SOURCES,
    ),
    "requirements": (
        ("text", _text(_("Exigence"))),
        ("component", _bears_on),
        ("evidence", _text(_("Preuve demandée"), False)),
        _SOURCES,
    ),
    "steps": (
        ("title", _line(_("Étape"))),
        ("who", _line(_("Qui la mène"), False)),
        ("description", _text(_("Ce qui s’y passe"), False)),
        _INNER_SOURCES,
    ),
    "criteria": (("text", _text(_("Critère"))), _INNER_SOURCES),
}  # fmt: skip


SHOWN_FOR: dict[str, dict[str, tuple[str, ...]]] = {
    "parameters": {
        name: tuple(kind for kind, fields in PARAMETER_FIELDS.items() if name in fields)
        for name in ("unit", "min", "max", "step", "options", "min_items", "max_items", "max_length")
    },
    "markers": {
        "scale_min": ("number",),
        "scale_max": ("number",),
        "scale_unit": ("number",),
        "scale_points": ("likert",),
        "target_number": ("number", "likert"),
        "direction": ("number", "likert"),
    },
}
"""Fields that only concern some answers to the first choice of the form (``CHOOSER``); the page hides the others."""
CHOOSER = {"parameters": "type", "markers": "scale_type"}


class ItemForm(forms.Form):
    """One item of a list of the protocol; ``before`` is the item as it stands, ``None`` for a new one."""

    def __init__(self, *args: Any, protocol: Protocol, place: Place, before: Any, **kwargs: Any) -> None:
        self.protocol, self.place, self.before = protocol, place, before
        kwargs["initial"] = _shown(before) if before else {}
        super().__init__(*args, **kwargs)
        for name, maker in FIELDS[place[0]]:
            self.fields[name] = maker(protocol)
        for name, kinds in SHOWN_FOR.get(place[0], {}).items():
            self.fields[name].widget.attrs["data-shown-for"] = " ".join(kinds)
        if place[0] in CHOOSER:
            self.fields[CHOOSER[place[0]]].widget.attrs["data-shows"] = ""

    def item(self) -> Any:
        """The item as typed; what the form does not show is kept from before."""
        values = _stored(self.place[0], self.cleaned_data, self.before)
        if self.before:
            return replace(self.before, **values)
        taken = {one.id for one in items(self.protocol, self.place)}
        name = next(values[key] for key in ("title", "label", "text") if key in values)
        return CLASSES[self.place[0]](id=free_id(name, taken), **values)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.place[0] == "parameters":
            self._clear_foreign_bounds(cleaned)
        return cleaned

    def _clear_foreign_bounds(self, cleaned: dict[str, Any]) -> None:
        """Bounds that do not concern the chosen type are left out, as the form says beside each."""
        allowed = PARAMETER_FIELDS.get(cleaned.get("type", ""), ())
        for name in ("unit", "min", "max", "step", "options", "min_items", "max_items", "max_length"):
            if name not in allowed:
                cleaned[name] = "" if name in ("unit", "options") else None


def _shown(before: Any) -> dict[str, Any]:
    """An item as the form shows it."""
    shown = {name: getattr(before, name) for name in type(before).__dataclass_fields__}
    if "options" in shown:
        labels = {option.id: option.label for option in before.options}
        shown["options"] = "\n".join(labels.values())
        default = before.default
        if isinstance(default, bool):
            shown["default"] = "oui" if default else "non"
        elif isinstance(default, tuple):
            shown["default"] = "\n".join(labels.get(str(one), str(one)) for one in default)
        elif isinstance(default, str):
            shown["default"] = labels.get(default, default)
    if shown.get("deprecated"):
        shown |= {
            "deprecated_until": before.deprecated.until,
            "deprecated_reason": before.deprecated.reason,
        }
    if "scale" in shown:
        shown |= {
            f"scale_{name}": getattr(before.scale, name) for name in ("type", "min", "max", "unit", "points")
        }
        shown["target_number"] = None if isinstance(before.target, bool) else before.target
    return shown


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _stored(section: str, cleaned: Mapping[str, Any], before: Any) -> dict[str, Any]:
    """Cleaned data as the fields of the item's dataclass."""
    values: dict[str, Any] = {
        name: tuple(v) if isinstance(v, list) else _whole(v) for name, v in cleaned.items()
    }
    for name in ("url", "date"):  # no address, no date rather than an empty text
        if name in values:
            values[name] = values[name] or None
    if section == "components":
        until, reason = values.pop("deprecated_until") or None, values.pop("deprecated_reason")
        since = before.deprecated.since if before and before.deprecated else "0.0.0"
        values["deprecated"] = (
            Deprecation(since=since, until=until, reason=reason) if until or reason else None
        )
    if section == "parameters":
        options = tuple(_options(values["options"], before.options if before else ()))
        values |= {"options": options, "default": _default(values["type"], values["default"], options)}
    if section == "markers":
        scale = {name: values.pop(f"scale_{name}") for name in ("type", "min", "max", "unit", "points")}
        target = values.pop("target_number")
        values |= {"scale": Scale(**_scale(scale)), "target": True if scale["type"] == "boolean" else target}
    return values


def _scale(scale: dict[str, Any]) -> dict[str, Any]:
    fields = {"boolean": (), "number": ("min", "max", "unit"), "likert": ("points",)}[scale["type"]]
    return {"type": scale["type"]} | {name: scale[name] for name in fields}


def _options(text: str, before: tuple[Option, ...]) -> list[Option]:
    """One option a line. An option keeps its identifier when its label is the same, or is reworded in its place:
    what sites chose holds."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    ids = {option.label: option.id for option in before}
    if len(lines) == len(before):
        ids |= {
            line: old.id
            for line, old in zip(lines, before, strict=True)
            if line not in ids and old.label not in lines
        }
    found: list[Option] = []
    for line in lines:
        taken = {option.id for option in found} | (set(ids.values()) if line not in ids else set())
        found.append(Option(id=ids.get(line) or free_id(line, taken), label=line))
    return found


def _default(kind: str, text: Any, options: tuple[Option, ...]) -> Any:
    """The default typed as a text, as the type of the parameter wants it; kept as text when it is not readable."""
    text = str(text or "").strip()
    if not text:
        return None
    ids = {option.label: option.id for option in options}
    if kind == "set":
        return tuple(ids.get(line.strip(), line.strip()) for line in text.splitlines() if line.strip())
    if kind == "choice":
        return ids.get(text, text)
    if kind == "boolean":
        return {"oui": True, "non": False}.get(text.lower(), text)
    if kind in ("number", "duration"):
        try:
            return _whole(float(text.replace(",", ".").replace("\u202f", "").replace("\u00a0", "")))
        except ValueError:
            return text
    return text
