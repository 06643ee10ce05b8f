"""Public records of draws, as files."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from essaim.rollout.errors import RolloutError


def where_json_breaks(error: Exception) -> str:
    """« (ligne 1, colonne 1) », where a text stops being JSON; nothing when that is not known."""
    if not isinstance(error, json.JSONDecodeError):
        return ""
    return f" (ligne {error.lineno}, colonne {error.colno})"


def read_record(path: Path) -> Mapping[str, Any]:
    """The record of a draw, or its inputs; raises ``RolloutError`` when the file is not one."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise RolloutError(
            f"{path.name} n’est pas un procès-verbal JSON{where_json_breaks(error)}."
        ) from error
    if not isinstance(record, dict):
        raise RolloutError(f"{path.name} n’est pas un procès-verbal : un objet JSON est attendu.")
    return record
