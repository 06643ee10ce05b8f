"""All that puts a conclusion to the test, gathered: each check with its result, or the reason why it was not made."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TypeVar

import polars as pl

from essaim.evaluation import credibility
from essaim.evaluation.credibility import SpacePlacebo, Spillover
from essaim.evaluation.errors import EvaluationError
from essaim.evaluation.event_path import EventPath, event_path
from essaim.evaluation.options import Options
from essaim.evaluation.other_estimators import OtherEstimators, TwoWay
from essaim.evaluation.panel import Panel
from essaim.evaluation.pretest_power import Undetected, pretest_power
from essaim.evaluation.reading import margin
from essaim.evaluation.result import Estimate, Json, Result, null_if_undefined
from essaim.evaluation.sensitivity import Sensitivity, sensitivity
from essaim.words import marked

Found = TypeVar("Found")

#: French name of each check, for the list of those that were not made.
NAMES = {
    "sensitivity": "sensibilité à des courbes non parallèles",
    "power": "puissance du test avant l’ouverture",
    "imputation": "imputation",
    "random_timing": "estimateur d’un ordre tiré au sort",
    "two_way": "régression à deux effets fixes",
    "waves": "une vague de moins",
    "by_region": "erreurs par région",
    "in_time": "fausse ouverture",
    "in_space": "faux déploiements",
    "neighbours": "voisines mises à part",
}


@dataclass(frozen=True, slots=True)
class Solidity:
    """Each check of ``NAMES``: what it found, or a French sentence that says why it was not made."""

    sensitivity: Sensitivity | str
    power: tuple[Undetected, ...] | str
    imputation: Estimate | str
    random_timing: Estimate | str
    two_way: TwoWay | str
    waves: tuple[tuple[int | str, Estimate], ...] | str
    by_region: Estimate | str
    in_time: tuple[Estimate, int] | str
    in_space: SpacePlacebo | str
    neighbours: Spillover | str

    @property
    def not_made(self) -> list[tuple[str, str]]:
        """Names and reasons of the checks that were not made."""
        values = [(field.name, getattr(self, field.name)) for field in fields(self)]
        return [(NAMES[name], value) for name, value in values if isinstance(value, str)]

    def to_json(self) -> Json:
        """Each check by its name: its numbers, or ``{"reason"}`` where it was not made."""
        return {field.name: _json(getattr(self, field.name)) for field in fields(self)}


def _json(found: object) -> object:
    match found:
        case str():
            return {"reason": found}
        case Sensitivity() | Estimate() | Undetected():
            return found.to_json()
        case TwoWay():
            shares = {kind: found.share(kind) for kind in ("never", "later", "earlier")}
            return {**found.effect.to_json(), "shares": shares}
        case SpacePlacebo():
            return {
                "share": null_if_undefined(found.share),
                "draws": found.draws,
                "units": found.units,
                "together": found.together,
            }
        case Spillover():
            return {
                "units": found.units,
                "apart": found.apart.to_json(),
                "on_them": found.on_them.to_json(),
            }
        case (Estimate() as effect, int(count)):
            return {**effect.to_json(), "periods": count}
        case tuple() if found and isinstance(found[0], tuple):
            return [{"without": key, **effect.to_json()} for key, effect in found]
        case tuple():
            return [_json(one) for one in found]
    raise TypeError(f"no JSON for {type(found)}")


def examine(
    panel: Panel,
    options: Options,
    result: Result,
    neighbours: pl.DataFrame | None = None,
    smallest: float | None = None,
) -> Solidity:
    """Put the ``result`` of a panel to the test.

    ``neighbours`` has two columns of names of units; ``smallest`` is the smallest effect that matters, as
    ``reading.margin`` takes it. Checks that cannot be made say why; none raises.
    """

    path = _made(lambda: event_path(panel, options))

    def known() -> EventPath:
        if isinstance(path, str):
            raise EvaluationError(path)
        return path

    def drawn() -> Estimate:
        if not result.facts.drawn:
            raise EvaluationError(marked("L’ordre des vagues n’a pas été tiré au sort."))
        return OtherEstimators(panel, options).random_timing()[0]

    def next_door() -> Spillover:
        if neighbours is None:
            raise EvaluationError(
                marked(
                    "Les voisines des unités ne sont pas connues : elles le sont pour les départements et les "
                    "intercommunalités désignés par leur code."
                )
            )
        return credibility.spillover(panel, neighbours, options)

    together, limit = result.facts.concentrated, margin(result, smallest)
    return Solidity(
        sensitivity=_made(
            lambda: sensitivity(known(), threshold=limit, level=options.level, seed=options.seed)
        ),
        power=_made(lambda: pretest_power(known(), options.level, options.seed)),
        imputation=_made(lambda: OtherEstimators(panel, options).imputation()),
        random_timing=_made(drawn),
        two_way=_made(lambda: OtherEstimators(panel, options).two_way()),
        waves=_made(lambda: credibility.leave_one_wave_out(panel, options)),
        by_region=_made(lambda: credibility.clustered_by_region(panel, options)),
        in_time=_made(lambda: credibility.placebo_in_time(panel, options)),
        in_space=_made(lambda: credibility.placebo_in_space(panel, options, together=together)),
        neighbours=_made(next_door),
    )


def _made(check: Callable[[], Found]) -> Found | str:
    try:
        return check()
    except EvaluationError as reason:
        return reason.said
