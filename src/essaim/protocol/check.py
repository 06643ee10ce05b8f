"""What a well-shaped protocol must also respect: identifiers, sources, latitudes, variants.

Each rule is one small generator; ``RULES`` is the whole list.
"""

import functools
from collections.abc import Callable, Iterator
from typing import Any

from essaim.protocol.document import ESSENCE, Change, Marker, Parameter, Protocol
from essaim.protocol.latitude import Latitude, latitude, territories
from essaim.protocol.problem import Finding, InvalidDocument, Path, Problem
from essaim.words import Told, marked, told

PARAMETER_FIELDS: dict[str, tuple[str, ...]] = {
    "number": ("unit", "min", "max", "step"),
    "duration": ("unit", "min", "max", "step"),
    "choice": ("options",),
    "set": ("options", "min_items", "max_items"),
    "boolean": (),
    "text": ("max_length",),
}
"""Fields that bound each type of parameter; the others must stay empty."""

BOUNDS = ("unit", "min", "max", "step", "options", "min_items", "max_items", "max_length")

DURATION_UNITS = ("minute", "heure", "demi-journée", "jour", "semaine", "mois", "an")

TERRITORY_NAMES = {
    "rural": told("rural"),
    "low_density": told("peu dense"),
    "overseas": told("d’outre-mer"),
    "qpv": told("en quartier prioritaire"),
    "mountain": told("de montagne"),
    "urban": told("urbain"),
}

SOURCED = ("variants", "roles", "prerequisites", "tools", "indicators")
"""Lists whose items must each cite a source, as components do; what lies inside an item inherits it."""


def validate(protocol: Protocol, file: str = "") -> tuple[Problem, ...]:
    """Everything that is wrong with the content of ``protocol``; empty when it may be published."""
    return tuple(finding.at(file, None) for finding in findings_of(protocol))


def require_valid(protocol: Protocol, file: str = "") -> None:
    """Raise :class:`InvalidDocument` when :func:`validate` finds something."""
    problems = validate(protocol, file)
    if problems:
        raise InvalidDocument(problems)


def findings_of(protocol: Protocol) -> list[Finding]:
    return [finding for rule in RULES for finding in rule(protocol)]


def unique_ids(protocol: Protocol) -> Iterator[Finding]:
    """An identifier is used once in its list; « essence » is reserved."""
    lists: list[tuple[Path, tuple[Any, ...]]] = [
        ((name,), getattr(protocol, name))
        for name in ("sources", "components", "variants", "roles", "prerequisites", "tools", "indicators")
    ]
    for i, component in enumerate(protocol.components):
        lists += [
            (("components", i, "parameters"), component.parameters),
            (("components", i, "markers"), component.markers),
        ]
        for j, parameter in enumerate(component.parameters):
            lists.append((("components", i, "parameters", j, "options"), parameter.options))
        if component.id == ESSENCE:
            yield Finding(
                ("components", i, "id"),
                marked("« essence » est réservé à l’essence du protocole."),
                marked("Donnez un autre identifiant à ce composant."),
            )
    if protocol.label:
        lists.append((("label", "requirements"), protocol.label.requirements))
    if protocol.selection:
        lists += [(("selection", "steps"), protocol.selection.steps)]
        lists += [(("selection", "criteria"), protocol.selection.criteria)]
    for path, items in lists:
        seen: set[str] = set()
        for i, item in enumerate(items):
            if item.id in seen:
                yield Finding(
                    (*path, i, "id"),
                    told("L’identifiant « %(id)s » est déjà pris.", id=item.id),
                    marked("Donnez-en un autre."),
                )
            seen.add(item.id)


def _sourced(protocol: Protocol) -> Iterator[tuple[Path, Any, bool]]:
    """Every object that has ``sources``, with whether it must cite one."""
    yield ("essence",), protocol.essence, True
    for i, component in enumerate(protocol.components):
        yield ("components", i), component, True
        for j, parameter in enumerate(component.parameters):
            yield ("components", i, "parameters", j), parameter, False
        for j, marker in enumerate(component.markers):
            yield ("components", i, "markers", j), marker, False
    for name in SOURCED:
        for i, item in enumerate(getattr(protocol, name)):
            yield (name, i), item, True
    if protocol.label:
        for i, requirement in enumerate(protocol.label.requirements):
            yield ("label", "requirements", i), requirement, True
    if protocol.selection:
        yield ("selection",), protocol.selection, True
        for i, step in enumerate(protocol.selection.steps):
            yield ("selection", "steps", i), step, False
        for i, criterion in enumerate(protocol.selection.criteria):
            yield ("selection", "criteria", i), criterion, False


