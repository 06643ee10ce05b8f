"""The life of each component, and of what it holds: in which version it came, changed, from what, thanks to whom."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from essaim.platform.programmes.models import ProtocolVersion
from essaim.platform.programmes.reading import listed
from essaim.protocol.document import Credit
from essaim.protocol.notes import FIELDS
from essaim.protocol.provenance import Step, clauses_provenance, provenance

MARK = "proposition-"
"""Start of the identifier of the source that an accepted proposal leaves in the protocol."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One version in the life of a component."""

    version: str
    words: str
    credits: tuple[Credit, ...]


@dataclass(frozen=True, slots=True)
class Life:
    """``proposals``: keys of the accepted proposals that the component cites."""

    passages: tuple[Passage, ...]
    proposals: tuple[int, ...]

    @property
    def since(self) -> str:
        return self.passages[0].version

    @property
    def changed(self) -> tuple[str, ...]:
        """Versions after the first that touched it."""
        return tuple(dict.fromkeys(one.version for one in self.passages[1:]))


def lives(version: ProtocolVersion) -> dict[str, Life]:
    """Life of each component of a version, by identifier, read from the versions it follows."""
    protocols = [one.protocol for one in _line(version)]
    found = provenance(protocols)
    return {
        component.id: Life(
            tuple(Passage(step.version, in_words(step), step.credits) for step in found[component.id, None]),
            _proposals(component.sources),
        )
        for component in protocols[-1].components
    }


def histories(version: ProtocolVersion) -> dict[str, Any]:
    """One line on the life of each parameter and marker (by component, then identifier) and requirement (by
    identifier); nothing when the version is the first: all came with it."""
    protocols = [one.protocol for one in _line(version)]
    if len(protocols) < 2:
        return {}
    found: dict[str, Any] = {"parameters": {}, "markers": {}, "requirements": {}}
    for (component, parameter), steps in provenance(protocols).items():
        if parameter is not None:
            found["parameters"].setdefault(component, {})[parameter] = _in_one_line(steps)
    for (section, component, id), steps in clauses_provenance(protocols).items():
        held = found[section].setdefault(component, {}) if component else found[section]
        held[id] = _in_one_line(steps)
    return found


def _in_one_line(steps: tuple[Step, ...]) -> str:
    first = _("depuis la version %(version)s") % {"version": steps[0].version}
    later = [f"{step.version}\N{NO-BREAK SPACE}: {in_words(step)}" for step in steps[1:]]
    return " ; ".join([first, *later])


def _line(version: ProtocolVersion) -> list[ProtocolVersion]:
    """The version and all those it follows, the first one first; one query."""
    known = {one.pk: one for one in ProtocolVersion.objects.filter(programme=version.programme_id)}
    line = [version]
    while line[0].base_id:
        line.insert(0, known[line[0].base_id])
    return line


def _proposals(sources: tuple[str, ...]) -> tuple[int, ...]:
    marks = (id.removeprefix(MARK) for id in sources if id.startswith(MARK))
    return tuple(int(number) for number in marks if number.isdigit())


def in_words(step: Step) -> str:
    """What a version did to a component, in a few words."""
    origins = listed([f"«\N{NO-BREAK SPACE}{title}\N{NO-BREAK SPACE}»" for title in step.origins], _("et"))
    fields = listed([_(FIELDS.get(name, name)) for name in step.fields], _("et"))
    words = {
        "introduced": _("introduit"),
        "changed": _("change : %(fields)s") % {"fields": fields} if fields else _("repris"),
        "renamed": _("s’appelait %(origins)s") % {"origins": origins},
        "moved": _("déplacé depuis %(origins)s") % {"origins": origins},
        "split": _("détaché de %(origins)s") % {"origins": origins},
        "merged": _("réunit aussi %(origins)s") % {"origins": origins},
    }[step.kind]
    if fields and step.kind != "changed":
        words += " ; " + _("change : %(fields)s") % {"fields": fields}
    return words
