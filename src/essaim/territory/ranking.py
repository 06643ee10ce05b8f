"""From a study and a table to a robust ranking, with everything that a committee may ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

import essaim
from essaim.territory.codes import LEVELS, region_of_department, territories
from essaim.territory.criteria import Notes, notes
from essaim.territory.smaa import Acceptability, Missing, Status, acceptability, pairwise_winning
from essaim.territory.study import Scope, Study, StudyError, digest, to_dict
from essaim.territory.table import Floats, Table
from essaim.territory.weights import Draws, WeightSpace, draw, weight_space
from essaim.words import told

MOST_CONTENDERS: Final = 40


@dataclass(frozen=True)
class Ranking:
    """What a study gives on a table. Rows are in the order of ``notes.codes``.

    ``point`` (n,): score with the mean admissible weights, and ``point_rank`` (n,) from 1: the usual single ranking,
    given for comparison. ``simulated``: labels of the criteria whose values were invented; one is enough to label
    the whole ranking.
    """

    study: Study
    notes: Notes
    space: WeightSpace
    draws: Draws
    accept: Acceptability
    simulated: tuple[str, ...]
    carried_down: tuple[str, ...]
    provenance: Mapping[str, Any]

    @cached_property
    def mean_weights(self) -> Floats:
        return np.asarray(self.draws.weights.mean(axis=0))

    @cached_property
    def point(self) -> Floats:
        return np.asarray(self.notes.values @ self.mean_weights)

    @cached_property
    def point_rank(self) -> Floats:
        return np.asarray(rankdata(-np.round(self.point, 9), method="min"))

    @cached_property
    def order(self) -> list[int]:
        """Rows from the most to the least often among the first k; then by point score, then by code."""
        keys = zip(self.accept.top, np.round(self.point, 9), self.notes.codes, strict=True)
        ranked = sorted(enumerate(keys), key=lambda r: (-r[1][0], -r[1][1], r[1][2]))
        return [i for i, _ in ranked]

    @cached_property
    def statuses(self) -> list[Status]:
        return self.accept.statuses()

    @cached_property
    def rank_interval(self) -> NDArray[np.int64] | None:
        return self.accept.rank_interval()

    @cached_property
    def mean_rank(self) -> Floats | None:
        return self.accept.mean_rank()

    def row(self, code: str) -> int:
        """Row of a territory, or why it has none."""
        if code in self.notes.codes:
            return self.notes.codes.index(code)
        lacks = self.notes.left_out.get(code)
        if lacks is not None:
            raise StudyError(
                told(
                    "%(code)s n’est pas classé : valeur manquante pour %(lacks)s.",
                    code=code,
                    lacks=", ".join(lacks),
                )
            )
        raise StudyError(told("%(code)s n’est pas dans le périmètre de l’étude.", code=code))

    def codes_of(self, status: Status) -> list[str]:
        return [self.notes.codes[i] for i in self.order if self.statuses[i] == status]

    def duel(self) -> tuple[list[str], Floats]:
        """The territories most often in (at most 40) and the share of weights with which each beats each other."""
        rows = [i for i in self.order if self.accept.top[i] > 0][:MOST_CONTENDERS]
        return [self.notes.codes[i] for i in rows], pairwise_winning(
            self.notes.values[rows], self.draws.weights
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data to store, export or show."""
        keys = [c.key for c in self.notes.criteria]
        return {
            "study": to_dict(self.study),
            "simulated": list(self.simulated),
            "carried_down": list(self.carried_down),
            "ranking": [self._row(i) for i in self.order],
            "left_out": {c: list(lacks) for c, lacks in self.notes.left_out.items()},
            "mean_weights": dict(zip(keys, self.mean_weights.round(6).tolist(), strict=True)),
            "same_set_share": round(self.accept.same_set, 6),
            "provenance": dict(self.provenance),
        }

    def _row(self, i: int) -> dict[str, Any]:
        keys = [c.key for c in self.notes.criteria]
        row: dict[str, Any] = {
            "code": self.notes.codes[i],
            "name": self.notes.names[i],
            "status": self.statuses[i],
            "top_share": round(float(self.accept.top[i]), 6),
            "top_low": round(float(self.accept.low[i]), 6),
            "top_high": round(float(self.accept.high[i]), 6),
            "point_score": round(float(self.point[i]), 6),
            "point_rank": int(self.point_rank[i]),
            "notes": dict(zip(keys, self.notes.values[i].round(6).tolist(), strict=True)),
            "filled": [k for j, k in enumerate(keys) if self.notes.filled[i, j]],
            "unknown": [k for j, k in enumerate(keys) if self.notes.unknown[i, j]],
        }
        if self.rank_interval is not None and self.mean_rank is not None:
            low, high = self.rank_interval[i].tolist()
            row |= {"rank_low": low, "rank_high": high, "rank_mean": round(float(self.mean_rank[i]), 3)}
        if np.isfinite(self.accept.central[i]).all():
            row["central_weights"] = dict(zip(keys, self.accept.central[i].round(4).tolist(), strict=True))
        return row