def known_sources(protocol: Protocol) -> Iterator[Finding]:
    """Every statement cites a source declared in ``sources``."""
    known = {source.id for source in protocol.sources}
    declared = ", ".join(sorted(known)) or told("aucune pour l’instant")
    for path, item, needed in _sourced(protocol):
        if needed and not item.sources:
            name = getattr(item, "id", path[-1])
            yield Finding(
                (*path, "sources"),
                told("« %(name)s » ne cite aucune source.", name=name),
                told("Citez au moins une source déclarée (%(declared)s).", declared=declared),
            )
        for i, source in enumerate(item.sources):
            if source not in known:
                yield Finding(
                    (*path, "sources", i),
                    told("La source « %(id)s » n’est pas déclarée.", id=source),
                    told("Ajoutez-la à « sources » ou citez-en une autre (%(declared)s).", declared=declared),
                )


def known_references(protocol: Protocol) -> Iterator[Finding]:
    """Components cite tools, roles, prerequisites and indicators that exist; requirements, components."""
    for name in ("tools", "roles", "prerequisites", "indicators"):
        known = {item.id for item in getattr(protocol, name)}
        for i, component in enumerate(protocol.components):
            for j, cited in enumerate(getattr(component, name)):
                if cited not in known:
                    yield _unknown(("components", i, name, j), cited, name, known)
    if protocol.label:
        known = {component.id for component in protocol.components} | {ESSENCE}
        for i, requirement in enumerate(protocol.label.requirements):
            if requirement.component not in known:
                yield _unknown(
                    ("label", "requirements", i, "component"), requirement.component, "components", known
                )


def _unknown(path: Path, cited: str, where: str, known: set[str]) -> Finding:
    return Finding(
        path,
        told("« %(cited)s » n’existe pas dans « %(where)s ».", cited=cited, where=where),
        told("Identifiants connus : %(known)s.", known=", ".join(sorted(known)) or told("liste vide")),
    )


def parameter_fields(protocol: Protocol) -> Iterator[Finding]:
    """Each type of parameter has its bounds and no other, and they agree with each other."""
    for i, component in enumerate(protocol.components):
        for j, parameter in enumerate(component.parameters):
            path: Path = ("components", i, "parameters", j)
            allowed = PARAMETER_FIELDS[parameter.type]
            for name in BOUNDS:
                if name not in allowed and getattr(parameter, name) not in (None, "", ()):
                    yield Finding(
                        (*path, name),
                        told(
                            "« %(field)s » ne concerne pas un paramètre de type %(type)s.",
                            field=name,
                            type=parameter.type,
                        ),
                        told(
                            "Retirez-le ; champs possibles : %(fields)s.",
                            fields=", ".join(allowed) or told("aucun"),
                        ),
                    )
            yield from _bounds(parameter, path)


def _bounds(parameter: Parameter, path: Path) -> Iterator[Finding]:
    if parameter.type == "duration" and parameter.unit not in DURATION_UNITS:
        yield Finding(
            (*path, "unit"),
            told("« %(unit)s » n’est pas une unité de durée.", unit=parameter.unit),
            told("Choisissez parmi : %(units)s (au singulier).", units=", ".join(DURATION_UNITS)),
        )
    if parameter.type in ("choice", "set") and not parameter.options:
        yield Finding(
            (*path, "options"),
            marked("Aucune option n’est proposée."),
            marked("Ajoutez au moins une option."),
        )
    if parameter.step is not None and parameter.step <= 0:
        yield Finding(
            (*path, "step"), marked("Le pas doit être positif."), marked("Écrivez un nombre supérieur à 0.")
        )
        return
    for name in ("min_items", "max_items", "max_length"):
        count = getattr(parameter, name)
        if count is not None and count < 0:
            yield Finding(
                (*path, name), told("« %(field)s » est négatif.", field=name), marked("Écrivez 0 ou plus.")
            )


