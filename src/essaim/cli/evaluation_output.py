"""What ``essaim panel`` and ``essaim evaluate`` share: errors people can act on, files in and out."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
import polars as pl

from essaim.evaluation.errors import EvaluationError
from essaim.opendata.safety import UnsafeFile, neutralise_formula
from essaim.rollout.errors import RolloutError


@contextmanager
def readable_errors() -> Iterator[None]:
    """Turn the errors of data into a French message and exit code 1: the data says no."""
    try:
        yield
    except UnsafeFile as error:
        where = f"Ligne {error.row} : " if error.row else ""
        _stop(f"{where}{error.message} {error.mend}")
    except EvaluationError as error:
        _stop(f"{error} (option : {error.option})" if error.option else str(error))
    except RolloutError as error:
        _stop(str(error))


def _stop(message: str) -> None:
    click.echo(f"Erreur : {message}", err=True)
    raise SystemExit(1)


def write_text(text: str, path: Path) -> None:
    """Write a file whole or not at all."""
    write_bytes(text.encode(), path)


def write_bytes(content: bytes, path: Path) -> None:
    """Write a file whole or not at all; a French error when the place cannot be written."""
    partial = path.with_name(path.name + ".part")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        raise EvaluationError(
            f"Impossible d’écrire « {path} » ({error.strerror or error}). Vérifiez que le dossier existe et "
            "s’écrit."
        ) from error


def write_frame(frame: pl.DataFrame, path: Path) -> None:
    """A frame as parquet or CSV, by the name of the file; no cell of the CSV can be a formula."""
    if path.suffix == ".parquet":
        import io

        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        write_bytes(buffer.getvalue(), path)
        return
    text = [name for name, kind in frame.schema.items() if kind == pl.String]
    safe = frame.with_columns(pl.col(text).map_elements(neutralise_formula, return_dtype=pl.String))
    write_text(safe.write_csv(), path)


def sidecar(panel: Path) -> Path:
    """Where the origin of a panel is told."""
    return panel.with_name(panel.name + ".origine.json")


def sha256(path: Path | str) -> str:
    """Of a file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def write_sidecar(panel: Path, origin: Mapping[str, object]) -> None:
    """Write the origin of a panel beside it, with the SHA-256 of the panel."""
    origin = {**origin, "panel_sha256": sha256(panel)}
    write_text(json.dumps(origin, ensure_ascii=False, indent=2) + "\n", sidecar(panel))


def read_sidecar(panel: str) -> dict[str, object] | None:
    """The origin of a panel, if it was built here and its file is beside it."""
    try:
        found = json.loads(sidecar(Path(panel)).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
