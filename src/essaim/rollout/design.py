"""Which cluster is exposed in which period: stepped wedges, parallel trials, holes, transitions and ramps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from essaim.rollout.errors import RolloutError

Floats = NDArray[np.float64]


#: Beyond these a number is a slip of the keyboard, and its powers overflow.
MOST, MOST_PERIODS = 1e12, 1_000


@dataclass(frozen=True, slots=True)
class Design:
    """One row a sequence, one column a period.

    ``exposure`` (sequences × periods): share of the full effect, 0 before opening, NaN where nothing is observed;
    ``sizes`` (same shape): persons measured in a cluster and period;
    ``clusters`` (sequences): how many clusters follow the row, or the share of clusters when proportions are studied.
    """

    exposure: Floats
    sizes: Floats
    clusters: Floats

    @property
    def observed(self) -> NDArray[np.bool_]:
        return ~np.isnan(self.exposure)

    @property
    def periods(self) -> int:
        return int(self.exposure.shape[1])


def design(exposure: ArrayLike, sizes: ArrayLike, clusters: ArrayLike = 1.0) -> Design:
    """A design from any table of exposures; ``sizes`` and ``clusters`` are numbers, one a row, or one a cell.

    >>> design([[0, 1], [0, 0]], sizes=20).sizes
    array([[20., 20.],
           [20., 20.]])

    Raises ``RolloutError`` for a table that is empty, ragged, or holds an impossible value.
    """
    try:
        table = np.array(exposure, dtype=float)
        persons = np.array(sizes, dtype=float)
        counts = np.array(clusters, dtype=float)
    except ValueError as error:
        raise RolloutError(
            "Plan illisible : une ligne n’a pas autant de périodes que les autres, ou une valeur n’est pas un nombre."
        ) from error
    if table.ndim != 2 or not table.size:
        raise RolloutError("Plan vide : donnez une ligne par territoire et une colonne par période.")
    rows = len(table)
    _check_length(table.shape[1])
    if persons.ndim == 1:
        persons = persons[:, None]
    if persons.ndim > 2 or persons.shape not in {(), (rows, 1), table.shape}:
        raise RolloutError(
            "Effectifs : %(size)s valeurs pour %(rows)s lignes. Donnez un nombre, un par ligne ou un par case.",
            size=persons.size,
            rows=rows,
        )
    if counts.shape not in {(), (rows,)}:
        raise RolloutError(
            "Territoires par ligne : %(size)s valeurs pour %(rows)s lignes. Donnez-en une par ligne.",
            size=counts.size,
            rows=rows,
        )
    made = Design(table, np.broadcast_to(persons, table.shape), np.broadcast_to(counts, (rows,)))
    _check(made)
    return made


def _check_length(periods: int) -> None:
    """Refuse a design too long, before the table of its periods is built."""
    if periods > MOST_PERIODS:
        raise RolloutError(
            "Plan trop long : %(periods)s périodes, %(most)s au plus.", periods=periods, most=MOST_PERIODS
        )


def _check(made: Design) -> None:
    seen = made.observed
    for row, column in zip(*np.nonzero(seen & ~((made.exposure >= 0) & (made.exposure <= 1))), strict=True):
        raise RolloutError(
            "Plan, ligne %(row)s, période %(column)s : exposition %(value)s. "
            "Elle va de 0 (pas ouvert) à 1 (plein effet) ; laissez la case vide si rien n’y est mesuré.",
            row=row + 1,
            column=column + 1,
            value=made.exposure[row, column],
        )
    for row, column in zip(*np.nonzero(seen & ~((made.sizes > 0) & (made.sizes <= MOST))), strict=True):
        raise RolloutError(
            "Plan, ligne %(row)s, période %(column)s : effectif %(value)s. "
            "Donnez un nombre de personnes positif, ou laissez l’exposition vide si rien n’y est mesuré.",
            row=row + 1,
            column=column + 1,
            value=made.sizes[row, column],
        )
    for row in np.flatnonzero(~((made.clusters >= 0) & (made.clusters <= MOST))):
        raise RolloutError(
            "Plan, ligne %(row)s : %(value)s territoires. Donnez un nombre positif.",
            row=row + 1,
            value=made.clusters[row],
        )


def stepped_wedge(
    waves: Sequence[float],
    sizes: ArrayLike,
    *,
    baseline: int = 1,
    after: int = 1,
    transition: int = 0,
    ramp: Sequence[float] = (1.0,),
    never: float = 0,
) -> Design:
    """A wave opens at each period after ``baseline`` ones; the last one is followed for ``after`` periods.

    ``waves``: clusters in each; ``sizes``: persons a cluster and period (a number, one a wave, or a table);
    ``transition``: periods after opening that are not measured; ``ramp``: share of the full effect in the first,
    second… measured period, the last value holding after; ``never``: clusters that do not open (last row).

    >>> stepped_wedge([1, 1], sizes=10, transition=1, after=2).exposure
    array([[ 0., nan,  1.,  1.],
           [ 0.,  0., nan,  1.]])
    """
    if not len(waves):
        raise RolloutError("Aucune vague : donnez le nombre de territoires de chacune, par exemple 6,6,6,6.")
    if baseline < 0 or after < 1 or transition < 0:
        raise RolloutError(
            "Périodes avant ouverture et de transition : 0 ou plus ; périodes après la dernière : 1 ou plus."
        )
    if not len(ramp):
        raise RolloutError(
            "Montée en charge vide : donnez la part de l’effet à chaque période, par exemple 0.5,1."
        )
    periods = baseline + len(waves) - 1 + after
    _check_length(max(periods, transition))
    since = np.arange(periods)[None, :] - (baseline + np.arange(len(waves)))[:, None]
    effect = np.asarray(ramp, dtype=float)[np.clip(since - transition, 0, len(ramp) - 1)]
    exposure = np.where(since < 0, 0.0, np.where(since < transition, np.nan, effect))
    counts = [float(n) for n in waves]
    if never:
        exposure, counts = np.vstack([exposure, np.zeros(periods)]), [*counts, float(never)]
    return design(exposure, sizes, counts)


def parallel(treated: float, control: float, sizes: ArrayLike, *, before: int = 0, after: int = 1) -> Design:
    """Two arms: ``before`` periods without exposure, then ``after`` with it in the treated arm.

    >>> parallel(5, 5, sizes=30, before=1, after=2).exposure
    array([[0., 1., 1.],
           [0., 0., 0.]])
    """
    if before < 0 or after < 1:
        raise RolloutError(
            "Il faut au moins une période après l’ouverture, et un nombre de périodes avant positif ou nul."
        )
    periods = before + after
    _check_length(periods)
    return design(np.vstack([np.arange(periods) >= before, np.zeros(periods)]), sizes, [treated, control])
