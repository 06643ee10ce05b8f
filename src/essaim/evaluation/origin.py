"""Where a panel comes from, as its builder told it beside the file (``….origine.json``), in sentences."""

from collections.abc import Mapping
from dataclasses import dataclass

from essaim.evaluation.result import Result


@dataclass(frozen=True, slots=True)
class Origin:
    """The window with its reason, what to know of the panel, its sources; each empty where it was not told."""

    window: str = ""
    notes: tuple[str, ...] = ()
    source: str = ""

    @classmethod
    def of(cls, result: Result) -> "Origin":
        """That of the panel that a result comes from (key ``panel`` of its provenance)."""
        told = result.provenance.get("panel")
        if not isinstance(told, Mapping):
            return cls()
        notes = told.get("notes")
        return cls(
            window=_window(told),
            notes=tuple(map(str, notes)) if isinstance(notes, list) else (),
            source=_source(told),
        )


def _window(told: Mapping[str, object]) -> str:
    bounds, reason = told.get("window"), str(told.get("window_reason", "")).rstrip(".")
    if not reason:
        return ""
    if isinstance(bounds, list) and len(bounds) == 2:
        return f"Fenêtre {bounds[0]} à {bounds[1]} : {reason}."
    return f"Fenêtre : {reason}."


def _source(told: Mapping[str, object]) -> str:
    if "outcome" not in told:
        return ""
    digest = told.get("outcome_sha256")
    proof = f" (SHA-256 {digest})" if digest else ""
    return f"Résultat mesuré : {told['outcome']}{proof} ; vagues : {told.get('waves', 'non dites')}."
