"""The same upgrades by three tools: ours, ``git merge-file`` on the YAML, dictdiffer's three-way merge of the JSON.

``uv run --group peers python bench/merge_peers.py [merges] [seed]`` (default 2000, 1). Each case draws a protocol,
a later version a few edits away, and a site a few decisions away. What became of every clause is known because
the case made it, not because a tool says so. The two others see the site as people do without Essaim: a copy of
the document edited by hand; for dictdiffer, lists are turned into objects keyed by identifier, which helps it.

A decision *must* be disputed when both sides changed the same clause differently, and *may* be when the version
removed, shared out, merged or (for what the site does not do) edited its component. For each tool:
- false conflict: it stops on a merge in which no decision must or may be disputed;
- silent loss: it ends cleanly and a decision is neither in its result nor named anywhere;
- missed: it ends cleanly although both sides had changed the same clause;
- broken: it ends cleanly on a document that cannot be read, or it fails.
"""

import copy
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dictdiffer
from dictdiffer.merge import Merger, UnresolvedConflictsException

from essaim.protocol.adaptation import Adaptation, Decision, Frame
from essaim.protocol.codec import decode, encode
from essaim.protocol.document import Component, Protocol
from essaim.protocol.lineage import with_lineage
from essaim.protocol.merge import upgrade
from essaim.protocol.yamltext import read_yaml

COMPONENTS, PARAMETERS = 12, 2
FRAME = Frame(
    what="content",
    when="implementation",
    planning="planned_reactive",
    decided_by=("team",),
    level="organisation",
    nature=("tailoring",),
    reasons=("organisation_time",),
    fidelity="consistent",
)
Json = dict[str, Any]


@dataclass
class Case:
    """Documents as plain data, and the truth: where each clause of the base went, and what was changed."""

    base: Json
    new: Json
    components: dict[str, str | None] = field(default_factory=dict)
    """Base component → where it is; ``None`` once removed, shared out or merged."""
    parameters: dict[tuple[str, str], tuple[str, str] | None] = field(default_factory=dict)
    forms: set[str] = field(default_factory=set)
    edited: set[str] = field(default_factory=set)
    decisions: list[Decision] = field(default_factory=list)

    def at(self, id: str) -> Json:
        return next(c for c in self.new["components"] if c["id"] == id)


def parameter(name: str) -> Json:
    return {
        "id": name,
        "label": f"Réglage {name}",
        "type": "duration",
        "unit": "mois",
        "min": 6,
        "max": 60,
        "default": 24,
    }


def component(id: str) -> Json:
    return {
        "id": id,
        "kind": "adaptable",
        "title": f"Titre de {id}",
        "function": f"Fonction de {id}",
        "form": f"Forme de {id}",
        "sources": ["s"],
        "parameters": [parameter(f"{id}-p{j}") for j in range(PARAMETERS)],
    }


def draw(rng: random.Random) -> Case:
    base: Json = {
        "format": "essaim/protocol/1",
        "id": "cas",
        "version": "1.0.0",
        "title": "Cas",
        "essence": {"for_whom": "tous", "why": "mesurer", "sources": ["s"]},
        "sources": [{"id": "s", "title": "Source"}],
        "components": [component(f"c{i}") for i in range(COMPONENTS)],
    }
    case = Case(base, copy.deepcopy(base) | {"version": "2.0.0"})
    for one in base["components"]:
        case.components[one["id"]] = one["id"]
        for p in one["parameters"]:
            case.parameters[one["id"], p["id"]] = (one["id"], p["id"])
    for n in range(rng.randint(2, 6)):
        rng.choice(EDITS)(case, rng, f"n{n}")
    decide(case, rng)
    return case


def living(case: Case, rng: random.Random) -> str | None:
    """A component of the base that is still itself in the new version."""
    ids = [id for id, later in case.components.items() if later is not None]
    return rng.choice(ids) if ids else None


def edit_text(case: Case, rng: random.Random, name: str) -> None:
    if id := living(case, rng):
        key = rng.choice(["title", "evidence", "form", "form"])
        case.at(str(case.components[id]))[key] = f"Nouveau texte {name}"
        case.edited.add(id)
        if key == "form":
            case.forms.add(id)


