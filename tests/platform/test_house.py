"""The house stays in order: what a domain may import from another, what services may not do."""

import ast
import re
import tomllib
from pathlib import Path

import essaim.platform
from essaim.platform.settings import base

PLATFORM = Path(essaim.platform.__file__).parent
OPEN_TO_OTHERS = {"services", "permissions"}


def _imports(path: Path) -> list[str]:
    """Modules imported at run time (imports for type checking only are not arrows)."""
    tree = ast.parse(path.read_text())
    typing_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for node in ast.walk(block)
    }
    found = []
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
    return found


def test_a_domain_reaches_another_only_through_services_and_permissions() -> None:
    reached = []
    for domain in base.DOMAINS:
        for path in (PLATFORM / domain).glob("*.py"):
            for name in _imports(path):
                found = re.match(r"essaim\.platform\.(\w+)\.(\w+)", name)
                if (
                    found
                    and found[1] in base.DOMAINS
                    and found[1] != domain
                    and found[2].split("_")[0] not in OPEN_TO_OTHERS
                ):
                    reached.append(f"{path.relative_to(PLATFORM)} → {name}")
    assert reached == []


def test_every_core_package_is_under_the_import_contract() -> None:
    contract = tomllib.loads((PLATFORM.parents[2] / "pyproject.toml").read_text())["tool"]["importlinter"]
    listed = set(contract["contracts"][0]["source_modules"])
    core = {
        f"essaim.{path.parent.name}"
        for path in PLATFORM.parent.glob("*/__init__.py")
        if path.parent.name not in {"platform", "cli", "examples"}
    }
    modules = {f"essaim.{path.stem}" for path in PLATFORM.parent.glob("*.py") if path.stem != "__init__"}
    assert core | modules == listed


def test_every_domain_has_one_services_module_and_its_rights() -> None:
    for domain in base.DOMAINS:
        if (PLATFORM / domain / "models.py").exists():
            assert (PLATFORM / domain / "services.py").exists(), domain


NO_TRACE_WANTED = {
    "background/recovery.py": "the signs of life of a worker are nobody's words",
    "programmes/network_upgrade.py": "forecasts that a machine computes and a person reads; sites are written traced",
    "transfer/services.py": "only the dates that Django stamps, just after a traced save",
}


def test_no_write_bypasses_the_trace() -> None:
    """``.update()`` and bulk writes send no signal, so they would leave no trace."""
    bypasses = re.compile(r"\.(bulk_create|bulk_update)\(|(objects|_manager)\b[^\n]*\.update\(")
    found = {
        str(path.relative_to(PLATFORM))
        for path in PLATFORM.rglob("*.py")
        if "migrations" not in path.parts and bypasses.search(path.read_text())
    }
    assert found == NO_TRACE_WANTED.keys()
