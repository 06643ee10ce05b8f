"""What an evaluation gives back: effects with their uncertainty, warnings, and where they come from."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from essaim.evaluation.bands import Pretest
from essaim.evaluation.columns import Floats
from essaim.evaluation.periods import Calendar

Json = dict[str, object]


def null_if_undefined(value: float) -> float | None:
    """JSON knows neither NaN nor infinity: both are ``null``."""
    return float(value) if math.isfinite(value) else None


class Estimate(NamedTuple):
    """One effect. Undefined numbers are NaN; ``band_*`` are ``None`` where no simultaneous band applies."""

    estimate: float
    se: float
    conf_low: float
    conf_high: float
    df: float = math.inf
    band_low: float | None = None
    band_high: float | None = None

    def to_json(self) -> Json:
        """``{"estimate", "se", "conf_low", "conf_high"}`` and the band where there is one."""
        shown: Json = {
            name: null_if_undefined(getattr(self, name))
            for name in ("estimate", "se", "conf_low", "conf_high")
        }
        if self.band_low is not None and self.band_high is not None:
            shown["band_low"] = null_if_undefined(self.band_low)
            shown["band_high"] = null_if_undefined(self.band_high)
        return shown

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.conf_low > 0 or self.conf_high < 0


class Cell(NamedTuple):
    """The effect on one cohort in one period; ``reference`` for the base period of a universal base."""

    group: int | str
    time: int | str
    since: int
    effect: Estimate
    n_treated: int
    n_control: int
    reference: bool = False

    def to_json(self) -> Json:
        """``{"group", "time", "att", "se", "n_treated", "n_control"}``."""
        return {
            "group": self.group,
            "time": self.time,
            "att": null_if_undefined(self.effect.estimate),
            "se": null_if_undefined(self.effect.se),
            "n_treated": self.n_treated,
            "n_control": self.n_control,
        }


#: Name, in JSON, of what the estimates of each aggregation are indexed by.
KEY_NAMES = {"event": "event_time", "group": "group", "calendar": "time", "by": "value"}


@dataclass(frozen=True, slots=True)
class Aggregation:
    """The estimates of one aggregation: the overall one and one for each key, in order.

    ``p_value`` (of no overall effect) comes with the resampling inferences, for the simple aggregation only.
    """

    kind: str
    overall: Estimate
    by: tuple[tuple[int | str, Estimate], ...] = ()
    p_value: float | None = None
    differences: tuple[tuple[str, str, Estimate], ...] = ()

    def to_json(self) -> Json:
        """``E`` for the simple aggregation, else ``{"overall": E, "by": [{key, …E}]}``."""
        if self.kind == "simple":
            return self.overall.to_json()
        name = KEY_NAMES[self.kind]
        shown: Json = {
            "overall": self.overall.to_json(),
            "by": [{name: key, **effect.to_json()} for key, effect in self.by],
        }
        if self.kind == "by":
            shown["differences"] = [
                {"value": one, "reference": other, **effect.to_json()}
                for one, other, effect in self.differences
            ]
        return shown


@dataclass(frozen=True, slots=True)
class Facts:
    """What the reading needs to know of the panel: sizes, waves, scale of the outcome."""

    outcome_name: str
    units: int
    treated: int
    never: int
    waves: tuple[tuple[int | str, int], ...]
    periods: int
    first_period: str
    last_period: str
    outcome_mean: float
    outcome_sd: float
    treated_regions: float | None = None
    concentrated: bool = False
    simulated: bool = False
    drawn: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """An evaluation. ``event_covariance`` is that of the estimates by time since opening, in their order (0 × 0
    where they were not asked for). ``traced`` makes what is needed to replay it."""

    cells: tuple[Cell, ...]
    aggregations: dict[str, Aggregation]
    pretest: Pretest
    warnings: tuple[str, ...]
    facts: Facts
    calendar: Calendar
    event_covariance: Floats
    traced: Callable[[], Json]
    level: float = 0.95

    @property
    def provenance(self) -> Json:
        """What is needed to replay the evaluation: fingerprint of the data, options, version.

        Made when it is first asked for: the SHA-256 of a large panel takes as long as its effects.
        """
        return self.traced()

    def to_json(self) -> Json:
        """The object that ``essaim evaluate --json`` prints."""
        return {
            "att_gt": [cell.to_json() for cell in self.cells],
            "aggregations": {kind: found.to_json() for kind, found in self.aggregations.items()},
            "pretest": {
                "statistic": self.pretest.statistic,
                "df": self.pretest.df,
                "p_value": self.pretest.p_value,
            },
            "warnings": list(self.warnings),
            "provenance": self.provenance,
        }