def latitudes(protocol: Protocol) -> Iterator[Finding]:
    """No latitude is empty and each default lies in its own, in general and on every kind of territory."""
    for i, component in enumerate(protocol.components):
        for j, parameter in enumerate(component.parameters):
            if parameter.step is not None and parameter.step <= 0:
                continue
            path: Path = ("components", i, "parameters", j)
            base = latitude(protocol, component.id, parameter)
            if base.is_empty():
                yield Finding(
                    path,
                    told("La latitude de « %(id)s » est vide.", id=parameter.id),
                    marked("Corrigez ses bornes."),
                )
            elif base.default is not None and (why := base.objection(base.default)):
                yield Finding(
                    (*path, "default"),
                    told("Le défaut est hors latitude : %(why)s.", why=why),
                    marked("Changez-le ou élargissez."),
                )
            else:
                yield from _variants_of(protocol, component.id, parameter)


def _variants_of(protocol: Protocol, component: str, parameter: Parameter) -> Iterator[Finding]:
    """Contradictions of the variants that touch one parameter, the smallest sets of territory types first."""
    touching = {
        variant.id: (i, k, change)
        for i, variant in enumerate(protocol.variants)
        for k, change in enumerate(variant.changes)
        if change.component == component and change.parameter == parameter.id
    }
    types = [
        kind for variant in protocol.variants if variant.id in touching for kind in variant.territory_types
    ]
    reported: list[set[str]] = []
    for territory in sorted(territories(types), key=lambda one: (len(one), sorted(one)))[1:]:
        found = latitude(protocol, component, parameter, territory)
        if not found.variants or any(known <= set(found.variants) for known in reported):
            continue
        message = _contradiction(found, [touching[v][2] for v in found.variants])
        if message:
            reported.append(set(found.variants))
            i, k, _ = touching[found.variants[-1]]
            where = protocol.component(component)
            titles = [v.title for v in protocol.variants if v.id in found.variants]
            yield Finding(
                ("variants", i, "changes", k),
                told(
                    "« %(component)s », « %(parameter)s » sur un territoire %(territory)s "
                    "(variantes : %(variants)s) : %(why)s",
                    component=where.title if where else component,
                    parameter=parameter.label,
                    territory=_territory(territory),
                    variants=", ".join(titles),
                    why=message,
                ),
                marked("Accordez les bornes et le défaut de ces variantes."),
            )


def _territory(types: frozenset[str]) -> Told:
    """The types of a territory, one after another."""
    names = (TERRITORY_NAMES[kind] for kind in sorted(types))
    return functools.reduce(lambda one, other: told("%(one)s et %(other)s", one=one, other=other), names)


def _contradiction(found: Latitude, changes: list[Change]) -> Told | None:
    if found.is_empty():
        return told("aucune valeur n’est permise.")
    defaults = {repr(change.default): change.default for change in changes if change.default is not None}
    if len(defaults) > 1:
        return told("deux défauts (%(defaults)s).", defaults=", ".join(defaults))
    if found.default is not None and (why := found.objection(found.default)):
        return told("le défaut est hors latitude (%(why)s).", why=why)
    return None


def variant_targets(protocol: Protocol) -> Iterator[Finding]:
    """Variants name territory types and change parameters that exist, once each, by fields of their type."""
    parameters = {(c.id, p.id): p for c in protocol.components for p in c.parameters}
    for i, variant in enumerate(protocol.variants):
        if not variant.territory_types:
            yield Finding(
                ("variants", i, "territory_types"),
                marked("La variante ne vise aucun type de territoire."),
                marked("Ajoutez-en un."),
            )
        seen: set[tuple[str, str]] = set()
        for k, change in enumerate(variant.changes):
            path: Path = ("variants", i, "changes", k)
            key = (change.component, change.parameter)
            if key not in parameters:
                yield _unknown(path, ".".join(key), "components", {".".join(known) for known in parameters})
                continue
            if key in seen:
                yield Finding(
                    path,
                    told("La variante change deux fois %(place)s.", place=".".join(key)),
                    marked("Gardez un seul changement."),
                )
            seen.add(key)
            yield from _change(parameters[key], change, path)