def edit_default(case: Case, rng: random.Random, name: str) -> None:
    place = rng.choice([later for later in case.parameters.values() if later])
    target = next(p for p in case.at(place[0])["parameters"] if p["id"] == place[1])
    target["default"] = rng.choice([18, 30, 36])
    case.edited |= {id for id, later in case.components.items() if later == place[0]}


def edit_label(case: Case, rng: random.Random, name: str) -> None:
    place = rng.choice([later for later in case.parameters.values() if later])
    next(p for p in case.at(place[0])["parameters"] if p["id"] == place[1])["label"] = f"Intitulé {name}"
    case.edited |= {id for id, later in case.components.items() if later == place[0]}


def rename(case: Case, rng: random.Random, name: str) -> None:
    if id := living(case, rng):
        own = case.at(str(case.components[id]))
        own["replaces"] = [id]
        relocate(case, own["id"], name)
        own["id"] = case.components[id] = name


def relocate(case: Case, old: str, new: str | None) -> None:
    """Every parameter that was in ``old`` is now in ``new``, or nowhere."""
    for origin, later in case.parameters.items():
        if later and later[0] == old:
            case.parameters[origin] = (new, later[1]) if new else None


def reorder(case: Case, rng: random.Random, name: str) -> None:
    listed = case.new["components"]
    listed.insert(rng.randrange(len(listed)), listed.pop(rng.randrange(len(listed))))


def move(case: Case, rng: random.Random, name: str) -> None:
    homes = [c for c in case.new["components"] if c["parameters"]]
    if not homes or len(case.new["components"]) < 2:
        return
    home = rng.choice(homes)
    away = rng.choice([c for c in case.new["components"] if c is not home])
    moved = home["parameters"].pop()
    away["parameters"].append(moved)
    for origin, later in case.parameters.items():
        if later == (home["id"], moved["id"]):
            case.parameters[origin] = (away["id"], moved["id"])
            moved["moved_from"] = ["/".join(origin)]
    case.edited |= {id for id, later in case.components.items() if later in (home["id"], away["id"])}


def remove(case: Case, rng: random.Random, name: str) -> None:
    if id := living(case, rng):
        case.new["components"].remove(case.at(str(case.components[id])))
        relocate(case, str(case.components[id]), None)
        case.components[id] = None


def split(case: Case, rng: random.Random, name: str) -> None:
    if id := living(case, rng):
        own = case.at(str(case.components[id]))
        parts = [
            component(f"{name}{x}") | {"split_from": [id], "parameters": own["parameters"][k::2]}
            for k, x in enumerate("ab")
        ]
        index = case.new["components"].index(own)
        case.new["components"][index : index + 1] = parts
        for origin, later in case.parameters.items():
            if later and later[0] == own["id"]:
                part = next(c for c in parts if any(p["id"] == later[1] for p in c["parameters"]))
                case.parameters[origin] = (part["id"], later[1])
        case.components[id] = None


def merge(case: Case, rng: random.Random, name: str) -> None:
    one, other = living(case, rng), living(case, rng)
    if one and other and one != other:
        left, right = case.at(str(case.components[one])), case.at(str(case.components[other]))
        whole = component(name) | {
            "merged_from": [one, other],
            "parameters": left["parameters"] + right["parameters"],
        }
        case.new["components"][case.new["components"].index(left)] = whole
        case.new["components"].remove(right)
        relocate(case, left["id"], name)
        relocate(case, right["id"], name)
        case.components[one] = case.components[other] = None


def add(case: Case, rng: random.Random, name: str) -> None:
    case.new["components"].insert(rng.randrange(len(case.new["components"]) + 1), component(name))


EDITS = [
    edit_text,
    edit_text,
    edit_text,
    edit_default,
    edit_default,
    edit_label,
    rename,
    reorder,
    move,
    remove,
    split,
    merge,
    add,
]


