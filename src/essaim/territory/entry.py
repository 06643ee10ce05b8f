"""Can a territory enter at all? An exact answer, where draws can only say « never seen ».

A mixed-integer program looks for admissible weights with the fewest others ahead: with binaries z_j,
``(v_j - v_i) · w <= z_j`` for every other j (notes are in [0, 1], so 1 bounds the left side). When the least number
of others ahead is below k, the weights found are the proof that it may enter; when it is proven to be k or more, the
territory is excluded whatever the admissible weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, diags, hstack, vstack

from essaim.territory.ranking import Ranking
from essaim.territory.solver import Program, solve
from essaim.territory.table import Floats

# HiGHS lets a row be violated by this much.
FEASIBILITY = 1e-6


@dataclass(frozen=True, slots=True)
class Entry:
    """``best_rank``: best rank found with admissible ``weights``; ``proven``: none better exists."""

    code: str
    best_rank: int
    weights: dict[str, float]
    proven: bool
    can_enter: bool | None


def entry(ranking: Ranking, code: str, seconds: float = 10.0) -> Entry:
    """The best rank that admissible weights can give a territory, ties in its favour.

    ``can_enter``: True with a witness, False with a proof, None when time ran out before either.
    """
    row = ranking.row(code)
    gaps = np.delete(ranking.notes.values, row, axis=0) - ranking.notes.values[row]
    # Dominated rivals never count; those who dominate always do. Only the rest needs a binary.
    never, always = (gaps <= 0).all(axis=1), (gaps > 0).all(axis=1)
    weights, ahead, proven = _solve(ranking, gaps[~never & ~always], seconds)
    best = int(always.sum()) + ahead + 1
    k = ranking.study.k
    keys = [c.key for c in ranking.notes.criteria]
    return Entry(
        code,
        best,
        dict(zip(keys, weights.round(6).tolist(), strict=True)),
        proven,
        True if best <= k else False if proven else None,
    )


def _solve(ranking: Ranking, gaps: Floats, seconds: float) -> tuple[Floats, int, bool]:
    """Weights, number of ``gaps`` rows left ahead, and whether that number is proven least."""
    m, rivals = len(ranking.notes.criteria), len(gaps)
    a, b, e, f = ranking.space.matrices()
    admissible = csr_matrix(np.hstack([np.vstack([a, e]), np.zeros((len(a) + len(e), rivals))]))
    # w gap <= z max(gap): one z a rival, 1 when the rival stays ahead.
    ahead = hstack([csr_matrix(gaps), diags(-gaps.max(axis=1))]) if rivals else csr_matrix((0, m))
    program = Program(
        cost=np.r_[np.zeros(m), np.ones(rivals)],
        rows=csr_matrix(vstack([admissible, ahead])),
        row_low=np.r_[np.full(len(b), -np.inf), f, np.full(rivals, -np.inf)],
        row_high=np.r_[b, f, np.zeros(rivals)],
        low=np.zeros(m + rivals),
        high=np.ones(m + rivals),
        integer=np.r_[np.zeros(m, bool), np.ones(rivals, bool)],
    )
    drawn = _best_draw(ranking, gaps)
    found = solve(program, seconds, start=np.r_[drawn, gaps @ drawn > 0])
    weights = found.values[:m] if found.outcome in ("optimal", "feasible") else drawn
    return weights, int((gaps @ weights > FEASIBILITY).sum()), found.outcome == "optimal"


def _best_draw(ranking: Ranking, gaps: Floats) -> Floats:
    """The draw with the fewest rivals ahead, to start from."""
    weights = ranking.draws.weights[:2_000]
    return np.asarray(weights[int((weights @ gaps.T > 0).sum(axis=1).argmin())])
