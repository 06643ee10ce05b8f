"""Values by territory, each with where it comes from, and their passage from one level to another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from essaim.words import SaidError, told

Floats = NDArray[np.float64]
Aggregation = Literal["sum", "mean", "rate"]


class TableError(SaidError):
    """Values that cannot be used as they are, and how to mend them."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What a column measures. ``level``: the level at which it was observed; ``simulated``: invented for a try."""

    key: str
    label: str
    unit: str
    source: str
    date: str
    level: str
    definition: str = ""
    decimals: int = 0
    simulated: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Column:
    """One value a territory, NaN where unknown, with its measure."""

    measure: Measure
    values: Floats

    @property
    def missing(self) -> int:
        return int(np.isnan(self.values).sum())


@dataclass(frozen=True, slots=True)
class Table:
    """Territories of one level in the order of ``codes``, and columns of values by key.

    A column whose measure has another level than the table was carried down (or kept apart) and is shown so.
    ``departments``: code → département, for units that the shipped geography does not hold (zones d'emploi, QPV).
    """

    level: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    columns: Mapping[str, Column]
    departments: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(set(self.codes)) != len(self.codes):
            twice = next(c for c in self.codes if self.codes.count(c) > 1)
            raise TableError(
                "Le code %(twice)s figure deux fois. Un territoire ne peut avoir qu’une ligne.", twice=twice
            )
        for key, column in self.columns.items():
            if column.values.shape != (len(self.codes),):
                raise TableError(
                    "La colonne « %(key)s » a %(size)s valeurs pour %(codes)s territoires.",
                    key=key,
                    size=column.values.size,
                    codes=len(self.codes),
                )

    def column(self, key: str) -> Column:
        found = self.columns.get(key)
        if found is None:
            raise TableError(
                "Indicateur inconnu : « %(key)s ». Disponibles : %(columns)s.",
                key=key,
                columns=", ".join(sorted(self.columns)) or told("aucun"),
            )
        return found

    def carried_down(self, key: str) -> bool:
        """Whether the values of a column were observed at a larger level and repeated on this one."""
        return self.column(key).measure.level != self.level

    def with_values(self, measure: Measure, values: Mapping[str, float | None]) -> Table:
        """This table and one more column (or a new version of it); territories without a value get NaN."""
        unknown = sorted(set(values) - set(self.codes))
        if unknown:
            raise TableError(
                "%(count)s codes absents de l’étude, dont %(some)s : vérifiez le niveau "
                "géographique et le périmètre.",
                count=len(unknown),
                some=", ".join(unknown[:3]),
            )
        raw = [values.get(c) for c in self.codes]
        column = Column(measure, np.array([np.nan if v is None else float(v) for v in raw]))
        if np.isinf(column.values).any():
            raise TableError("L’indicateur « %(label)s » contient une valeur infinie.", label=measure.label)
        return replace(self, columns={**self.columns, measure.key: column})

    def only(self, codes: Iterable[str]) -> Table:
        """The rows of these codes, in this table's order."""
        kept = set(codes)
        rows = [i for i, c in enumerate(self.codes) if c in kept]
        columns = {k: Column(c.measure, c.values[rows]) for k, c in self.columns.items()}
        return Table(
            self.level,
            tuple(self.codes[i] for i in rows),
            tuple(self.names[i] for i in rows),
            columns,
            {code: where for code, where in self.departments.items() if code in kept},
        )


def aggregate(
    values: Mapping[str, float | None],
    parent: Mapping[str, str],
    how: Aggregation,
    weights: Mapping[str, float | None] | None = None,
) -> dict[str, float | None]:
    """Values of parts to values of wholes.

    ``sum`` adds; ``mean`` is weighted by ``weights``; ``rate`` divides the sum of ``values`` (numerators) by the
    sum of ``weights`` (denominators). A whole with one unknown part is unknown (None): a sum over what happens to
    be known would be compared with complete ones. Parts without a parent are left out.
    """
    if how != "sum" and weights is None:
        raise TableError(
            "Un taux ou une moyenne ne s’agrège pas sans son poids : indiquez la colonne de pondération "
            "(moyenne) ou le dénominateur (taux)."
        )
    groups: dict[str, list[str]] = {}
    for part in values:
        if part in parent:
            groups.setdefault(parent[part], []).append(part)
    return {whole: _combine(parts, values, how, weights) for whole, parts in groups.items()}


def _combine(
    parts: Sequence[str],
    values: Mapping[str, float | None],
    how: Aggregation,
    weights: Mapping[str, float | None] | None,
) -> float | None:
    found = [values[p] for p in parts]
    if how == "sum" or weights is None:
        return None if any(v is None for v in found) else float(sum(v for v in found if v is not None))
    total = top = 0.0
    for value, weight in zip(found, (weights.get(p) for p in parts), strict=True):
        if value is None or weight is None:
            return None
        total += weight
        top += value * weight if how == "mean" else value
    return top / total if total > 0 else None


def carry_down(values: Mapping[str, float | None], parent: Mapping[str, str]) -> dict[str, float | None]:
    """The value of the whole given to each of its parts: say so where it shows (``Table.carried_down``)."""
    return {part: values.get(whole) for part, whole in parent.items()}
