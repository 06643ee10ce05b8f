"""The published schemas are those of the code, and the examples follow them."""

import json
from dataclasses import is_dataclass
from pathlib import Path
from typing import get_args, get_origin

import pytest
from jsonschema import Draft202012Validator

from essaim.protocol import files
from essaim.protocol.adaptation import check_adaptation, load_adaptation
from essaim.protocol.codec import hints, optional
from essaim.protocol.merge import upgrade
from essaim.protocol.report import upgrade_document
from essaim.protocol.schema import DOCUMENTS, schema, text
from essaim.protocol.yamltext import read_yaml
from tests.protocol import cases

DOCS = Path(__file__).parents[2] / "docs" / "schemas"
EXAMPLES = {
    "protocol-every-field.yaml": "protocol",
    "adaptation-every-field.yaml": "adaptation",
    "protocol-1.0.0.yaml": "protocol",
    "protocol-2.0.0.yaml": "protocol",
    "adaptation.yaml": "adaptation",
    "upgrade.json": "upgrade",
    "recurrence.json": "recurrence",
}


def complaints(name, data):
    return [error.message for error in Draft202012Validator(schema(name)).iter_errors(data)]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_published_schema_is_the_one_of_the_code(name):
    assert (DOCS / f"{name}.schema.json").read_text(encoding="utf-8") == text(name)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_schema_is_a_schema(name):
    Draft202012Validator.check_schema(schema(name))


def test_every_example_is_listed_here():
    assert {path.name for path in (DOCS / "examples").iterdir()} == set(EXAMPLES)


@pytest.mark.parametrize("file", EXAMPLES)
def test_the_example_follows_its_schema(file):
    data = read_yaml((DOCS / "examples" / file).read_bytes()).data
    assert complaints(EXAMPLES[file], data) == []


def fields_used(cls, data):
    """(class, field) of everything that ``data`` fills in, at any depth."""
    for name, hint in hints(cls).items():
        if name in data:
            yield cls.__name__, name
            kept = optional(hint)
            inner = get_args(kept)[0] if get_origin(kept) is tuple else kept
            if is_dataclass(inner):
                for one in data[name] if isinstance(data[name], list) else [data[name]]:
                    yield from fields_used(inner, one)


def fields_known(cls):
    for name, hint in hints(cls).items():
        yield cls.__name__, name
        kept = optional(hint)
        inner = get_args(kept)[0] if get_origin(kept) is tuple else kept
        if is_dataclass(inner):
            yield from fields_known(inner)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_field_of_a_schema_is_filled_in_somewhere(name):
    """Those who generate documents find each field once, if need be in the example of another format."""
    read = {file: read_yaml((DOCS / "examples" / file).read_bytes()).data for file in EXAMPLES}
    used = {pair for file, kind in EXAMPLES.items() for pair in fields_used(DOCUMENTS[kind], read[file])}
    assert set(fields_known(DOCUMENTS[name])) - used == set()


def test_the_complete_example_is_valid_and_so_is_its_adaptation():
    protocol = files.load(DOCS / "examples" / "protocol-every-field.yaml")
    site = load_adaptation(DOCS / "examples" / "adaptation-every-field.yaml")
    assert check_adaptation(site, protocol) == ()


def test_the_examples_are_one_upgrade():
    base, new = (files.load(DOCS / "examples" / f"protocol-{n}.0.0.yaml") for n in (1, 2))
    site = load_adaptation(DOCS / "examples" / "adaptation.yaml")
    assert check_adaptation(site, base) == ()
    published = json.loads((DOCS / "examples" / "upgrade.json").read_text(encoding="utf-8"))
    assert upgrade_document(upgrade(base, new, site)).to_dict() == published


def test_the_schema_refuses_a_bound_of_another_type():
    data = cases.protocol(cases.component("c", cases.duration())).to_dict()
    assert complaints("protocol", data) == []
    data["components"][0]["parameters"][0]["max_items"] = 2
    assert complaints("protocol", data)


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[2] / "programmes").glob("*/protocol.yaml")), ids=str
)
def test_the_protocols_of_the_programmes_follow_the_schema(path):
    assert complaints("protocol", files.load(path).to_dict()) == []
