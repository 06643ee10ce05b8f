"""Record what csdid 0.4.3 and moderndid 0.2.0 (both MIT) find on the cases of the differential test.

Run in an environment that has them and this repository's ``tests`` on its path; csdid reproduces R's ``did`` 2.5:
``python -m scripts.record_evaluation_oracles tests/reference/data/evaluation_oracles.json
tests/reference/data/evaluation_second_oracle.json``
"""

import contextlib
import io
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from csdid.att_gt import ATTgt
from moderndid import aggte, att_gt

from tests.evaluation_cases import CASES, OTHER_CASES, Case, draw


def numbers(values: Any) -> list[float | None]:
    """A list that JSON can hold, ``None`` for what is undefined."""
    flat = np.asarray(
        [np.nan if v is None else v for v in np.atleast_1d(np.asarray(values, dtype=object))], float
    )
    return [float(v) if np.isfinite(v) else None for v in flat]


def record(case: Case) -> dict[str, Any]:
    """Cells, aggregations and pre-test of one case."""
    frame = pd.DataFrame(draw(case))
    names = ["x1", "x2"][: case.covariates]
    fit = ATTgt(
        yname="outcome",
        tname="time",
        idname="unit",
        gname="cohort",
        data=frame,
        control_group=case.control,
        xformla="outcome ~ " + (" + ".join(names) or "1"),
        panel=not case.cross_sections,
        allow_unbalanced_panel=case.missing > 0,
        clustervar="cluster" if case.clusters else None,
        weights_name=None if case.weights == "none" else "weight",
        anticipation=case.anticipation,
    ).fit(est_method=case.method, base_period=case.base, bstrap=False)
    result = fit.results
    found: dict[str, Any] = {
        "cohorts": [int(g) for g in result["group"]],
        "periods": [int(t) for t in result["year"]],
        "att": numbers(result["att"]),
        "se": numbers(result["se"]),
        "pretest_p": numbers(fit.MP["Wpval"])[0],
    }
    for kind in ("simple", "dynamic", "group", "calendar"):
        agg = fit.aggte(typec=kind, na_rm=True, bstrap=False, cband=False).atte
        found[kind] = {"overall": numbers([agg["overall_att"], agg["overall_se"]])}
        if kind != "simple":
            found[kind] |= {
                "keys": [int(k) for k in agg["egt"]],
                "att": numbers(agg["att_egt"]),
                "se": numbers(agg["se_egt"]),
            }
    return found


def second(case: Case) -> dict[str, Any]:
    """The same of another case, by moderndid."""
    names = ["x1", "x2"][: case.covariates]
    frame = pl.DataFrame(draw(case)).cast(dict.fromkeys(("unit", "time", "cohort"), pl.Float64))  # type: ignore[arg-type]
    fit = att_gt(
        data=frame,
        yname="outcome",
        tname="time",
        idname=None if case.cross_sections else "unit",
        gname="cohort",
        xformla="~ " + " + ".join(names) if names else None,
        weightsname=None if case.weights == "none" else "weight",
        cband=False,
        clustervars=["cluster"] if case.clusters else None,
        est_method=case.method,
        panel=not case.cross_sections,
        allow_unbalanced_panel=case.missing > 0,
        control_group=case.control,
        anticipation=case.anticipation,
        base_period=case.base,
    )
    found: dict[str, Any] = {
        "cohorts": [int(g) for g in fit.groups],
        "periods": [int(t) for t in fit.times],
        "att": numbers(fit.att_gt),
        "se": numbers(fit.se_gt),
        "pretest_p": numbers(fit.wald_pvalue)[0],
    }
    for kind in ("simple", "dynamic", "group", "calendar"):
        balance = case.window if kind == "dynamic" else None
        made = aggte(fit, type=kind, balance_e=balance, na_rm=True, cband=False)
        found[kind] = {"overall": numbers([made.overall_att, made.overall_se])}
        if kind != "simple":
            found[kind] |= {
                "keys": [int(k) for k in made.event_times],
                "att": numbers(made.att_by_event),
                "se": numbers(made.se_by_event),
            }
    return found


def main(first: Path, other: Path) -> None:
    """Write the records of all the cases."""
    warnings.simplefilter("ignore")
    for path, cases, how in ((first, CASES, record), (other, OTHER_CASES, second)):
        with contextlib.redirect_stdout(io.StringIO()):
            found = {case.name: how(case) for case in cases}
        path.write_text(json.dumps(found, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
