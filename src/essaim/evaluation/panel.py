"""The panel: units observed over periods, each exposed from its cohort's period on, or never.

A panel is checked when it is built: whatever is refused is refused with the rows that are wrong.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from essaim.evaluation import columns as col
from essaim.evaluation.columns import Codes, Floats, Ints
from essaim.evaluation.errors import PanelError, some
from essaim.evaluation.periods import NEVER, Calendar
from essaim.words import told, told_count


@dataclass(frozen=True, slots=True)
class Panel:
    """n units × T periods.

    ``outcome`` is (n, T), NaN where the unit was not observed; ``cohort`` (n,) holds the ordinal of the first
    period of exposure, or ``NEVER``; ``weight`` is (n,) (one for each unit) or (n, T) (varying with the
    period); ``cluster``, ``region``, ``stratum`` (of the draw of waves) and ``level`` (of the attribute
    named by ``level_names``) (n,) are codes; ``covariates`` is
    (n, T, k). ``persons`` (n, T), of a panel reduced from rows of persons, counts those whose mean the outcome
    is, ``weight`` (n, T) being the sum of their weights. ``notes`` are French sentences on what was set aside
    on the way.
    """

    calendar: Calendar
    units: tuple[str, ...] | pl.Series
    outcome: Floats
    cohort: Ints
    weight: Floats
    cluster: Ints | None = None
    region: Ints | None = None
    stratum: Ints | None = None
    level: Ints | None = None
    level_names: tuple[str, ...] = ()
    covariates: Floats | None = None
    covariate_names: tuple[str, ...] = ()
    outcome_name: str = "outcome"
    period: Ints | None = None
    persons: Ints | None = None
    simulated: bool = False
    notes: tuple[str, ...] = ()

    @classmethod
    def from_frame(
        cls,
        frame: pl.DataFrame,
        *,
        unit: str = "unit",
        time: str = "time",
        cohort: str = "cohort",
        outcome: str = "outcome",
        weights: str | None = None,
        cluster: str | None = None,
        region: str | None = None,
        stratum: str | None = None,
        by: str | None = None,
        covariates: Sequence[str] = (),
        unbalanced: bool = False,
        cross_sections: bool = False,
        persons: str | None = None,
        notes: tuple[str, ...] = (),
        first_row: int = 2,
    ) -> "Panel":
        """Read a long frame, one row a unit and period, in any order.

        With ``cross_sections`` each row is somebody else, seen once: ``unit`` is not read.

        With ``persons`` each row is the mean of that many persons, its weight theirs, and the panel may have
        holes. ``first_row`` is the number, in the user's file, of the first row of data. Units that miss a period
        are set aside with a note, unless ``unbalanced``.

        >>> rows = pl.DataFrame({"unit": ["a", "a"], "time": [1, 2], "cohort": [2, 2], "outcome": [0.0, 1.5]})
        >>> Panel.from_frame(rows).outcome
        array([[0. , 1.5]])
        """
        options = [name for name in (weights, cluster, region, stratum, by, persons) if name]
        col.require(
            frame, [*([] if cross_sections else [unit]), time, cohort, outcome, *options, *covariates]
        )
        if frame.is_empty():
            raise PanelError("Le tableau est vide : il faut une ligne par unité et par période.")
        count = None if cross_sections else col.regular(frame, unit, time)
        period, calendar = col.period_index(frame if count is None else frame[:count], time, first_row)
        if len(calendar.ordinals) < 2:
            raise PanelError(
                "Le panel n’a qu’une période : il en faut au moins une avant et une après l’exposition."
            )
        if by:
            frame = _without_level_if_never(frame, by, cohort, calendar, first_row)
        table = _Table(frame, first_row)
        names = tuple(covariates)
        simulated = "simulated" in frame.columns and _says_simulated(frame["simulated"])
        if cross_sections:
            panel = cls(
                calendar=calendar,
                units=pl.Series([str(i) for i in range(first_row, first_row + frame.height)]),
                outcome=table.numbers(outcome),
                cohort=col.cohort_ordinals(frame, cohort, calendar, first_row),
                weight=table.weights(weights) if weights else np.ones(frame.height),
                cluster=_wide(table.codes(cluster)),
                region=_wide(table.codes(region)),
                stratum=_wide(table.codes(stratum)),
                level=_wide(table.codes(by)),
                level_names=table.names(by),
                covariates=np.column_stack([table.numbers(name) for name in names]) if names else None,
                covariate_names=names,
                outcome_name=outcome,
                period=period.astype(np.int64),
                simulated=simulated,
                notes=notes,
            )
            return panel._with_known_rows()
        layout = _Layout.of(frame, unit, period, len(calendar.ordinals), count, first_row)
        _refuse_duplicates(layout, calendar, first_row)

        def fixed(column: str | None, what: str) -> Ints | None:
            row_codes = table.codes(column)
            return None if row_codes is None else layout.constant(row_codes, what, first_row)

        exposure = _exposure(frame, cohort, calendar, layout, first_row)
        spread, units = layout.spread, layout.units
        panel = cls(
            calendar=calendar,
            units=units,
            outcome=spread(table.numbers(outcome)),
            cohort=exposure,
            weight=_weight(spread, table, weights, persons, len(units)),
            persons=None if persons is None else _whole(spread(table.numbers(persons))),
            cluster=fixed(cluster, told("grappe « %(column)s »", column=cluster)),
            region=fixed(region, told("région « %(column)s »", column=region)),
            stratum=fixed(stratum, told("strate du tirage « %(column)s »", column=stratum)),
            level=fixed(by, told("valeur « %(column)s »", column=by)),
            level_names=table.names(by),
            covariates=_side_by_side([spread(table.numbers(name)) for name in names]) if names else None,
            covariate_names=names,
            outcome_name=outcome,
            simulated=simulated,
            notes=notes,
        )
        return panel._checked(unbalanced or persons is not None)

    @property
    def size(self) -> int:
        """Number of units (of rows for repeated cross-sections)."""
        return len(self.cohort)

    @property
    def observed(self) -> NDArray[np.bool_]:
        """(n, T), true where the unit was observed."""
        return ~np.isnan(self.outcome)

    @property
    def balanced(self) -> bool:
        """Whether every unit was observed in every period, with one weight for each unit."""
        return self.period is None and self.weight.ndim == 1 and not has_holes(self.outcome)

    @property
    def unit_weight(self) -> Floats:
        """(n,) weight of each unit in the population."""
        return unit_weights(self.outcome, self.weight, self.persons is not None)

    def keep(self, kept: NDArray[np.bool_], note: str = "") -> "Panel":
        """The panel of some units, with a note saying why the others are set aside."""
        units = self.units.filter(kept) if isinstance(self.units, pl.Series) else None
        return replace(
            self,
            units=units
            if units is not None
            else tuple(u for u, k in zip(self.units, kept, strict=True) if k),
            outcome=self.outcome[kept],
            period=None if self.period is None else self.period[kept],
            cohort=self.cohort[kept],
            weight=self.weight[kept],
            persons=None if self.persons is None else self.persons[kept],
            cluster=None if self.cluster is None else self.cluster[kept],
            region=None if self.region is None else self.region[kept],
            stratum=None if self.stratum is None else self.stratum[kept],
            level=None if self.level is None else self.level[kept],
            covariates=None if self.covariates is None else self.covariates[kept],
            notes=(*self.notes, note) if note else self.notes,
        )

    def names(self, mask: NDArray[np.bool_], limit: int = 5) -> str:
        """French list of the units where ``mask`` (n,) is true."""
        return some((self.units[int(i)] for i in np.flatnonzero(mask)), limit)

    def _checked(self, unbalanced: bool) -> "Panel":
        """Set incomplete units aside (or keep them), and refuse what cannot be estimated at all."""
        panel = self
        holes = has_holes(panel.outcome)
        if holes and not panel.observed.any():
            raise PanelError(
                "La colonne du résultat est vide. Remplissez-la, ou donnez-en une autre.", option="--outcome"
            )
        if panel.covariates is not None and has_holes(panel.covariates):
            panel = _with_known(
                panel, ~np.isnan(panel.covariates).any(axis=2) | ~panel.observed, told("une covariable")
            )
            holes = has_holes(panel.outcome)
        if not holes:
            return panel
        if not unbalanced:
            return _with_known(panel, panel.observed, told("le résultat"))
        seen = np.asarray(panel.observed.any(axis=1))
        return panel if seen.all() else panel.keep(seen)

    def _with_known_rows(self) -> "Panel":
        """Repeated cross-sections without the rows whose outcome or covariates are unknown."""
        known = ~np.isnan(self.outcome)
        if self.covariates is not None:
            known &= ~np.isnan(self.covariates).any(axis=1)
        if known.all():
            return self
        count = int((~known).sum())
        said = told_count(
            "%(count)s ligne sans résultat ou sans covariable est écartée.",
            "%(count)s lignes sans résultat ou sans covariable sont écartées.",
            count,
        )
        return self.keep(known, said)


@dataclass(frozen=True, slots=True)
class _Table:
    """Columns of the user's table, with the numbers of its rows."""

    frame: pl.DataFrame
    first_row: int

    def numbers(self, column: str) -> Floats:
        return col.numbers(self.frame, column, self.first_row)

    def names(self, column: str | None) -> tuple[str, ...]:
        if column is None:
            return ()
        return tuple(str(value) for value in col.codes(self.frame, column, self.first_row)[1])

    def codes(self, column: str | None) -> Codes | None:
        return None if column is None else col.codes(self.frame, column, self.first_row)[0]

    def weights(self, column: str) -> Floats:
        values = self.numbers(column)
        bad = ~(values >= 0)
        if bad.any():
            where = col.rows_where(bad, self.first_row)
            raise PanelError(
                "Poids « %(column)s » négatif ou vide, %(where)s. Un poids est un nombre positif ou nul.",
                column=column,
                where=where,
            )
        if not values.any():
            raise PanelError(
                "Tous les poids « %(column)s » sont nuls. Donnez une autre colonne.", column=column
            )
        return values