def in_scope(study: Study, table: Table) -> Table:
    """The rows of the table that the study's scope keeps."""
    scope, known = study.scope, set(table.codes)
    unknown = [c for c in (*scope.codes, *scope.without) if c not in known]
    if unknown:
        raise StudyError(
            told("Codes du périmètre absents de la table : %(unknown)s.", unknown=", ".join(unknown[:5]))
        )
    kept = set(scope.codes or known) - set(scope.without)
    if scope.regions or scope.departments:
        kept &= _inside(table, scope)
    if not kept:
        raise StudyError(told("Aucun territoire dans ce périmètre : élargissez scope."))
    return table.only(kept)


def _inside(table: Table, scope: Scope) -> set[str]:
    """Codes in the scope's régions or départements; a territory over several is of its most populated one."""
    level = next((level for level in LEVELS if level == table.level), None)
    if level is not None:
        of = {code: place.departments[0] for code, place in territories(level).items()}
        regions = {code: place.region for code, place in territories(level).items()}
    elif table.departments:
        of = dict(table.departments)
        regions = {code: region_of_department()[departement] for code, departement in of.items()}
    else:
        raise StudyError(
            told(
                "Pour l’unité « %(level)s », donnez la liste des codes : régions et départements "
                "n’y sont pas connus. Importez la liste officielle de ces territoires pour choisir par région.",
                level=table.level,
            )
        )
    return {code for code in of if regions[code] in scope.regions or of[code] in scope.departments}


def run(study: Study, table: Table) -> Ranking:
    """The ranking of a study on a table whose columns hold its indicators."""
    if table.level != study.unit:
        raise StudyError(
            told(
                "La table est au niveau « %(level)s » et l’étude au niveau « %(unit)s ».",
                level=table.level,
                unit=study.unit,
            )
        )
    kept = in_scope(study, table)
    found = notes(study.criteria, kept)
    if study.k > len(found.codes):
        raise StudyError(
            told(
                "k vaut %(k)s pour %(codes)s territoires classés : baissez k.",
                k=study.k,
                codes=len(found.codes),
            )
        )
    space = weight_space(study.weights, [c.key for c in study.criteria], study.families())
    draws = draw(space, study.samples, study.seed)
    accept = acceptability(
        found.values,
        draws.weights,
        study.k,
        effective=draws.effective,
        missing=_holes(found),
        seed=study.seed,
    )
    indicators = [c.indicator for c in study.criteria]
    return Ranking(
        study,
        found,
        space,
        draws,
        accept,
        tuple(kept.column(k).measure.label for k in indicators if kept.column(k).measure.simulated),
        tuple(kept.column(k).measure.label for k in indicators if kept.carried_down(k)),
        _provenance(study, kept, draws),
    )


def _holes(found: Notes) -> tuple[Missing, ...]:
    holes = []
    for row, column in zip(*np.nonzero(found.unknown), strict=True):
        known = found.values[~found.unknown[:, column], column]
        holes.append(Missing(int(row), int(column), known))
    return tuple(holes)


def _provenance(study: Study, table: Table, draws: Draws) -> dict[str, Any]:
    used = [table.column(c.indicator) for c in study.criteria]
    values = {c.measure.key: [None if np.isnan(v) else float(v) for v in c.values] for c in used}
    return {
        "study_sha256": study.fingerprint(),
        "data_sha256": digest({"level": table.level, "codes": table.codes, "values": values}),
        "version": essaim.__version__,
        "numpy": np.__version__,
        "seed": study.seed,
        "draws": len(draws.weights),
        "effective_draws": round(draws.effective),
        "sampler": draws.method,
        "acceptance": draws.acceptance,
        "measures": [asdict(c.measure) for c in used],
    }