def decide(case: Case, rng: random.Random) -> None:
    """Three to eight decisions: values, local forms, components not done, components added."""
    for id in rng.sample([c["id"] for c in case.base["components"]], rng.randint(3, 8)):
        kind = rng.choice(["value", "value", "value", "form", "form", "not_done"])
        common: Json = {"id": f"d-{id}", "component": id, "frame": FRAME}
        if kind == "value":
            value = rng.choice([12, 18, 36, 48])
            case.decisions.append(Decision(parameter=f"{id}-p0", status="adapted", value=value, **common))
        elif kind == "form":
            case.decisions.append(Decision(status="adapted", form=f"Chez nous, {id} autrement", **common))
        else:
            case.decisions.append(Decision(status="not_done", **common))
    if rng.random() < 0.5:
        own = decode(Component, component("local") | {"form": "Notre apport", "parameters": []})
        case.decisions.append(
            Decision(id="d-local", component="local", status="added", addition=own, frame=FRAME)
        )


def must(case: Case, decision: Decision) -> bool:
    """Whether both sides changed the clause, differently."""
    if decision.status != "adapted":
        return False
    if decision.parameter is None:
        return case.components[decision.component] is not None and decision.component in case.forms
    later = case.parameters[decision.component, decision.parameter]
    return later is not None and default(case.new, later) not in (24, decision.value)


def may(case: Case, decision: Decision) -> bool:
    """Whether the clause went away, or the version edited what the site does not do."""
    if decision.status == "added":
        return False
    if decision.parameter is not None:
        return case.parameters[decision.component, decision.parameter] is None
    gone = case.components[decision.component] is None
    return gone or (decision.status == "not_done" and decision.component in case.edited)


def default(document: Json, place: tuple[str, str]) -> Any:
    for one in document["components"]:
        for p in one.get("parameters", []):
            if (one["id"], p["id"]) == place:
                return p.get("default")
    return None


def local_copy(case: Case) -> Json:
    """The base as a site edits it by hand to say its decisions."""
    mine = copy.deepcopy(case.base)
    listed = {c["id"]: c for c in mine["components"]}
    for d in case.decisions:
        if d.status == "not_done":
            mine["components"].remove(listed[d.component])
        elif d.addition is not None:
            mine["components"].append(encode(d.addition))
        elif d.parameter is not None:
            next(p for p in listed[d.component]["parameters"] if p["id"] == d.parameter)["default"] = d.value
        else:
            listed[d.component]["form"] = d.form
    return mine


def survives(case: Case, decision: Decision, merged: Json) -> bool:
    """Whether a clean result still says what the site decided."""
    present = {c["id"]: c for c in merged["components"]}
    if decision.addition is not None:
        return present.get("local", {}).get("form") == decision.addition.form
    if decision.parameter is not None:
        later = case.parameters[decision.component, decision.parameter]
        return later is not None and default(merged, later) == decision.value
    if decision.status == "not_done":
        later_id = case.components[decision.component]
        return later_id is None or later_id not in present
    return any(c.get("form") == decision.form for c in present.values())


@dataclass
class Outcome:
    """``stopped``: the tool asked for a person; ``lost``: decisions neither kept nor named; ``broken``: unusable."""

    stopped: bool
    lost: int = 0
    broken: bool = False


def ours(case: Case) -> Outcome:
    base = Protocol.from_dict(case.base)
    new = with_lineage(base, Protocol.from_dict(case.new))
    site = Adaptation(
        format="essaim/adaptation/1",
        protocol="cas",
        version="1.0.0",
        site="site",
        decisions=tuple(case.decisions),
    )
    done = upgrade(base, new, site)
    named = {r.decision.id for r in done.retired} | {d.id for c in done.conflicts for d in c.decisions}
    settled = {d.id: d for d in done.result.decisions}
    lost = 0
    for decision in case.decisions:
        after = settled.get(decision.id)
        if after is None:
            lost += decision.id not in named
        else:
            lost += not _still_says(case, decision, after)
    return Outcome(bool(done.conflicts), lost)


def _still_says(case: Case, before: Decision, after: Decision) -> bool:
    if (before.value, before.form, before.status) != (after.value, after.form, after.status):
        return False
    if before.parameter is not None:
        return after.place == case.parameters[before.component, before.parameter]
    return before.status == "added" or after.component == case.components[before.component]


