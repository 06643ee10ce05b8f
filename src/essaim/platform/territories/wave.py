"""The wave chosen from a ranking: exact, under the committee's constraints, with what else was nearly as good."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from essaim.platform.telling import refusal, tell
from essaim.territory.composition import compose
from essaim.territory.plan import Plan, read_plan
from essaim.territory.portfolio import Choice, PortfolioError
from essaim.territory.ranking import Ranking
from essaim.territory.table import Table, TableError

CONTENDERS = 2_000
SECONDS = 10.0
OBJECTIVES = {
    "acceptability": gettext_lazy("les territoires qui sont le plus souvent parmi les premiers"),
    "score": gettext_lazy("le meilleur score moyen"),
    "coverage": gettext_lazy("le plus d’habitants à portée d’un site"),
}


def read(asked: Mapping[str, Any]) -> Plan:
    """The plan that ``asked`` states; ``ValidationError`` with every problem."""
    plan, problems = read_plan(asked)
    if plan is None:
        raise ValidationError([tell(problem) for problem in problems])
    return plan


def choose_wave(ranking: Ranking, plan: Plan, table: Table) -> dict[str, Any]:
    """The best wave of this plan as plain data, and up to three others within 1 % of it, told by name.

    Errors: ``ValidationError`` naming the constraints that cannot hold together.
    """
    try:
        found = compose(ranking, plan, table, SECONDS, most=CONTENDERS, others=3)
    except (PortfolioError, TableError) as error:
        raise refusal(error) from error
    names = dict(zip(ranking.notes.codes, ranking.notes.names, strict=True))
    return {
        "codes": list(found.best.codes),
        "value": round(found.best.value, 6),
        "gap": round(found.best.gap, 6),
        "optimal": found.best.optimal,
        "used": dict(found.best.used),
        "covered": found.best.covered,
        "simulated": list(found.simulated),
        "others": [_difference(found.best, other, names) for other in found.others],
        "imposed": [
            {
                "code": f.code,
                "name": names[f.code],
                "share": f.loss / (found.best.value + f.loss or 1.0),
                "out": [names[code] for code in f.leaving],
            }
            for f in found.imposed
        ],
    }


def _difference(best: Choice, other: Choice, names: Mapping[str, str]) -> dict[str, Any]:
    first, second = set(best.codes), set(other.codes)
    return {
        "out": [names[code] for code in best.codes if code not in second],
        "in": [names[code] for code in other.codes if code not in first],
        "value": round(other.value, 6),
    }


def in_words(plan: Plan, found: Mapping[str, Any]) -> Iterator[str]:
    """What was asked of the wave, a sentence each, and what it spends and covers."""
    yield _("On cherche %(objective)s.") % {"objective": OBJECTIVES[plan.objective]}
    if plan.size:
        yield _("Nombre de territoires : %(size)d.") % {"size": plan.size}
    for budget in plan.budgets:
        yield _("%(name)s : %(spent)s sur %(limit)s au plus.") % {
            "name": budget.name,
            "spent": _number(found.get("used", {}).get(budget.name, 0.0)),
            "limit": _number(budget.limit),
        }
    for quota in plan.quotas:
        yield f"{quota.name} : {_bounds(quota.at_least, quota.at_most)}."
    if plan.least_by_region or plan.most_by_region is not None:
        yield _("Dans chaque région : %(bounds)s.") % {
            "bounds": _bounds(plan.least_by_region, plan.most_by_region)
        }
    if plan.apart_km is not None:
        yield _("Deux territoires sont à %(km)s km au moins.") % {"km": _number(plan.apart_km)}
    if plan.least_near or plan.most_near is not None:
        yield _("Voisins retenus de chaque territoire : %(bounds)s.") % {
            "bounds": _bounds(plan.least_near, plan.most_near)
        }
    if plan.cover_share is not None:
        yield _("Au moins %(percent)s %% de la population à %(km)s km d’un site ou moins.") % {
            "percent": _number(100 * plan.cover_share),
            "km": _number(plan.cover_km or 0),
        }
    for row in found.get("imposed", ()):
        yield _imposed(row)
    if found.get("covered") is not None:
        yield _("Population à %(km)s km d’un site ou moins : %(people)s habitants.") % {
            "km": _number(plan.cover_km or 0),
            "people": number_format(round(found["covered"]), force_grouping=True),
        }


def _imposed(row: Mapping[str, Any]) -> str:
    if not row["out"]:
        return _("Imposer %(name)s ne coûte rien : ce territoire y serait de toute façon.") % {
            "name": row["name"]
        }
    return _(
        "Imposer %(name)s coûte %(percent)s %% de la valeur ; sans l’imposer, la vague aurait : %(others)s."
    ) % {
        "name": row["name"],
        "percent": number_format(100 * row["share"], 2),
        "others": ", ".join(row["out"]),
    }


def _bounds(least: int, most: int | None) -> str:
    if most is None:
        return _("au moins %(least)d") % {"least": least}
    if not least:
        return _("au plus %(most)d") % {"most": most}
    return _("de %(least)d à %(most)d") % {"least": least, "most": most}


def _number(value: float) -> str:
    return number_format(value, 0 if float(value).is_integer() else 1, force_grouping=True)
