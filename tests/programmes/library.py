"""The files of ``programmes/`` as the tests read them."""

import csv
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from essaim.protocol import Protocol
from essaim.protocol.files import load

ROOT = Path(__file__).parents[2] / "programmes"

SLUGS = (
    "seve-emploi",
    "groupements-de-createurs",
    "acor",
    "vita-air",
    "tapaj",
    "fermes-emmaus",
    "convergence",
    "impact-jeunes",
    "innolab",
    "tzcld",
    "cites-de-l-emploi",
    "cent-pour-cent-inclusion",
    "ais-emploi",
)

SITE_COLUMNS = [
    "name",
    "structure",
    "commune_code",
    "departement",
    "opened_on",
    "closed_on",
    "status",
    "source",
    "note",
]


@functools.cache
def protocol(slug: str) -> Protocol:
    return load(ROOT / slug / "protocol.yaml")


@functools.cache
def document(name: str) -> Any:
    """A YAML file of ``programmes/`` as plain data, for instance ``tapaj/programme`` or ``frames``."""
    return yaml.safe_load((ROOT / f"{name}.yaml").read_text(encoding="utf-8"))


@functools.cache
def sites(slug: str) -> list[dict[str, str]]:
    with (ROOT / slug / "sites.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def source_ids(slug: str) -> set[str]:
    return {source.id for source in protocol(slug).sources}


def texts(data: Any) -> Iterator[str]:
    """Every text inside plain data, identifiers and addresses left out."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key not in ("url", "id", "slug"):
                yield from texts(value)
    elif isinstance(data, list):
        for item in data:
            yield from texts(item)
    elif isinstance(data, str):
        yield data


def every(data: Any, key: str) -> Iterator[Any]:
    """Every value named ``key`` inside plain data."""
    if isinstance(data, dict):
        for name, value in data.items():
            if name == key:
                yield value
            yield from every(value, key)
    elif isinstance(data, list):
        for item in data:
            yield from every(item, key)
