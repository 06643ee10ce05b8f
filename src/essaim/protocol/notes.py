"""Differences said in French: one sentence each, and release notes to be edited."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from essaim.protocol.diff import Difference
from essaim.protocol.document import Deprecation, Protocol, item_title
from essaim.protocol.versions import Bump, Weighed, weigh

NAMES = {
    "components": "le composant",
    "parameters": "le paramètre",
    "markers": "le marqueur",
    "sources": "la source",
    "variants": "la variante",
    "roles": "le rôle",
    "prerequisites": "le prérequis",
    "tools": "l’outil",
    "indicators": "l’indicateur",
    "requirements": "l’exigence du label",
    "steps": "l’étape de sélection",
    "criteria": "le critère de sélection",
}

FIELDS = {
    "title": "le titre",
    "summary": "le résumé",
    "unknowns": "ce qui reste inconnu",
    "for_whom": "le public",
    "why": "la raison d’être",
    "sources": "les sources",
    "kind": "la nature",
    "function": "la fonction",
    "form": "la forme",
    "evidence": "les preuves",
    "label": "l’intitulé",
    "type": "le type",
    "unit": "l’unité",
    "min": "le minimum",
    "max": "le maximum",
    "step": "le pas",
    "options": "les options",
    "default": "le défaut",
    "note": "la note",
    "deprecated": "la fin annoncée",
    "parameters": "ce que le site peut choisir",
    "markers": "ce qui s’observe",
    "min_items": "le nombre de choix au moins",
    "max_items": "le nombre de choix au plus",
    "max_length": "la longueur au plus",
    "dimension": "ce qu’il montre",
    "direction": "le sens",
    "held_by": "qui le tient",
    "fte": "le temps",
    "applies_to": "ce que cela concerne",
    "level": "l’échelle de mesure",
    "rhythm": "le rythme",
    "publisher": "l’éditeur",
    "date": "la date",
    "mode": "la voie",
    "reviewed_by": "qui relit",
    "valid_months": "la durée en mois",
    "who": "qui la mène",
    "version": "la version",
    "url": "l’adresse",
    "text": "le texte",
    "description": "la description",
    "reason": "la raison",
    "changes": "les règles",
    "territory_types": "les territoires visés",
    "requirements": "les exigences",
    "tools": "les outils",
    "roles": "les rôles",
    "indicators": "les indicateurs",
    "prerequisites": "les prérequis",
    "target": "la cible",
    "scale": "l’échelle",
    "definition": "la définition",
    "component": "le composant visé",
    "credits": "les crédits",
}

SECTIONS = {
    "protocol": "du protocole",
    "essence": "de l’essence",
    "label": "du label",
    "selection": "de la sélection",
}

HEADINGS: tuple[tuple[Bump, str], ...] = (
    ("major", "Ce qui change au cœur"),
    ("minor", "Ce qui s’ajoute ou s’adapte"),
    ("patch", "Rédaction"),
)


def sentence(difference: Difference) -> str:
    """One French sentence, without final stop.

    >>> sentence(Difference(section="components", kind="changed", component="copil", field="form"))
    'Change la forme de « copil »'
    """
    return _SENTENCES[difference.kind](difference)


def _subject(d: Difference) -> str:
    if d.section == "parameters":
        return f"le paramètre « {d.parameter} » de « {d.component} »"
    name = NAMES.get(d.section, d.section)
    if d.section == "markers":
        return f"{name} « {d.item} » de « {d.component} »"
    return f"{name} « {d.item or d.component} »"


def _changed(d: Difference) -> str:
    whole = {"label": "le label", "selection": "la sélection"}
    if not d.field:
        return f"{'Ajoute' if d.old is None else 'Retire'} {whole[d.section]}"
    field = FIELDS.get(d.field, f"« {d.field} »")
    if d.section in SECTIONS:
        return f"Change {field} {SECTIONS[d.section]}" + _values(d)
    if d.section == "components":
        return f"Change {field} de « {d.component} »" + _values(d)
    if d.section == "parameters":
        return f"Change {field} de « {d.parameter} » ({d.component})" + _values(d)
    return f"Change {field} : {_subject(d)}" + _values(d)


def _values(d: Difference) -> str:
    if d.old is d.new is None:
        return ""
    if all(one is None or isinstance(one, bool | int | float) for one in (d.old, d.new)):
        return f" : {_value(d.old)} → {_value(d.new)}"
    return ""


def _value(value: Any) -> str:
    words = {None: "rien", True: "oui", False: "non"}
    return words[value] if value is None or isinstance(value, bool) else str(value)


_SENTENCES: dict[str, Callable[[Difference], str]] = {
    "added": lambda d: f"Ajoute {_subject(d)}",
    "removed": lambda d: f"Retire {_subject(d)}",
    "changed": _changed,
    "renamed": lambda d: f"Renomme {NAMES[d.section]} « {d.old} » en « {d.new} »",
    "moved": lambda d: f"Déplace le paramètre {d.old} vers {d.new}",
    "split": lambda d: f"Partage le composant « {d.component} » en {', '.join(map(str, d.new))}",
    "merged": lambda d: f"Réunit {', '.join(map(str, d.old))} dans « {d.component} »",
    "reordered": lambda d: f"Change l’ordre de la liste « {d.section} »",
}


def release_notes(old: Protocol, new: Protocol) -> str:
    """Release notes in Markdown, a draft for the network to edit: the gravest changes first, then the credits."""
    weighed = weigh(old, new)
    lines = [f"# {new.title} {new.version}", "", f"Depuis la version {old.version}."]
    for bump, heading in HEADINGS:
        items = [_line(one, old, new) for one in weighed if one.bump == bump]
        if items:
            lines += ["", f"## {heading}", "", *items]
    lines += _deprecations(new) + _credits(old, new)
    if not weighed:
        lines += ["", "Aucun changement."]
    return "\n".join(lines) + "\n"


def _line(one: Weighed, old: Protocol, new: Protocol) -> str:
    return f"- {sentence(_titled(one.difference, old, new))} ({one.reason})."


def _titled(d: Difference, old: Protocol, new: Protocol) -> Difference:
    """The difference with titles in the place of identifiers, those of the later version first."""
    known = {**_titles(old), **_titles(new)}

    def named(component: str, item: str = "") -> str:
        return known.get((d.section, component, item)) or known.get(("", component, item), item or component)

    ends: dict[str, Any] = {}
    if d.kind in ("split", "merged"):
        ends = {name: tuple(named(str(id)) for id in getattr(d, name) or ()) for name in ("old", "new")}
    elif d.kind == "moved":
        ends = {name: _place(str(getattr(d, name)), known) for name in ("old", "new")}
    inner = d.component if d.section == "markers" else ""
    return replace(
        d,
        component=named(d.component) if d.component else "",
        parameter=named(d.component, d.parameter) if d.parameter else "",
        item=named(inner, d.item) if d.item and d.section not in ("components", "parameters") else d.item,
        **ends,
    )


def _place(place: str, known: dict[tuple[str, str, str], str]) -> str:
    component, _slash, parameter = place.partition("/")
    title, label = known.get(("", component, ""), component), known.get(("", component, parameter), parameter)
    return f"« {label} » ({title})"


def _titles(protocol: Protocol) -> dict[tuple[str, str, str], str]:
    """(list, component, item) → title; the list is empty for components and their parameters."""
    label, selection = protocol.label, protocol.selection
    found = {("", one.id, ""): one.title for one in protocol.components}
    for component in protocol.components:
        found |= {("", component.id, one.id): one.label for one in component.parameters}
        found |= {("markers", component.id, one.id): one.label for one in component.markers}
    lists: dict[str, tuple[Any, ...]] = {
        name: getattr(protocol, name)
        for name in ("sources", "variants", "roles", "prerequisites", "tools", "indicators")
    }
    lists["requirements"] = label.requirements if label else ()
    for name in ("steps", "criteria"):
        lists[name] = getattr(selection, name) if selection else ()
    for name, items in lists.items():
        found |= {(name, "", one.id): item_title(one) for one in items}
    return found


def _deprecations(new: Protocol) -> list[str]:
    ending = [(component.title, component.deprecated) for component in new.components if component.deprecated]
    items = [_end(title, end) for title, end in ending]
    return ["", "## Fins annoncées", "", *items] if items else []


def _end(title: str, end: Deprecation) -> str:
    until = f" le {end.until}" if end.until else ""
    why = f" : {end.reason.rstrip('.')}" if end.reason else ""
    return f"- « {title} » disparaîtra{until}{why}."


def _credits(old: Protocol, new: Protocol) -> list[str]:
    known = {(c.id, credit) for c in old.components for credit in c.credits}
    items = [
        f"- « {c.title} » : {credit.name}{f', {credit.note}' if credit.note else ''}."
        for c in new.components
        for credit in c.credits
        if (c.id, credit) not in known
    ]
    return ["", "## Merci à", "", *items] if items else []
