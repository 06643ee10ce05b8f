"""An independent check of upgrades: says what a merge lost, altered, let pass or disputed without cause.

It works on the published JSON documents alone and shares no code with :mod:`essaim.protocol.merge`, so that it
can judge any program that writes them.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

Document = Mapping[str, Any]


def audit(base: Document, new: Document, site: Document, outcome: Document) -> tuple[str, ...]:
    """Complaints (in French) about ``outcome``, an upgrade document for ``site`` from ``base`` to ``new``.

    Args:
        base, new: protocol documents. site: the adaptation on ``base``. outcome: the upgrade document.

    Returns:
        Nothing when every decision is accounted for once, unaltered, allowed and where it should be.
    """
    case = _Case(base, new, site, outcome)
    return tuple(complaint for check in _CHECKS for complaint in check(case))


class _Case:
    def __init__(self, base: Document, new: Document, site: Document, outcome: Document) -> None:
        self.base, self.new, self.site, self.outcome = base, new, site, outcome
        self.before = {c["id"]: c for c in base.get("components", [])}
        self.after = {c["id"]: c for c in new.get("components", [])}
        self.decisions = {d["id"]: d for d in site.get("decisions", [])}
        self.settled: list[Document] = outcome["result"].get("decisions", [])
        self.disputed = [d for c in outcome.get("conflicts", []) for d in c["decisions"]]
        self.retired = outcome.get("retired", [])
        self.types = set(site.get("territory_types", []))


def _accounted(case: _Case) -> Iterator[str]:
    """Each decision ends once: in the result, in a conflict, or among those that no longer apply."""
    places = [d["id"] for d in (*case.settled, *case.disputed, *(r["decision"] for r in case.retired))]
    found = Counter(places)
    for id in case.decisions:
        if found[id] == 0:
            yield f"la décision « {id} » a disparu"
        elif found[id] > 1:
            yield f"la décision « {id} » figure {found[id]} fois"
    for id in found:
        if id not in case.decisions:
            yield f"la décision « {id} » n’est pas du site"


def _unaltered(case: _Case) -> Iterator[str]:
    """What the site decided is not rewritten; only the place of a settled decision may change."""
    for after in case.settled:
        before = case.decisions.get(after["id"])
        if before is not None and _substance(before) != _substance(after):
            yield f"la décision « {after['id']} » a été réécrite"
    for after in (*case.disputed, *(r["decision"] for r in case.retired)):
        if after["id"] in case.decisions and dict(after) != dict(case.decisions[after["id"]]):
            yield f"la décision « {after['id']} » a été réécrite"


def _substance(decision: Document) -> dict[str, Any]:
    rest = {
        key: value for key, value in decision.items() if key not in ("component", "parameter", "addition")
    }
    if "addition" in decision:
        rest["addition"] = {key: value for key, value in decision["addition"].items() if key != "id"}
    return rest


def _header(case: _Case) -> Iterator[str]:
    result = case.outcome["result"]
    if (result["protocol"], result["version"]) != (case.new["id"], case.new["version"]):
        yield "le résultat ne porte pas sur la nouvelle version"
    for key in ("site", "territory_types", "revision", "previous"):
        if result.get(key) != case.site.get(key):
            yield f"le résultat change « {key} »"


def _placed(case: _Case) -> Iterator[str]:
    """A settled decision bears on something of the new version that is, or comes from, what it bore on."""
    seen = Counter((d["component"], d.get("parameter")) for d in case.settled)
    for place, count in seen.items():
        if count > 1:
            yield f"{count} décisions sur {place}"
    for after in case.settled:
        before = case.decisions.get(after["id"])
        if before is None or after["status"] == "added":
            continue
        component = case.after.get(after["component"])
        if component is None:
            yield f"« {after['id']} » porte sur un composant absent"
            continue
        name = after.get("parameter")
        parameter = _find(component, name)
        if name is not None and parameter is None:
            yield f"« {after['id']} » porte sur un paramètre absent"
        elif not _descends(before, component, parameter):
            yield f"« {after['id']} » a été déplacée sans filiation"


def _find(component: Document, name: str | None) -> Document | None:
    return next((p for p in component.get("parameters", []) if p["id"] == name), None)


def _family(component: Document) -> set[str]:
    names = {component["id"]}
    for key in ("replaces", "split_from", "merged_from"):
        names.update(component.get(key, []))
    return names


def _descends(before: Document, component: Document, parameter: Document | None) -> bool:
    if parameter is None:
        return before["component"] in _family(component)
    if f"{before['component']}/{before.get('parameter')}" in parameter.get("moved_from", []):
        return True
    names = {parameter["id"], *parameter.get("replaces", [])}
    return before["component"] in _family(component) and before.get("parameter") in names


def _allowed(case: _Case) -> Iterator[str]:
    """No settled decision is outside the latitude of the new version without a derogation."""
    for decision in case.settled:
        derogation = decision.get("derogation", {}).get("state")
        if derogation in ("requested", "granted"):
            continue
        component = case.after.get(decision["component"], {})
        parameter = _find(component, decision.get("parameter")) if component else None
        if decision["status"] == "adapted" and parameter is not None:
            if not _within(case.new, case.types, component["id"], parameter, decision.get("value")):
                yield f"« {decision['id']} » sort de la latitude"
        elif component.get("kind") == "core" and _against_core(decision):
            yield f"« {decision['id']} » touche un composant du cœur"


def _against_core(decision: Document) -> bool:
    if decision["status"] == "not_done":
        return True
    faithful = decision.get("frame", {}).get("fidelity") == "consistent"
    return decision["status"] == "adapted" and not decision.get("parameter") and not faithful


def _changes(protocol: Document, types: set[str], component: str, name: str) -> Iterator[Document]:
    for variant in protocol.get("variants", []):
        if types & set(variant["territory_types"]):
            for change in variant.get("changes", []):
                if (change["component"], change["parameter"]) == (component, name):
                    yield change


def _within(protocol: Document, types: set[str], component: str, parameter: Document, value: Any) -> bool:
    """Whether a value is allowed: by the parameter, or by every variant that applies."""
    changes = list(_changes(protocol, types, component, parameter["id"]))
    return all(_fits({**parameter, **change}, parameter, value) for change in changes or [{}])


def _fits(rule: Document, parameter: Document, value: Any) -> bool:
    kind = parameter["type"]
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "text":
        return isinstance(value, str) and len(value) <= rule.get("max_length", len(value))
    options = [o if isinstance(o, str) else o["id"] for o in rule.get("options", [])]
    if kind == "choice":
        return isinstance(value, str) and value in options
    if kind == "set":
        if not isinstance(value, list) or len(set(value)) != len(value):
            return False
        few, many = rule.get("min_items", 0), rule.get("max_items", len(value))
        return set(value) <= set(options) and few <= len(value) <= many
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if not rule.get("min", value) <= value <= rule.get("max", value):
        return False
    step, start = parameter.get("step"), parameter.get("min", 0)
    return not step or (Fraction(str(value)) - Fraction(str(start))) % Fraction(str(step)) == 0


def _default(protocol: Document, types: set[str], component: str, parameter: Document) -> Any:
    stated = [parameter.get("default")]
    stated += [c["default"] for c in _changes(protocol, types, component, parameter["id"]) if "default" in c]
    value = stated[-1]
    return sorted(value) if isinstance(value, list) else value


def _disputed_when_both_moved(case: _Case) -> Iterator[str]:
    """Where the protocol and the site changed the same thing differently, a person decides."""
    for after in case.settled:
        before = case.decisions.get(after["id"])
        old = case.before.get(before["component"]) if before else None
        new = case.after.get(after["component"])
        if before is None or old is None or new is None or after["status"] in ("kept", "added"):
            continue
        if before.get("parameter") is None:
            if _text_clash(after, old, new):
                yield f"« {after['id']} » : le protocole et le site ont changé « {old['id']} », sans conflit"
        elif _value_clash(case, before, after, old, new):
            yield f"« {after['id']} » : le paramètre a changé des deux côtés, sans conflit"


def _text_clash(decision: Document, old: Document, new: Document) -> bool:
    reason_changed: bool = old["function"] != new["function"]
    if decision["status"] == "not_done":
        return reason_changed
    form: str = new.get("form", "")
    return decision.get("form") != form and (reason_changed or old.get("form", "") != form)


def _value_clash(case: _Case, before: Document, after: Document, old: Document, new: Document) -> bool:
    was, now = _find(old, before["parameter"]), _find(new, after.get("parameter"))
    if was is None or now is None:
        return False
    if any(was.get(key, "") != now.get(key, "") for key in ("type", "unit")):
        return True
    value = after.get("value")
    value = sorted(value) if isinstance(value, list) else value
    then = _default(case.base, case.types, old["id"], was)
    latest = _default(case.new, case.types, new["id"], now)
    return bool(then != latest and value != latest)


def _retired_rightly(case: _Case) -> Iterator[str]:
    """A decision does not stop applying while what it bears on is still there, alone of its line."""
    kept = [d for d in case.settled if d["status"] == "kept"]
    for item in case.retired:
        decision = item["decision"]
        id, name = decision["component"], decision.get("parameter")
        old, new = case.before.get(id), case.after.get(id)
        relatives = [c for c in case.new.get("components", []) if id in _family(c)]
        if old is None or new is None or len(relatives) > 1:
            continue
        if name is not None and (_find(old, name) is None or _find(new, name) is None):
            continue
        if name is not None and _moved_copies(case, f"{id}/{name}"):
            continue
        if decision["status"] == "kept" and any(
            (d["component"], d.get("parameter")) == (id, name) for d in kept
        ):
            continue
        yield f"« {decision['id']} » est donnée pour caduque, mais « {id} » est toujours là"


def _moved_copies(case: _Case, address: str) -> bool:
    return any(
        address in parameter.get("moved_from", [])
        for component in case.new.get("components", [])
        for parameter in component.get("parameters", [])
    )


def _disputed_with_cause(case: _Case) -> Iterator[str]:
    """Nothing is put to a person when neither the component nor the rules about it moved."""
    if case.base.get("variants") != case.new.get("variants"):
        return
    for conflict in case.outcome.get("conflicts", []):
        if len(conflict["decisions"]) != 1 or conflict["kind"] in ("outside_latitude", "not_permitted"):
            continue
        id = conflict["decisions"][0]["component"]
        relatives = [c for c in case.new.get("components", []) if id in _family(c)]
        if len(relatives) == 1 and relatives[0] == case.before.get(id):
            yield f"conflit sans cause sur « {id} »"


_CHECKS = (
    _accounted,
    _unaltered,
    _header,
    _placed,
    _allowed,
    _disputed_when_both_moved,
    _retired_rightly,
    _disputed_with_cause,
)
