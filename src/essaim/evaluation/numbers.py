"""Every number of an evaluation as rows of one table: effects, tests, checks, and where they come from.

A row is a dictionary of the ``COLUMNS`` that are defined for it, ready for JSON.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

from essaim.evaluation.origin import Origin
from essaim.evaluation.result import Estimate, Result, null_if_undefined
from essaim.evaluation.sensitivity import Bounded, Sensitivity
from essaim.evaluation.solidity import Solidity
from essaim.evaluation.solidity_reading import rows_of_effect, rows_of_nothing

Row = dict[str, object]

#: ``value`` is that of a row that is no effect: a share, a slope, a bound, a cost.
COLUMNS = (
    "kind", "group", "time", "key", "reference", "estimate", "se", "conf_low", "conf_high", "band_low", "band_high",
    "statistic", "df", "p_value", "corrected_p_value", "value", "n_treated", "n_control", "text",
)  # fmt: skip


def numbers(result: Result, solidity: Solidity | None = None) -> list[Row]:
    """The rows of a result, and of its checks if they were made."""
    rows = [*_effects(result), *_tested(result)]
    if solidity is not None:
        rows += [*_checks(solidity, result), *_bounds(solidity.sensitivity), *_single(solidity)]
    return rows


def as_csv(rows: Iterable[Mapping[str, object]]) -> str:
    """The rows as CSV: full precision, empty where undefined."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def numbers_csv(result: Result, solidity: Solidity | None = None) -> str:
    """Every number of the result as CSV, then where they come from."""
    return as_csv([*numbers(result, solidity), *_provenance(result)])


def _known(**row: object) -> Row:
    return {name: value for name, value in row.items() if value is not None}


def _defined(effect: Estimate) -> Row:
    """The numbers of an effect that are defined."""
    return _known(**{n: v if v is None else null_if_undefined(v) for n, v in effect._asdict().items()})


def _effects(result: Result) -> Iterator[Row]:
    for cell in result.cells:
        yield {
            "kind": "att_gt",
            "group": cell.group,
            "time": cell.time,
            "key": cell.since,
            **_defined(cell.effect),
            "n_treated": cell.n_treated,
            "n_control": cell.n_control,
        }
    for kind, found in result.aggregations.items():
        for key, effect in found.by:
            yield {"kind": kind, "key": key, **_defined(effect)}
        yield _known(kind=kind, key="overall", **_defined(found.overall), p_value=found.p_value)
        for one, other, effect in found.differences:
            yield {"kind": "difference", "key": one, "reference": other, **_defined(effect)}


def _tested(result: Result) -> Iterator[Row]:
    """The test of the effects before opening, where there was one."""
    found = result.pretest
    if found.p_value is not None:
        yield _known(
            kind="pretest",
            statistic=found.statistic,
            df=found.df,
            p_value=found.p_value,
            text=str(found.method),
        )


def _checks(found: Solidity, result: Result) -> Iterator[Row]:
    """The effect found otherwise, and effects where there should be none."""
    for name, effect in (*rows_of_effect(found, result)[1:], *rows_of_nothing(found)):
        yield {"kind": "solidity", "key": name, **_defined(effect)}
    if not isinstance(found.two_way, str):
        yield {"kind": "two_way", "key": "overall", **_defined(found.two_way.effect)}
        for one in found.two_way.comparisons:
            yield _known(
                kind=f"two_way_{one.kind}",
                group=one.group,
                reference=one.control,
                estimate=null_if_undefined(one.estimate),
                value=one.weight,
            )


def _bounds(found: Sensitivity | str) -> Iterator[Row]:
    """Intervals under each bound on the trends, then the bound under which they reach zero."""
    if isinstance(found, str):
        return
    families: tuple[tuple[str, tuple[Bounded, ...], float], ...] = (
        ("relative_magnitudes", found.relative, found.relative_breakdown),
        ("smoothness", found.smooth, found.smooth_breakdown),
    )
    for kind, bounds, breakdown in families:
        for b in bounds:
            interval = {"conf_low": null_if_undefined(b.low), "conf_high": null_if_undefined(b.high)}
            yield _known(kind=kind, key=b.bound, **interval)
        yield _known(kind=f"{kind}_breakdown", value=null_if_undefined(breakdown))
    yield {"kind": "largest_change_before", "value": found.largest_before}
    if found.within is not None:
        yield _known(kind="null_breakdown", key=found.threshold, value=null_if_undefined(found.within))


def _single(found: Solidity) -> Iterator[Row]:
    """The checks whose answer is one number: shares of comparisons, of false alarms, drifts that go unseen."""
    if not isinstance(found.two_way, str):
        for kind in ("never", "later", "earlier"):
            yield {"kind": "two_way_share", "key": kind, "value": found.two_way.share(kind)}
    if not isinstance(found.power, str):
        for one in found.power:
            yield {"kind": "undetected_drift", "key": one.chance, "value": one.slope}
            yield {"kind": "undetected_bias", "key": one.chance, "value": one.bias}
    if not isinstance(found.in_space, str):
        yield _known(kind="false_openings_share", value=null_if_undefined(found.in_space.share))


def _provenance(result: Result) -> Iterator[Row]:
    """The settings and fingerprints of the estimation, the origin of its panel, its warnings."""
    for name, value in result.provenance.items():
        if isinstance(value, str | int | float):
            yield {"kind": "provenance", "key": name, "text": str(value)}
    origin = Origin.of(result)
    for name, text in (("window", origin.window), ("source", origin.source)):
        if text:
            yield {"kind": "provenance", "key": name, "text": text}
    for warning in (*origin.notes, *result.warnings):
        yield {"kind": "warning", "text": str(warning)}
