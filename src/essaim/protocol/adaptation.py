"""What a site decides on a version of a protocol, and what it may not decide alone.

A decision bears on one *place*: a component as a whole, or one of its parameters. A decision outside
latitude is refused, or becomes a derogation asked of the network; it is never silent. Revisions are
immutable: each names the fingerprint of the one before.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any, Literal

from essaim.protocol import codec, frame
from essaim.protocol.codec import Date, FreeText, FreeValue, Id, Text, Version
from essaim.protocol.document import Component, Parameter, Protocol, TerritoryType
from essaim.protocol.latitude import latitude
from essaim.protocol.problem import Finding, InvalidDocument, Path, Problem
from essaim.protocol.yamltext import read_yaml, write_yaml
from essaim.words import SaidError, marked, told

FORMAT: Literal["essaim/adaptation/1"] = "essaim/adaptation/1"

Place = tuple[str, str | None]
"""(component, parameter), or (component, None) for the component as a whole."""

STATUS_LABELS = {
    "kept": told("gardé"),
    "adapted": told("adapté"),
    "not_done": told("non fait"),
    "added": told("ajouté"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The description of an adaptation by the aspects of :mod:`essaim.protocol.frame`."""

    what: Id
    when: Id
    planning: Id
    decided_by: tuple[Id, ...]
    level: Id
    nature: tuple[Id, ...]
    reasons: tuple[Id, ...]
    reason_text: FreeText = ""
    fidelity: Id
    revision: FreeText = frame.REVISION


