"""Public records of draws, as files."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from essaim.rollout.errors import RolloutError


def read_record(path: Path) -> Mapping[str, Any]:
    """The record of a draw, or its inputs; raises ``RolloutError`` when the file is not one."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RolloutError(f"{path.name} n’est pas un procès-verbal JSON ({error}).") from error
    if not isinstance(record, dict):
        raise RolloutError(f"{path.name} n’est pas un procès-verbal : un objet JSON est attendu.")
    return record
