"""From the communes of one vintage to those of another, by INSEE's movements of communes.

A commune may merge into another (its counts are added), change code, or be re-created (one becomes several: its
counts can be shared only with a weight, its rates are carried to each part and marked). Source: INSEE, fichier des
mouvements sur les communes (``v_mvt_commune_AAAA.csv``), whose ``MOD`` says the kind of event.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl


@dataclass(frozen=True, slots=True)
class Passage:
    """``successors``: code at ``start`` → its codes at ``end``, for the communes that an event touched."""

    start: date
    end: date
    successors: Mapping[str, tuple[str, ...]]

    def of(self, code: str) -> tuple[str, ...]:
        """The codes that a commune of ``start`` has at ``end``: itself when nothing happened to it."""
        return self.successors.get(code, (code,))

    def table(self) -> pl.DataFrame:
        """``old``, ``new``, ``kind`` (``fusion``, ``changement``, ``scission``): one row a pair that differs."""
        targets = Counter(code for codes in self.successors.values() for code in codes)
        rows = []
        for old, codes in sorted(self.successors.items()):
            for new in codes:
                kind = "scission" if len(codes) > 1 else "fusion" if targets[new] > 1 else "changement"
                if codes != (old,):
                    rows.append((old, new, kind))
        return pl.DataFrame(
            rows, schema={"old": pl.String, "new": pl.String, "kind": pl.String}, orient="row"
        )


def passage(movements: pl.DataFrame, start: date, end: date) -> Passage:
    """Follow the movements dated after ``start`` and up to ``end``, in order of date.

    ``movements``: the table of :func:`essaim.opendata.insee_cog.read_movements`. Only what happens between full
    communes (``COM``) counts: a commune that becomes delegated lives on in the commune that absorbed it. Raises
    ``ValueError`` when ``end`` comes before ``start``: a merger cannot be undone from these facts.
    """
    if end < start:
        raise ValueError("Le millésime d’arrivée précède celui de départ : une fusion ne se défait pas.")
    window = movements.filter(
        (pl.col("date") > start)
        & (pl.col("date") <= end)
        & (pl.col("type_before") == "COM")
        & (pl.col("type_after") == "COM")
    ).sort("date")
    now: dict[str, set[str]] = {}
    for _, events in window.group_by("date", maintain_order=True):
        step = _one_day(events.select("before", "after").iter_rows())
        for code in step.keys() - now.keys():
            now[code] = {code}
        for old, current in now.items():
            now[old] = {after for code in current for after in step.get(code, {code})}
    return Passage(start, end, {old: tuple(sorted(codes)) for old, codes in now.items()})


def _one_day(events: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """All the events of one day at once: each code before → its codes after."""
    step: dict[str, set[str]] = {}
    for before, after in events:
        step.setdefault(before, set()).add(after)
    return step


def passage_from_pairs(pairs: pl.DataFrame, start: date, end: date) -> Passage:
    """A passage from a ready-made table of pairs: first column the old code, second the new one."""
    successors: dict[str, set[str]] = {}
    for old, new in pairs.select(pl.nth(0, 1)).iter_rows():
        successors.setdefault(old, set()).add(new)
    return Passage(start, end, {old: tuple(sorted(new)) for old, new in successors.items()})


def carry(
    data: pl.DataFrame,
    by: Passage,
    *,
    sums: Collection[str],
    shares: Mapping[str, float] | None = None,
    keep: Collection[str] = (),
) -> pl.DataFrame:
    """Counts by commune of one vintage as counts by commune of another.

    ``sums``: columns of counts; ``keep``: columns that identify a row beside ``code`` (the period). A commune that
    became several shares its counts by ``shares`` (population by new code); without a share for one of them its
    counts are refused. A sum with an absent term is absent. Column ``shared`` marks rows that hold a shared count.
    Raises ``ValueError`` (French) for a split without shares.
    """
    links = _links(data["code"].unique().to_list(), by, shares)
    joined = data.join(links, on="code", how="inner")
    scaled = [(pl.col(name) * pl.col("share")).alias(name) for name in sums]
    absent = [
        pl.when(pl.col(name).is_null().any()).then(None).otherwise(pl.col(name).sum()).alias(name)
        for name in sums
    ]
    grouped = joined.with_columns(*scaled, (pl.col("share") < 1).alias("shared")).group_by(
        "new", *keep, maintain_order=True
    )
    return grouped.agg(*absent, pl.col("shared").any()).rename({"new": "code"})


def _links(codes: list[str], by: Passage, shares: Mapping[str, float] | None) -> pl.DataFrame:
    rows: list[tuple[str, str, float]] = []
    for code in codes:
        new = by.of(code)
        if len(new) == 1:
            rows.append((code, new[0], 1.0))
            continue
        weights = [(shares or {}).get(target) for target in new]
        total = sum(weight for weight in weights if weight is not None)
        if None in weights or not total:
            raise ValueError(
                f"La commune {code} est devenue {', '.join(new)} : ses effectifs ne se partagent pas sans la "
                "population de chacune. Donnez ces populations, ou retirez cette commune."
            )
        rows.extend(
            (code, target, (weight or 0.0) / total) for target, weight in zip(new, weights, strict=True)
        )
    return pl.DataFrame(rows, schema={"code": pl.String, "new": pl.String, "share": pl.Float64}, orient="row")