def _change(parameter: Parameter, change: Change, path: Path) -> Iterator[Finding]:
    allowed = PARAMETER_FIELDS[parameter.type]
    for name in ("min", "max", "options", "min_items", "max_items", "max_length"):
        if name not in allowed and getattr(change, name) not in (None, ()):
            yield Finding(
                (*path, name),
                told("« %(field)s » ne concerne pas le type %(type)s.", field=name, type=parameter.type),
                marked("Retirez-le."),
            )
    known = {option.id for option in parameter.options}
    for n, option in enumerate(change.options):
        if option not in known:
            yield _unknown((*path, "options", n), option, "options", known)


def lineage(protocol: Protocol) -> Iterator[Finding]:
    """Nothing descends from itself; a former identifier leads to one place and is not used again."""
    heirs: dict[str, str] = {}
    used = {component.id for component in protocol.components}
    for i, component in enumerate(protocol.components):
        for name in ("replaces", "split_from", "merged_from"):
            if component.id in getattr(component, name):
                yield Finding(
                    ("components", i, name),
                    marked("Le composant descend de lui-même."),
                    marked("Retirez-le de la liste."),
                )
        for j, former in enumerate(component.replaces):
            if former in heirs:
                yield Finding(
                    ("components", i, "replaces", j),
                    told(
                        "« %(former)s » est déjà remplacé par « %(heir)s ».",
                        former=former,
                        heir=heirs[former],
                    ),
                    marked("S’il a été partagé en deux, écrivez « split_from » dans les deux composants."),
                )
            elif former in used and former != component.id:
                yield _reused(("components", i, "replaces", j), former)
            heirs[former] = component.id
        taken = {parameter.id for parameter in component.parameters}
        for k, parameter in enumerate(component.parameters):
            for j, former in enumerate(parameter.replaces):
                if former in taken:
                    yield _reused(("components", i, "parameters", k, "replaces", j), former)


def _reused(path: Path, former: str) -> Finding:
    return Finding(
        path,
        told("« %(former)s » est un ancien identifiant, encore utilisé.", former=former),
        marked("Donnez-en un nouveau."),
    )


def markers(protocol: Protocol) -> Iterator[Finding]:
    """Each marker has a usable scale and a target on it."""
    for i, component in enumerate(protocol.components):
        for j, marker in enumerate(component.markers):
            message = _scale_defect(marker)
            if message:
                yield Finding(
                    ("components", i, "markers", j, "scale"),
                    message,
                    marked("Corrigez l’échelle ou la cible."),
                )


def _scale_defect(marker: Marker) -> str | None:
    scale, target = marker.scale, marker.target
    if scale.type == "boolean":
        return (
            None
            if target is None or isinstance(target, bool)
            else marked("La cible d’une échelle oui/non est true ou false.")
        )
    if scale.type == "likert":
        if scale.points is None or not 2 <= scale.points <= 11:
            return marked("Une échelle de degrés demande « points » entre 2 et 11.")
        low, high = 1.0, float(scale.points)
    else:
        if scale.min is None or scale.max is None or scale.min >= scale.max:
            return marked("Une échelle numérique demande « min » inférieur à « max ».")
        low, high = float(scale.min), float(scale.max)
    if target is None:
        return None
    if isinstance(target, bool) or not isinstance(target, int | float) or not low <= target <= high:
        return told(
            "La cible n’est pas un nombre de l’échelle (%(low)s à %(high)s).",
            low=f"{low:g}",
            high=f"{high:g}",
        )
    worst = low if marker.direction == "up" else high
    return marked("La cible est au plus mauvais bout de l’échelle.") if target == worst else None


def label(protocol: Protocol) -> Iterator[Finding]:
    """A label holds for at least a month, when it says for how long."""
    if protocol.label and protocol.label.valid_months is not None and protocol.label.valid_months < 1:
        yield Finding(
            ("label", "valid_months"),
            marked("La durée du label est nulle ou négative."),
            marked("Écrivez un nombre de mois."),
        )


Rule = Callable[[Protocol], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    unique_ids,
    known_sources,
    known_references,
    parameter_fields,
    latitudes,
    variant_targets,
    lineage,
    markers,
    label,
)