@dataclass(frozen=True, slots=True, kw_only=True)
class Derogation:
    """A decision outside latitude, asked of the network."""

    state: Literal["requested", "granted", "refused"]
    reason: Text
    until: Date | None = None
    decided_by: FreeText = ""
    decided_on: Date | None = None
    note: FreeText = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision of a site.

    - ``kept``: the site follows the protocol there, and says so;
    - ``adapted`` with a ``parameter``: the site's ``value``; without: its local ``form`` of the component;
    - ``not_done``: the component is left out;
    - ``added``: a component of the site's own, described in ``addition`` under the identifier ``component``.
    """

    id: Id
    component: Id
    parameter: Id | None = None
    status: Literal["kept", "adapted", "not_done", "added"]
    value: FreeValue | None = None
    form: FreeText = ""
    addition: Component | None = None
    note: FreeText = ""
    frame: Frame | None = None
    derogation: Derogation | None = None
    decided_on: Date | None = None
    recorded_by: FreeText = ""

    @property
    def place(self) -> Place:
        return self.component, self.parameter

    @property
    def is_derogation(self) -> bool:
        """Whether a derogation is asked or granted."""
        return self.derogation is not None and self.derogation.state != "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaptation:
    """The decisions of ``site`` on a version of a protocol; ``territory_types`` say which variants apply."""

    format: Literal["essaim/adaptation/1"]
    protocol: Id
    version: Version
    site: Text
    territory_types: tuple[TerritoryType, ...] = ()
    decisions: tuple[Decision, ...] = ()
    revision: int = 1
    previous: FreeText = ""
    """Fingerprint of the revision before; empty for the first."""

    @classmethod
    def from_dict(cls, data: Any, file: str = "") -> "Adaptation":
        """Build from plain data; raises :class:`InvalidDocument` naming every misshapen field."""
        result: Adaptation = codec.decode(cls, data, file)
        return result

    def to_dict(self) -> dict[str, Any]:
        data: dict[str, Any] = codec.encode(self)
        return data

    def canonical_json(self) -> str:
        return codec.canonical_json(self.to_dict())

    def fingerprint(self) -> str:
        """SHA-256 of the canonical JSON: the identity of this revision."""
        return codec.fingerprint(self.to_dict())

    def at(self, component: str, parameter: str | None = None) -> Decision | None:
        """The decision taken on a place, if any."""
        return next((d for d in self.decisions if d.place == (component, parameter)), None)


class OutsideLatitude(SaidError):
    """A decision that the site may not take alone; the message says why and how to mend it."""


def new_adaptation(
    protocol: Protocol, site: str, territory_types: Collection[TerritoryType] = ()
) -> Adaptation:
    """An adaptation of ``protocol`` with no decision yet: the site follows everything."""
    return Adaptation(
        format=FORMAT,
        protocol=protocol.id,
        version=protocol.version,
        site=site,
        territory_types=tuple(sorted(territory_types)),
    )


def objection(protocol: Protocol, decision: Decision, territory_types: Collection[str] = ()) -> str | None:
    """Why a site may not take ``decision`` alone, in French; ``None`` when it may.

    Raises:
        KeyError: when the component or the parameter is not in ``protocol``.
    """
    if decision.status == "added":
        return None
    component = protocol.component(decision.component)
    if component is None:
        raise KeyError(decision.component)
    if decision.parameter is None:
        return component_objection(component.kind, decision)
    parameter = find_parameter(component, decision.parameter)
    if parameter is None:
        raise KeyError(decision.parameter)
    if decision.status != "adapted" or decision.value is None:
        return None
    return latitude(protocol, component.id, parameter, territory_types).objection(decision.value)


def component_objection(kind: str, decision: Decision) -> str | None:
    """Why a whole component of this ``kind`` may not be treated so: the invariants hold in their function."""
    if kind != "core":
        return None
    if decision.status == "not_done":
        return told("un composant du cœur ne peut pas être laissé de côté")
    if decision.status == "adapted" and (decision.frame is None or decision.frame.fidelity != "consistent"):
        return told("la forme d’un composant du cœur ne varie que si sa fonction est respectée")
    return None


def find_parameter(component: Component, id: str) -> Parameter | None:
    return next((parameter for parameter in component.parameters if parameter.id == id), None)


def decide(
    adaptation: Adaptation, protocol: Protocol, decision: Decision, derogation_reason: str = ""
) -> Adaptation:
    """The next revision of ``adaptation``, in which ``decision`` replaces what was decided on its place.

    Args:
        derogation_reason: why the site asks for a derogation, should the decision lie outside latitude.

    Raises:
        OutsideLatitude: the decision lies outside latitude and no derogation is asked.
        InvalidDocument: the decision does not fit the protocol (unknown place, missing value…).
    """
    _same_version(adaptation, protocol)
    findings = list(_shape(protocol, decision, ("decision",)))
    if findings:
        raise InvalidDocument(finding.at(adaptation.site, None) for finding in findings)
    why = objection(protocol, decision, adaptation.territory_types)
    if why and not decision.is_derogation:
        if not derogation_reason.strip():
            raise OutsideLatitude(
                "Décision refusée : %(why)s. Restez dans la latitude ou demandez une dérogation.", why=why
            )
        decision = replace(decision, derogation=Derogation(state="requested", reason=derogation_reason))
    others = [one for one in adaptation.decisions if one.id != decision.id]
    place = next((i for i, one in enumerate(others) if one.place == decision.place), None)
    if place is None:
        position = next(
            (i for i, one in enumerate(adaptation.decisions) if one.id == decision.id), len(others)
        )
        others.insert(position, decision)
    else:
        others[place] = decision
    return next_revision(adaptation, tuple(others))


def withdraw(adaptation: Adaptation, decision_id: str) -> Adaptation:
    """The next revision, without this decision: the site follows the protocol there again."""
    return next_revision(adaptation, tuple(d for d in adaptation.decisions if d.id != decision_id))


def next_revision(adaptation: Adaptation, decisions: tuple[Decision, ...]) -> Adaptation:
    """The revision after ``adaptation``, holding ``decisions``."""
    return replace(
        adaptation, decisions=decisions, revision=adaptation.revision + 1, previous=adaptation.fingerprint()
    )


def _same_version(adaptation: Adaptation, protocol: Protocol) -> None:
    if (adaptation.protocol, adaptation.version) != (protocol.id, protocol.version):
        raise SaidError(
            "L’adaptation porte sur %(version)s, pas sur %(other)s : prenez la version de base de l’adaptation.",
            version=f"{adaptation.protocol} {adaptation.version}",
            other=f"{protocol.id} {protocol.version}",
        )


def check_adaptation(adaptation: Adaptation, protocol: Protocol, file: str = "") -> tuple[Problem, ...]:
    """Everything that is wrong with ``adaptation`` as decisions on ``protocol``."""
    return tuple(finding.at(file, None) for finding in findings_of(adaptation, protocol))


def findings_of(adaptation: Adaptation, protocol: Protocol) -> Iterator[Finding]:
    if (adaptation.protocol, adaptation.version) != (protocol.id, protocol.version):
        yield Finding(
            ("version",),
            told(
                "L’adaptation porte sur %(version)s, pas sur %(other)s.",
                version=f"{adaptation.protocol} {adaptation.version}",
                other=f"{protocol.id} {protocol.version}",
            ),
            marked("Prenez la version de base de l’adaptation."),
        )
        return
    ids = Counter(decision.id for decision in adaptation.decisions)
    places = Counter(decision.place for decision in adaptation.decisions)
    for i, decision in enumerate(adaptation.decisions):
        path: Path = ("decisions", i)
        if ids[decision.id] > 1:
            yield Finding(
                (*path, "id"),
                told("L’identifiant « %(id)s » sert deux fois.", id=decision.id),
                marked("Donnez-en un autre."),
            )
        if places[decision.place] > 1:
            yield Finding(path, marked("Deux décisions portent sur la même chose."), marked("Gardez-en une."))
        shape = list(_shape(protocol, decision, path))
        yield from shape
        if not shape and not decision.is_derogation:
            why = objection(protocol, decision, adaptation.territory_types)
            if why:
                yield Finding(
                    path,
                    told("Hors latitude : %(why)s.", why=why),
                    marked("Restez dans la latitude ou demandez une dérogation."),
                )


def _shape(protocol: Protocol, decision: Decision, path: Path) -> Iterator[Finding]:
    """Whether a decision says what its status needs, on a place that exists."""
    if decision.status != "kept":
        yield from _frame(decision, path)
    component = protocol.component(decision.component)
    if decision.status == "added":
        yield from _addition(component, decision, path)
        return
    if component is None:
        yield Finding(
            (*path, "component"),
            told(
                "Le composant « %(component)s » n’existe pas dans %(version)s.",
                component=decision.component,
                version=f"{protocol.id} {protocol.version}",
            ),
            told(
                "Composants : %(known)s ; pour un apport du site, écrivez « status: added ».",
                known=", ".join(c.id for c in protocol.components) or told("aucun"),
            ),
        )
        return
    if decision.parameter is not None and find_parameter(component, decision.parameter) is None:
        yield Finding(
            (*path, "parameter"),
            told(
                "« %(component)s » n’a pas de paramètre « %(parameter)s ».",
                component=component.id,
                parameter=decision.parameter,
            ),
            told(
                "Paramètres : %(known)s.",
                known=", ".join(p.id for p in component.parameters) or told("aucun"),
            ),
        )
    for wrong, message, mend in _SHAPES:
        if wrong(decision):
            yield Finding(path, message, mend)


_SHAPES: tuple[tuple[Callable[[Decision], bool], str, str], ...] = (
    (
        lambda d: d.status == "adapted" and d.parameter is not None and d.value is None,
        marked("Un paramètre adapté demande une valeur."),
        marked("Écrivez « value »."),
    ),
    (
        lambda d: d.status == "adapted" and d.parameter is None and not d.form.strip(),
        marked("Un composant adapté demande sa forme locale."),
        marked("Écrivez « form », ou nommez le paramètre adapté."),
    ),
    (
        lambda d: d.status == "not_done" and d.parameter is not None,
        marked("« non fait » porte sur un composant entier."),
        marked("Retirez « parameter »."),
    ),
    (
        lambda d: d.value is not None and (d.status != "adapted" or d.parameter is None),
        marked("« value » ne va qu’avec un paramètre adapté."),
        marked("Retirez « value »."),
    ),
    (
        lambda d: d.addition is not None,
        marked("« addition » ne va qu’avec « status: added »."),
        marked("Retirez « addition »."),
    ),
)


def _addition(existing: Component | None, decision: Decision, path: Path) -> Iterator[Finding]:
    if (
        decision.addition is None
        or decision.addition.id != decision.component
        or decision.parameter is not None
    ):
        yield Finding(
            (*path, "addition"),
            marked("Un ajout décrit un composant entier, sous son identifiant."),
            told(
                "Écrivez « addition » avec l’identifiant « %(id)s » et sans paramètre.", id=decision.component
            ),
        )
    elif existing is not None and content(existing) != content(decision.addition):
        yield Finding(
            (*path, "component"),
            told("Le protocole a déjà un autre composant « %(id)s ».", id=existing.id),
            marked("Donnez un autre identifiant à l’ajout."),
        )


def content(component: Component) -> tuple[str, str]:
    """What a component is for and how it is done; components that share both are the same in substance."""
    return component.function, component.form


def _frame(decision: Decision, path: Path) -> Iterator[Finding]:
    if decision.frame is None:
        yield Finding(
            (*path, "frame"),
            told("Une décision « %(status)s » se justifie.", status=STATUS_LABELS[decision.status]),
            told("Remplissez « frame » : %(fields)s.", fields=", ".join(frame.ASPECTS)),
        )
        return
    if decision.frame.revision != frame.REVISION:
        return  # written under another revision of the framework: its codes are kept as they are
    for name, aspect in frame.ASPECTS.items():
        answer = getattr(decision.frame, name)
        answers = answer if isinstance(answer, tuple) else (answer,)
        if not answers:
            yield Finding(
                (*path, "frame", name),
                told("%(question)s Rien n’est répondu.", question=told(aspect.question)),
                marked("Donnez une réponse."),
            )
        for code in answers:
            if code not in aspect.answers:
                yield Finding(
                    (*path, "frame", name),
                    told("« %(code)s » n’est pas une réponse.", code=code),
                    told("Choisissez : %(known)s.", known=", ".join(aspect.answers)),
                )


def loads_adaptation(source: str | bytes, file: str = "<texte>") -> Adaptation:
    """Read an adaptation from YAML or JSON text.

    Raises:
        InvalidDocument: when the text or the shape is wrong, with file and line.
    """
    text = read_yaml(source)
    if text.findings:
        raise InvalidDocument(finding.at(file, line) for finding, line in text.findings)
    findings: list[Finding] = []
    adaptation: Adaptation = codec.decode_into(Adaptation, text.data, (), findings)
    if findings:
        raise InvalidDocument(finding.at(file, text.line(finding.path)) for finding in findings)
    return adaptation


def load_adaptation(path: str | FilePath) -> Adaptation:
    """Read an adaptation file; errors as :func:`loads_adaptation`, ``OSError`` when it cannot be opened."""
    return loads_adaptation(FilePath(path).read_bytes(), str(path))


def dumps_adaptation(adaptation: Adaptation) -> str:
    """Write an adaptation as YAML; ``loads_adaptation`` gives it back."""
    return write_yaml(adaptation.to_dict())
