"""From what people type or paste to codes: normalising, recognising a column's kind, searching by name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from essaim.territory.codes import (
    LEVEL_LABELS,
    LEVELS,
    Level,
    Territory,
    UnknownCode,
    communes,
    fold,
    former_codes,
    territories,
)
from essaim.words import told

CodeKind = Literal["commune", "epci", "departement", "region", "ze", "qpv"]
WIDTH: Final[dict[str, int]] = {"commune": 5, "epci": 9, "departement": 2, "region": 2, "ze": 4}
PATTERNS: Final[dict[str, re.Pattern[str]]] = {
    "ze": re.compile(r"\d{4}"),
    "qpv": re.compile(r"Q[NP]\d[0-9AB]\d[0-9A-Z]{3,4}"),
}
# Read on the header in plain words: « code_reg » and « Code région » both become « code reg… ».
HEADERS: Final[tuple[tuple[CodeKind, re.Pattern[str]], ...]] = (
    ("epci", re.compile(r"\b(epci|interco|siren)")),
    ("qpv", re.compile(r"\b(qpv|qp|quartier)")),
    ("ze", re.compile(r"\b(ze|ze2020)\b|\bzone d? ?emploi|\bzones? demploi")),
    ("commune", re.compile(r"\b(com|commune|communes|codgeo|depcom|insee|codecommune)\b")),
    ("departement", re.compile(r"\bdep")),
    ("region", re.compile(r"\breg")),
)

# All 13 codes of mainland régions are also codes of départements: below this many distinct values, only the
# header of a column can tell a list of régions from a list of départements.
FEWEST_REGIONS: Final = 10


@dataclass(frozen=True, slots=True)
class BadCode:
    """A value that is no code of the recognised kind; ``row`` counts from 0 in the given values."""

    row: int
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a column holds. ``codes``: normalised and folded to current codes, None where bad."""

    kind: CodeKind | None
    codes: tuple[str | None, ...]
    bad: tuple[BadCode, ...]
    folded: int

    @property
    def share(self) -> float:
        """Share of the values that are good codes."""
        return 1 - len(self.bad) / len(self.codes) if self.codes else 0.0


def clean(value: object) -> str:
    """A code as text: spaces gone, capitals, and ``1001.0`` read as the number a spreadsheet made of
    01001.
    """
    text = "" if value is None else str(value).strip().upper().replace("\u00a0", "").replace(" ", "")
    return re.sub(r"\.0+$", "", text)


def normalise(value: object, kind: CodeKind) -> str:
    """A current code of ``kind`` from a raw value, lost leading zeros given back and old communes folded.

    Raises ``UnknownCode`` (French, with the way to mend it). Zones d'emploi and QPV are not in the shipped
    reference: only the shape of their codes is checked.

    >>> normalise(1001, "commune"), normalise("2a004", "commune"), normalise("1", "departement")
    ('01001', '2A004', '01')
    """
    text = clean(value)
    if not text:
        raise UnknownCode("Code absent : la cellule est vide. Complétez-la ou retirez la ligne.")
    if kind in WIDTH:
        text = text.zfill(WIDTH[kind])
    if kind in PATTERNS:
        if not PATTERNS[kind].fullmatch(text):
            shape = (
                told("quatre chiffres")
                if kind == "ze"
                else told("QN ou QP suivi du département et du numéro")
            )
            raise UnknownCode(
                "« %(value)s » n’a pas la forme d’un code %(kind)s : %(shape)s.",
                value=clean(value),
                kind=kind.upper(),
                shape=shape,
            )
        return text
    if kind == "commune":
        return fold(text)
    if text in territories(kind):
        return text
    raise UnknownCode(
        "« %(value)s » n’est pas un code de %(level)s connu. Vérifiez le millésime (2026) et "
        "la colonne choisie.",
        value=clean(value),
        level=told(LEVEL_LABELS[kind]),
    )


