"""A covering problem: which sites reach which places, and the limits on what may be chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix, vstack

from essaim.territory.table import Floats
from essaim.words import SaidError, told

Indices = NDArray[np.int64]


class CoverError(SaidError):
    """A covering problem that no choice of sites satisfies."""


@dataclass(frozen=True, slots=True)
class Cover:
    """The problem. ``reach`` (sites, places): which places each candidate covers; ``people`` (places,).

    ``costs`` (sites,) with ``budget``; ``size``: at most so many sites; ``group`` (sites,) from 0 with
    ``group_most`` (groups,) and ``group_least`` (groups,); ``group_names``: what errors call them, numbers else.
    """

    reach: csr_matrix
    people: Floats
    costs: Floats | None = None
    budget: float | None = None
    size: int | None = None
    group: Indices | None = None
    group_most: Indices | None = None
    group_least: Indices | None = None
    group_names: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise ``CoverError`` for a problem that means nothing or that a quota alone makes impossible."""
        if (self.people < 0).any() or (self.costs is not None and (self.costs <= 0).any()):
            raise CoverError("Les populations ne peuvent être négatives, ni les coûts négatifs ou nuls.")
        if (self.group_most is not None or self.group_least is not None) and self.group is None:
            raise CoverError("Des quotas sont donnés sans dire à quel groupe appartient chaque site.")
        if self.group is not None and self.group_least is not None:
            have = np.bincount(self.group, minlength=len(self.group_least))
            if (have < self.group_least).any():
                short = int(np.flatnonzero(have < self.group_least)[0])
                raise CoverError(
                    "Le groupe %(group)s n’a que %(have)s candidats pour un minimum de %(least)s.",
                    group=self.called(short),
                    have=have[short],
                    least=self.group_least[short],
                )

    def limits(self) -> Limits:
        """Budget, number of sites and quotas as rows ``low <= rows x <= high`` on 0-1 variables, one a site."""
        n = self.reach.shape[0]
        rows, low, high = [csr_matrix((0, n))], [np.empty(0)], [np.empty(0)]
        for weights, limit in ((self.costs, self.budget), (np.ones(n), self.size)):
            if weights is not None and limit is not None:
                rows.append(csr_matrix(weights[None, :]))
                low.append(np.array([-np.inf]))
                high.append(np.array([float(limit)]))
        if self.group is not None:
            count = self.groups()
            rows.append(csr_matrix((np.ones(n), (self.group, np.arange(n))), shape=(count, n)))
            least, most = self.group_least, self.group_most
            low.append(np.full(count, -np.inf) if least is None else least.astype(float))
            high.append(np.full(count, np.inf) if most is None else most.astype(float))
        return Limits(csr_matrix(vstack(rows)), np.concatenate(low), np.concatenate(high))

    def called(self, group: int) -> str:
        return told("« %(name)s »", name=self.group_names[group]) if self.group_names else str(group)

    def groups(self) -> int:
        """Number of groups: those that sites name, and those that quotas name."""
        quotas = [len(q) for q in (self.group_most, self.group_least) if q is not None]
        named = 1 if self.group is None else int(self.group.max()) + 1
        return max([named, *quotas])


@dataclass(frozen=True, slots=True)
class Limits:
    """``low <= rows x <= high`` for a choice x (sites,)."""

    rows: csr_matrix
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Classes:
    """Places that the same sites reach, as one: ``reach`` (sites, classes), ``people`` (classes,).

    ``of_place`` (places,): class of each place, -1 where no site reaches it or nobody lives.
    """

    reach: csc_matrix
    people: Floats
    of_place: Indices


def merge_places(reach: csr_matrix, people: Floats) -> Classes:
    """The classes of places that the same rows of ``reach`` (sites, places) reach."""
    columns = csc_matrix(reach)
    # Places with the same sites get the same sum of random numbers; others differ (by chance 1 in 10^9).
    mark = np.random.default_rng(0).random(columns.shape[0])
    _, first, of_place = np.unique(np.round(columns.T @ mark, 10), return_index=True, return_inverse=True)
    total = np.bincount(of_place, people)
    kept = (np.diff(columns.indptr)[first] > 0) & (total > 0)
    number = np.where(kept, np.cumsum(kept) - 1, -1)
    return Classes(csc_matrix(columns[:, first[kept]]), total[kept], number[of_place])
