"""Small readers shared by the documents of this package: every problem said in French, none swallowed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from essaim.words import told


def unknown_keys(where: str, data: Mapping[Any, Any], known: Iterable[str]) -> list[str]:
    """One sentence for each key that the document may not hold."""
    allowed = sorted(known)
    return [
        told(
            "%(where)s : clé inconnue « %(key)s » ; clés possibles : %(allowed)s.",
            where=where,
            key=k,
            allowed=", ".join(allowed),
        )
        for k in data
        if str(k) not in allowed
    ]


def codes(where: str, raw: object) -> tuple[tuple[str, ...], list[str]]:
    """A list of codes, and what is wrong with it: a code read as a number has lost its zeros."""
    if not isinstance(raw, (list, tuple)):
        return (), [told("%(where)s doit être une liste.", where=where)]
    bad: list[str] = [
        told(
            "%(where)s : le code %(code)s a été lu comme un nombre. Mettez-le entre guillemets : "
            "sans eux, les zéros de tête se perdent.",
            where=where,
            code=repr(code),
        )
        for code in raw
        if not isinstance(code, str)
    ]
    return tuple(str(c) for c in raw), bad


def whole(where: str, raw: object, least: int = 0) -> tuple[int | None, list[str]]:
    """An optional whole number."""
    if raw is None:
        return None, []
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < least:
        return None, [
            told(
                "%(where)s vaut %(raw)s : attendu un entier d’au moins %(least)s.",
                where=where,
                raw=repr(raw),
                least=least,
            )
        ]
    return raw, []


def positive(where: str, raw: object) -> tuple[float | None, list[str]]:
    """An optional number above zero."""
    if raw is None:
        return None, []
    if isinstance(raw, bool) or not isinstance(raw, (int, float)) or not 0 < raw < float("inf"):
        return None, [
            told(
                "%(where)s vaut %(raw)s : attendu un nombre strictement positif.", where=where, raw=repr(raw)
            )
        ]
    return float(raw), []