def recognise(values: Sequence[object], header: str = "") -> Recognition:
    """The kind of code that a column holds, its values normalised, and what is wrong with the others.

    The header decides when it names a kind that at least half the values obey; else the kind with most good
    values.
    """
    tried = {kind: _try(values, kind) for kind in _plausible(values)}
    if not tried:
        reason = "Aucun code reconnu dans cette colonne."
        bad = tuple(BadCode(i, clean(v), reason) for i, v in enumerate(values))
        return Recognition(None, (None,) * len(values), bad, 0)
    hint = next((kind for kind, pattern in HEADERS if pattern.search(plain(header))), None)
    if hint in tried and tried[hint].share >= 0.5:
        return tried[hint]
    return max(tried.values(), key=lambda r: (r.share, -_preference(r)))


def _plausible(values: Sequence[object]) -> list[CodeKind]:
    texts = [t for t in map(clean, values) if t]
    length = max(map(len, texts), default=0)
    if any(t.startswith(("QN", "QP")) for t in texts):
        return ["qpv"]
    if length >= 6:
        return ["epci"] if length == 9 else []
    if length == 5:
        return ["commune"]
    if length == 4:
        return ["commune", "ze"]
    return ["departement", "region"] if length else []


def _try(values: Sequence[object], kind: CodeKind) -> Recognition:
    codes: list[str | None] = []
    bad: list[BadCode] = []
    folded = 0
    for row, value in enumerate(values):
        try:
            code = normalise(value, kind)
        except UnknownCode as error:
            codes.append(None)
            bad.append(BadCode(row, clean(value), str(error)))
        else:
            codes.append(code)
            folded += kind == "commune" and code != clean(value).zfill(5)
    return Recognition(kind, tuple(codes), tuple(bad), folded)


def _preference(found: Recognition) -> int:
    """Rank of a kind between equals: a long list made of codes of régions only is a list of régions."""
    distinct = {c for c in found.codes if c}
    if found.kind == "region":
        return 0 if len(distinct) >= FEWEST_REGIONS else 2
    return 1


def plain(text: str) -> str:
    """Lower case, without accents, ligatures or punctuation, « st » spelt out, for comparing names.

    >>> plain("L'Haÿ-les-Roses"), plain("St-Étienne")
    ('l hay les roses', 'saint etienne')
    """
    decomposed = unicodedata.normalize("NFKD", text.lower().replace("œ", "oe").replace("æ", "ae"))
    words = re.findall(r"[a-z0-9]+", "".join(c for c in decomposed if not unicodedata.combining(c)))
    return " ".join({"st": "saint", "ste": "sainte"}.get(w, w) for w in words)


@cache
def _index() -> tuple[tuple[str, Level, str, int], ...]:
    entries: list[tuple[str, Level, str, int]] = []
    for level in LEVELS:
        if level == "commune":
            entries += [(plain(c.name), level, c.code, c.population or 0) for c in communes().values()]
        else:
            entries += [
                (plain(t.name), level, t.code, t.population or 0) for t in territories(level).values()
            ]
    return tuple(entries)


def search(text: str, level: Level | None = None, limit: int = 20) -> list[Territory]:
    """Territories whose name holds the words of ``text`` (or whose code it is), the nearest and largest
    first.
    """
    wanted, code = plain(text), clean(text)
    if not wanted:
        return []
    hits: list[tuple[int, int, Level, str]] = []
    for name, found_level, found_code, people in _index():
        if level not in (None, found_level):
            continue
        if name == wanted or found_code == code:
            hits.append((0, -people, found_level, found_code))
        elif name.startswith(wanted):
            hits.append((1, -people, found_level, found_code))
        elif f" {wanted}" in name:
            hits.append((2, -people, found_level, found_code))
    if code in former_codes() and level in (None, "commune"):
        hits.append((0, 0, "commune", fold(code)))
    return [_territory(lv, c) for _, _, lv, c in sorted(hits)[:limit]]


def _territory(level: Level, code: str) -> Territory:
    return territories(level)[code]
