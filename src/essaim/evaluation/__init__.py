"""Evaluation of roll-outs in waves: group-time effects, their aggregations and honest inference.

>>> import polars as pl
>>> rows = pl.DataFrame({
...     "unit": ["a"] * 2 + ["b"] * 2 + ["c"] * 2 + ["d"] * 2, "time": [1, 2] * 4,
...     "cohort": [2, 2, 2, 2, 0, 0, 0, 0], "outcome": [1.0, 4.0, 2.0, 6.0, 0.0, 1.0, 3.0, 4.0],
... })
>>> result = estimate(Panel.from_frame(rows))
>>> result.aggregations["simple"].overall.estimate
2.5
"""

from essaim.evaluation.chart import event_rows, event_study_svg, wave_rows, waves_svg
from essaim.evaluation.errors import EvaluationError, PanelError
from essaim.evaluation.estimation import estimate
from essaim.evaluation.numbers import numbers_csv
from essaim.evaluation.options import Options
from essaim.evaluation.panel import Panel
from essaim.evaluation.reading import Verdict, read_plainly, verdict
from essaim.evaluation.redraw import RecordedDraw
from essaim.evaluation.report import (
    build_report,
    replay_script,
    report_body,
    report_docx,
    report_html,
    report_pdf,
)
from essaim.evaluation.result import Aggregation, Cell, Estimate, Facts, Result
from essaim.evaluation.waves import BuiltPanel, Window, build_panel

__all__ = [
    "Aggregation",
    "BuiltPanel",
    "Cell",
    "Estimate",
    "EvaluationError",
    "Facts",
    "Options",
    "Panel",
    "PanelError",
    "RecordedDraw",
    "Result",
    "Verdict",
    "Window",
    "build_panel",
    "build_report",
    "estimate",
    "event_rows",
    "event_study_svg",
    "numbers_csv",
    "read_plainly",
    "replay_script",
    "report_body",
    "report_docx",
    "report_html",
    "report_pdf",
    "verdict",
    "wave_rows",
    "waves_svg",
]
