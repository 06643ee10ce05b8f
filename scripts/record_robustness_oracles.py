"""Record what diff-diff 3.13 and pyfixest 0.60 (both MIT) find with other estimators on cases of the differential test.

Imputation and the Goodman-Bacon decomposition come from diff-diff, the two-way coefficient from pyfixest. Run in
an environment that has both, from the repository:
``python -m scripts.record_robustness_oracles tests/reference/data/robustness_oracles.json``
"""

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import pyfixest
from diff_diff import BaconDecomposition, ImputationDiD

from tests.evaluation_cases import CASES, Case, draw

NAMES = ("nevertreated-varying-a0", "gaps", "tiny-groups", "one-cohort", "late-cohorts")


def record(case: Case) -> dict[str, Any]:
    """The three answers of one case."""
    frame = pd.DataFrame(draw(case))
    last = frame["time"].max()
    frame.loc[frame["cohort"] > last, "cohort"] = 0
    # diff-diff counts periods by one: positions stand for dates where there are gaps.
    order = {t: i + 1 for i, t in enumerate(sorted(frame["time"].unique()))}
    frame["cohort"] = frame["cohort"].map(
        lambda g: min((order[t] for t in order if t >= g), default=0) if g else 0
    )
    frame["time"] = frame["time"].map(order)
    columns = {"outcome": "outcome", "unit": "unit", "time": "time", "first_treat": "cohort"}
    imputed = ImputationDiD().fit(frame, **columns)
    bacon = BaconDecomposition(weights="exact").fit(frame, **columns)
    frame["exposed"] = ((frame["cohort"] > 0) & (frame["time"] >= frame["cohort"])).astype(int)
    two_way = pyfixest.feols("outcome ~ exposed | unit + time", frame)
    return {
        "imputation": float(imputed.overall_att),
        "imputation_se": float(imputed.overall_se),
        "two_way": float(two_way.coef()["exposed"]),
        "comparisons": sorted(
            [str(c.comparison_type), float(c.weight), float(c.estimate)] for c in bacon.comparisons
        ),
    }


def main(path: Path) -> None:
    """Write the record of all the cases."""
    warnings.simplefilter("ignore")
    found = {case.name: record(case) for case in CASES if case.name in NAMES}
    path.write_text(json.dumps(found, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