def git(case: Case) -> Outcome:
    """``git merge-file`` on the three YAML texts."""
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for name, document in (("site", local_copy(case)), ("base", case.base), ("new", case.new)):
            names.append(str(Path(folder, name)))
            Path(names[-1]).write_text("\n".join(yaml_lines(document)) + "\n", encoding="utf-8")
        run = subprocess.run(["git", "merge-file", "-p", *names], capture_output=True, check=False)
    if run.returncode:
        return Outcome(True)
    merged = read_yaml(run.stdout).data
    return judged(case, merged) if well_formed(merged) else Outcome(False, broken=True)


def well_formed(merged: Any) -> bool:
    """Readable, with identifiers used once: what any program that reads the document needs."""
    if merged is None:
        return False
    ids = [c.get("id") for c in merged["components"]]
    return len(set(ids)) == len(ids) and None not in ids


def yaml_lines(value: Any, indent: str = "") -> list[str]:
    """Block YAML, texts quoted: one line a field, as people lay it out."""
    lines = []
    pairs = value.items() if isinstance(value, dict) else ((None, item) for item in value)
    for key, item in pairs:
        head = f"{indent}- " if key is None else f"{indent}{key}: "
        if isinstance(item, dict | list) and item:
            inner = yaml_lines(item, indent + "  ")
            if key is None:
                lines += [head + inner[0].lstrip(), *inner[1:]]
            else:
                lines += [head.rstrip(), *inner]
        else:
            lines.append(head + json.dumps(item, ensure_ascii=False))
    return lines


def judged(case: Case, merged: Json) -> Outcome:
    checked = [d for d in case.decisions if not must(case, d)]
    return Outcome(False, sum(not survives(case, d, merged) for d in checked))


def keyed(document: Json) -> Json:
    """Lists of items with identifiers as objects."""
    return {
        key: {item["id"]: keyed(item) for item in value} if key in ("components", "parameters") else value
        for key, value in document.items()
    }


def unkeyed(document: Json) -> Json:
    components = [
        {
            **one,
            "id": id,
            "parameters": [{**p, "id": name} for name, p in (one.get("parameters") or {}).items()],
        }
        for id, one in document["components"].items()
    ]
    return {**document, "components": components}


def generic(case: Case) -> Outcome:
    """dictdiffer's merge of the three JSON documents."""
    base, mine, new = (keyed(one) for one in (case.base, local_copy(case), case.new))
    merger = Merger(base, mine, new, {})
    try:
        merger.run()
        merged = dictdiffer.patch(merger.unified_patches, copy.deepcopy(base))
        document = unkeyed(merged)
    except UnresolvedConflictsException:
        return Outcome(True)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return Outcome(False, broken=True)
    return judged(case, document)


TOOLS = {"essaim": ours, "git merge-file": git, "dictdiffer": generic}


def main(count: int, seed: int) -> None:
    rng = random.Random(seed)
    tally: dict[str, Counter[str]] = {name: Counter() for name in TOOLS}
    kinds: Counter[str] = Counter()
    for _ in range(count):
        case = draw(rng)
        due = any(must(case, d) for d in case.decisions)
        idle = not due and not any(may(case, d) for d in case.decisions)
        kinds["due" if due else "idle" if idle else "open"] += 1
        for name, tool in TOOLS.items():
            outcome = tool(case)
            tally[name]["stopped"] += outcome.stopped
            tally[name]["false conflict"] += outcome.stopped and idle
            tally[name]["silent loss"] += outcome.lost > 0
            tally[name]["missed"] += not outcome.stopped and not outcome.broken and due
            tally[name]["broken"] += outcome.broken
    print(
        f"{count} merges: {kinds['due']} with a clash, {kinds['open']} with something gone, "
        f"{kinds['idle']} with neither"
    )
    columns = ("stopped", "false conflict", "silent loss", "missed", "broken")
    print(f"{'':16}" + "".join(f"{column:>16}" for column in columns))
    for name, counts in tally.items():
        print(f"{name:16}" + "".join(f"{counts[column]:>16}" for column in columns))


if __name__ == "__main__":
    arguments = [int(arg) for arg in sys.argv[1:]]
    main(*(arguments + [2_000, 1][len(arguments) :]))