def unit_weights(outcome: Floats, weight: Floats, persons: bool) -> Floats:
    """(n,) weight of each unit: its own; if it varies the first one, or the mean where some miss.

    With persons, the sum of theirs: a unit counts as the rows that it stands for.
    """
    if weight.ndim == 1:
        return weight
    if persons:
        return np.asarray(np.nansum(weight, axis=1))
    seen = ~np.isnan(outcome)
    if seen.all():
        return weight[:, 0]
    return np.asarray(np.nanmean(np.where(seen, weight, np.nan), axis=1))


def has_holes(numbers: Floats) -> bool:
    """Whether some number is NaN; a sum that is not NaN has no NaN term."""
    return bool(np.isnan(numbers.sum()))


#: What the column ``simulated`` holds when the rows were drawn by a computer.
SIMULATED_MARKS = ("true", "True", "1", "oui", "simulé")


def _with_known(panel: Panel, known: NDArray[np.bool_], what: str) -> Panel:
    """Set aside the units for which ``known`` (n, T) is false in some period."""
    complete = np.asarray(known.all(axis=1))
    if complete.all():
        return panel
    if not complete.any():
        missing = panel.calendar.labels[int(np.argmin(known.sum(axis=0)))]
        raise PanelError(
            "Aucune unité n’est observée à toutes les périodes (%(what)s manque surtout en %(missing)s). "
            "Resserrez la fenêtre, ou complétez les valeurs qui manquent.",
            option="--unbalanced, qui garde les unités incomplètes",
            what=what,
            missing=missing,
        )
    said = told_count(
        "%(count)s unité incomplète est écartée (%(what)s manque à une période au moins) : %(names)s.",
        "%(count)s unités incomplètes sont écartées (%(what)s manque à une période au moins) : %(names)s.",
        int((~complete).sum()),
        what=what,
        names=panel.names(~complete),
    )
    return panel.keep(complete, said)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where each row of the frame goes in the (n, T) grid: unit and period, ``None`` when it is there already."""

    units: pl.Series
    shape: tuple[int, int]
    unit: Codes | None
    period: Codes | None

    @classmethod
    def of(
        cls, frame: pl.DataFrame, unit: str, period: Codes, periods: int, count: int | None, first_row: int
    ) -> "_Layout":
        if count is not None:
            units = frame[unit].gather_every(count)
            return cls(units, (len(units), count), None, None)
        row_unit, units = col.codes(frame, unit, first_row)
        return cls(units, (len(units), periods), row_unit, period)

    def places(self) -> Iterator[tuple[slice, Ints]]:
        """Parts of the rows, and their places in the grid laid flat."""
        assert self.unit is not None and self.period is not None
        for part in col.parts(len(self.unit)):
            yield part, self.unit[part].astype(np.int64) * self.shape[1] + self.period[part]

    def spread(self, values: Floats) -> Floats:
        """The values of the rows as an (n, T) grid, NaN where there is no row."""
        if self.unit is None:
            return values.reshape(self.shape)
        grid = np.full(self.shape, np.nan)
        flat = grid.reshape(-1)
        for part, places in self.places():
            flat[places] = values[part]
        return grid

    def constant(self, values: Codes, what: str, first_row: int) -> Ints:
        """The value of each unit (n,); raise when it changes from one of its rows to another."""
        if self.unit is None:
            grid = values.reshape(self.shape)
            found = grid[:, 0].astype(np.int64)
            same = bool((grid == found[:, None]).all())
        else:
            found = np.empty(self.shape[0], dtype=np.int64)
            for part in col.parts(len(values)):
                found[self.unit[part]] = values[part]
            same = all(
                np.array_equal(found[self.unit[part]], values[part]) for part in col.parts(len(values))
            )
        if same:
            return found
        row_unit = np.repeat(np.arange(self.shape[0]), self.shape[1]) if self.unit is None else self.unit
        changed = found[row_unit] != values
        first = int(row_unit[int(np.argmax(changed))])
        where = col.rows_where((row_unit == first) & changed, first_row)
        advice = (
            told(
                "Une unité exposée le reste : si le dispositif s’y est arrêté, coupez la fenêtre avant l’arrêt ou "
                "écartez l’unité ; si sa date a été corrigée, écrivez la même sur toutes ses lignes."
            )
            if what.startswith("cohorte")
            else told("Écrivez la même valeur sur toutes ses lignes.")
        )
        raise PanelError(
            "La %(what)s de l’unité « %(value)s » change d’une ligne à l’autre (%(where)s). %(advice)s",
            what=what,
            value=self.units[first],
            where=where,
            advice=advice,
        )


def _without_level_if_never(
    frame: pl.DataFrame, by: str, cohort: str, calendar: Calendar, first_row: int
) -> pl.DataFrame:
    """The frame where units not exposed need no value of the attribute: nobody reads theirs."""
    text = pl.col(by).cast(pl.String).str.strip_chars()
    empty = frame.select((text.is_null() | (text == "")).alias("empty"))["empty"]
    if not empty.any():
        return frame
    never = col.cohort_ordinals(frame, cohort, calendar, first_row) > calendar.ordinals[-1]
    return frame.with_columns(pl.when(empty & pl.Series(never)).then(pl.lit("–")).otherwise(text).alias(by))


def _exposure(frame: pl.DataFrame, cohort: str, calendar: Calendar, layout: _Layout, first_row: int) -> Ints:
    """First period of exposure of each unit (n,); regular columns of integers are read once a unit."""
    series = frame[cohort]
    if layout.unit is None and series.dtype.is_integer() and not series.null_count():
        values, count = series.to_numpy(), layout.shape[1]
        if col.steady(values, count):
            first = pl.DataFrame({cohort: values[::count].copy()})
            return col.cohort_ordinals(first, cohort, calendar, first_row)
    row_codes, ordinals = col.cohort_codes(frame, cohort, calendar, first_row)
    return ordinals[layout.constant(row_codes, told("cohorte « %(column)s »", column=cohort), first_row)]


def _refuse_duplicates(layout: _Layout, calendar: Calendar, first_row: int) -> None:
    if layout.unit is None:
        return
    shape = layout.shape
    seen = np.zeros(shape[0] * shape[1], dtype=bool)
    for _, places in layout.places():
        seen[places] = True
    if np.count_nonzero(seen) == len(layout.unit):
        return
    cell = np.concatenate([places for _, places in layout.places()])
    values, counts = np.unique(cell, return_counts=True)
    twice = int(values[counts > 1][0])
    name, label = layout.units[twice // shape[1]], calendar.labels[twice % shape[1]]
    raise PanelError(
        "L’unité « %(name)s » a plusieurs lignes pour %(label)s (%(where)s) ; "
        "%(value)s cas en tout. Gardez une ligne par unité et par période : agrégez d’abord.",
        option="--cross-sections, si chaque ligne est une autre personne",
        name=name,
        label=label,
        where=col.rows_where(cell == twice, first_row),
        value=int((counts > 1).sum()),
    )


def _weight(
    spread: Callable[[Floats], Floats], table: _Table, weights: str | None, persons: str | None, units: int
) -> Floats:
    """(n,) or (n, T) weights of the units; always (n, T) with persons."""
    if weights is None:
        return np.ones(units) if persons is None else spread(table.numbers(persons))
    grid = spread(table.weights(weights))
    return grid if persons else _by_unit(grid)


def _wide(row_codes: Codes | None) -> Ints | None:
    return None if row_codes is None else row_codes.astype(np.int64)


def _whole(grid: Floats) -> Ints:
    """Counts (n, T), 0 where there is no row."""
    return np.nan_to_num(grid).astype(np.int64)


def _by_unit(grid: Floats) -> Floats:
    """Weights as (n,) when they do not vary with the period, else (n, T)."""
    high, low = np.nanmax(grid, axis=1), np.nanmin(grid, axis=1)
    return low if np.array_equal(high, low, equal_nan=True) else grid


def _side_by_side(grids: list[Floats]) -> Floats:
    """Covariates (n, T, k) from k grids (n, T); those that no period changes are held once a unit, and read as T."""
    if all((grid == grid[:, :1]).all() for grid in grids):
        fixed = np.stack([grid[:, 0] for grid in grids], axis=1)[:, None]
        return np.broadcast_to(fixed, (len(fixed), grids[0].shape[1], len(grids)))
    return np.stack(grids, axis=2)


def _says_simulated(column: pl.Series) -> bool:
    return bool(column.cast(pl.String).is_in(SIMULATED_MARKS).any())


def exposed(panel: Panel) -> NDArray[np.bool_]:
    """(n,), true for the units that are exposed at some period."""
    return np.asarray(panel.cohort != NEVER)
