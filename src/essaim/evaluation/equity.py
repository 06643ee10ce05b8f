"""Equity: the effect in each sub-group, the gaps between them, and how many comparisons were made.

Sub-groups are of persons (women and men of the same territories, each with its rows) or of sites (types of territory).
For persons the effect in a group compares that group with the same group elsewhere, and a gap is the effect on the
difference of the two outcomes in each territory: exact, because effects are linear in the outcome, and with the same
inference as any effect. P-values are those of all comparisons of one kind, corrected together (Holm 1979);
intervals of gaps hold together (Bonferroni).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Literal

import numpy as np
import polars as pl

from essaim.evaluation import bands
from essaim.evaluation.errors import EvaluationError, some
from essaim.evaluation.estimation import estimate
from essaim.evaluation.options import Options
from essaim.evaluation.panel import Panel
from essaim.evaluation.redraw import RecordedDraw
from essaim.evaluation.result import Estimate, Result, null_if_undefined
from essaim.words import FRENCH, Words

Kind = Literal["persons", "sites"]
MOST_GROUPS = 12
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Compared:
    """An effect (of ``one``) or a gap (``one`` minus ``other``), its p-value and the same after correction."""

    one: str
    other: str
    effect: Estimate
    p_value: float | None
    corrected: float | None

    def to_json(self) -> dict[str, Any]:
        found = {"group": self.one, **({"reference": self.other} if self.other else {})}
        return {
            **found,
            **self.effect.to_json(),
            "p_value": self.p_value,
            "corrected_p_value": self.corrected,
        }


@dataclass(frozen=True, slots=True)
class Equity:
    """Effects by sub-group and gaps between them: all pairs of persons' groups, each value of sites with the first."""

    kind: Kind
    groups: tuple[Compared, ...]
    gaps: tuple[Compared, ...]
    level: float

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "groups": [found.to_json() for found in self.groups],
            "gaps": [found.to_json() for found in self.gaps],
            "reading": read_equity(self),
        }


def equity(
    frame: pl.DataFrame,
    group: str,
    options: Options | None = None,
    draw: RecordedDraw | None = None,
    **columns: Any,
) -> Equity:
    """Effects by the values of the column ``group``, of persons when units have several, of sites otherwise.

    ``columns`` are those of ``Panel.from_frame``. Raises ``EvaluationError``, naming the groups.
    """
    options = replace(options or Options(), aggregations=("simple",))
    unit = columns.get("unit", "unit")
    if group not in frame.columns:
        raise EvaluationError(
            "Pas de colonne « %(group)s ». Colonnes lues : %(columns)s.",
            group=group,
            columns=some(frame.columns, 20),
        )
    names = sorted(str(name) for name in frame[group].drop_nulls().unique().to_list() if str(name).strip())
    if not 2 <= len(names) <= MOST_GROUPS:
        raise EvaluationError(
            "Colonne « %(group)s » : %(count)s groupes. Il en faut de 2 à %(most)s pour les comparer.",
            group=group,
            count=len(names),
            most=MOST_GROUPS,
        )
    if frame.group_by(unit).agg(pl.col(group).n_unique())[group].max() == 1:
        return _of_sites(estimate(Panel.from_frame(frame, by=group, **columns), options, draw))
    return _of_persons(frame, group, names, options, draw, columns)


def _of_sites(result: Result) -> Equity:
    """From an estimation by an attribute of the sites; gaps are to the first value."""
    found = result.aggregations["by"]
    groups = [(str(name), "", effect, _p_value(effect)) for name, effect in found.by]
    gaps = [(one, other, effect, _p_value(effect)) for one, other, effect in found.differences]
    return Equity("sites", _corrected(groups, result.level), _corrected(gaps, result.level), result.level)


def _of_persons(
    frame: pl.DataFrame,
    group: str,
    names: Sequence[str],
    options: Options,
    draw: RecordedDraw | None,
    columns: Mapping[str, Any],
) -> Equity:
    def effect(rows: pl.DataFrame) -> tuple[Estimate, float | None]:
        found = estimate(Panel.from_frame(rows, **columns), options, draw).aggregations["simple"]
        return found.overall, _p_value(found.overall) if found.p_value is None else found.p_value

    of = {name: frame.filter(pl.col(group).cast(pl.String) == name) for name in names}
    groups = [(name, "", *effect(of[name])) for name in names]
    pairs = list(combinations(names, 2))
    gaps = [(a, b, *effect(_difference(of[a], of[b], columns))) for a, b in pairs]
    return Equity(
        "persons", _corrected(groups, options.level), _corrected(gaps, options.level), options.level
    )


