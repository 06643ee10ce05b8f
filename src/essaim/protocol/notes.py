"""Differences said in French: one sentence each, and release notes to be edited."""

from collections.abc import Callable
from typing import Any

from essaim.protocol.diff import Difference
from essaim.protocol.document import Protocol
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
        items = [_line(one) for one in weighed if one.bump == bump]
        if items:
            lines += ["", f"## {heading}", "", *items]
    lines += _deprecations(new) + _credits(old, new)
    if not weighed:
        lines += ["", "Aucun changement."]
    return "\n".join(lines) + "\n"


def _line(one: Weighed) -> str:
    return f"- {sentence(one.difference)} ({one.reason})."


def _deprecations(new: Protocol) -> list[str]:
    items = [
        f"- « {c.title} » disparaîtra{f' le {c.deprecated.until}' if c.deprecated.until else ''}"
        f"{f' : {c.deprecated.reason}' if c.deprecated.reason else ''}."
        for c in new.components
        if c.deprecated is not None
    ]
    return ["", "## Fins annoncées", "", *items] if items else []


def _credits(old: Protocol, new: Protocol) -> list[str]:
    known = {(c.id, credit) for c in old.components for credit in c.credits}
    items = [
        f"- « {c.title} » : {credit.name}{f', {credit.note}' if credit.note else ''}."
        for c in new.components
        for credit in c.credits
        if (c.id, credit) not in known
    ]
    return ["", "## Merci à", "", *items] if items else []