def _difference(one: pl.DataFrame, other: pl.DataFrame, columns: Mapping[str, Any]) -> pl.DataFrame:
    """The rows of ``one`` whose outcome is the difference with that of ``other`` in the same territory and period."""
    unit, time, outcome = (columns.get(name, name) for name in ("unit", "time", "outcome"))
    theirs = other.select(unit, time, pl.col(outcome).alias("__other"))
    joined = one.join(theirs, on=[unit, time], how="inner")
    if joined.is_empty():
        raise EvaluationError(
            "Deux groupes n’ont aucun territoire en commun : leur écart n’est pas mesurable."
        )
    return joined.with_columns(
        (_as_number(pl.col(outcome)) - _as_number(pl.col("__other"))).alias(outcome)
    ).drop("__other")


def _as_number(column: pl.Expr) -> pl.Expr:
    return column.cast(pl.String).str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)


def _p_value(effect: Estimate) -> float | None:
    """Two-sided, from Student's law; ``None`` where the error is undefined."""
    if not effect.se > 0:
        return None
    return float(bands.p_values(np.array([effect.estimate / effect.se]), np.array([effect.df]))[0])


def _corrected(
    found: Sequence[tuple[str, str, Estimate, float | None]], level: float
) -> tuple[Compared, ...]:
    known = [p for *_, p in found if p is not None]
    holm = dict(zip(known, holm_corrected(known), strict=True))
    wide = 1 - (1 - level) / max(len(found), 1)
    return tuple(
        Compared(one, other, _together(effect, wide), p, None if p is None else holm[p])
        for one, other, effect, p in found
    )


def _together(effect: Estimate, level: float) -> Estimate:
    """The effect with a band at ``level``, that of its interval once shared between all comparisons."""
    half = float(bands.critical(np.array([effect.df]), level)[0]) * effect.se
    return effect._replace(band_low=effect.estimate - half, band_high=effect.estimate + half)


def holm_corrected(p_values: Sequence[float]) -> list[float]:
    """P-values corrected for having looked at all of them (Holm 1979), in the same order.

    >>> [round(p, 3) for p in holm_corrected([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    corrected, highest = np.zeros(len(p_values)), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = highest
    return [float(p) for p in corrected]


def read_equity(found: Equity, words: Words = FRENCH) -> list[str]:
    """Sentences: what can be said of gaps between groups, and what cannot."""
    comparisons = words.count("une comparaison", "%(count)s comparaisons faites ensemble", len(found.gaps))
    real = [gap for gap in found.gaps if gap.corrected is not None and gap.corrected < LEVEL]
    said = [
        words.say(
            "L’effet diffère entre « %(one)s » et « %(other)s » : écart de %(gap)s (%(range)s), que le hasard "
            "n’explique pas, compte tenu de %(comparisons)s.",
            one=gap.one,
            other=gap.other,
            gap=words.number(gap.effect.estimate, True),
            range=_between(gap.effect, words),
            comparisons=comparisons,
        )
        for gap in real
    ]
    if not real:
        said.append(
            words.say(
                "Aucune différence d’effet n’est décelée entre les groupes (%(comparisons)s). Ne pas voir de "
                "différence n’est pas montrer que l’effet est le même :",
                comparisons=comparisons,
            )
        )
        said += [
            words.say(
                "« %(one)s » et « %(other)s » : %(range)s.",
                one=g.one,
                other=g.other,
                range=_between(g.effect, words),
            )
            for g in found.gaps
        ]
    if found.kind == "sites":
        said.append(
            words.say(
                "Ces groupes sont des sites, non des tirages : ce qui les distingue d’autre que le groupe peut "
                "aussi expliquer un écart."
            )
        )
    return said


def _between(effect: Estimate, words: Words) -> str:
    low, high = null_if_undefined(effect.band_low or 0.0), null_if_undefined(effect.band_high or 0.0)
    if low is None or high is None:
        return words.say("incertitude non définie")
    return words.say("de %(low)s à %(high)s", low=words.number(low, True), high=words.number(high, True))
