"""The tables of a report as texts, the same on the page, in the files and in Word; undefined is a dash."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from essaim.evaluation.report import Table
from essaim.platform.telling import reader


def shown(value: float | None) -> str:
    """« +0,123 », « −0,045 » as the reader writes them."""
    return "–" if value is None else reader().number(value, signed=True, digits=3)


def of_effects(result: Mapping[str, Any]) -> list[Table]:
    """The effects by time since opening, by wave and by period: those that were asked for."""
    named = {
        "event": (
            _("Effet selon le temps depuis l’ouverture"),
            _("Périodes depuis l’ouverture"),
            "event_time",
        ),
        "group": (_("Effet par vague"), _("Première période"), "group"),
        "calendar": (_("Effet par période"), _("Période"), "time"),
    }
    found = result["aggregations"]
    return [_of_effects(found[kind], *names) for kind, names in named.items() if kind in found]


def _of_effects(found: Mapping[str, Any], title: str, label: str, key: str) -> Table:
    rows = [(_key(row[key]), *_effect(row), _range(row, "band")) for row in found["by"]]
    overall = (_("ensemble"), *_effect(found["overall"]), "–")
    return Table(title, (*rows, overall), (label, _("Effet"), _("Intervalle"), _("Bande simultanée")))


def of_groups(found: Mapping[str, Any]) -> Table:
    """The effects by group of one kind of equity, then the gaps between groups."""
    compared = [(row["group"], row) for row in found["groups"]]
    compared += [(f"{row['group']} − {row['reference']}", row) for row in found["gaps"]]
    rows = tuple((name, *_effect(row), _p_value(row["corrected_p_value"])) for name, row in compared)
    title = _("Effet par groupe, puis écarts ; p corrigés du nombre de comparaisons")
    return Table(title, rows, (_("Groupe"), _("Effet"), _("Intervalle"), _("p corrigé")))


def of_chances(curve: Sequence[Mapping[str, Any]]) -> Table:
    """The chance that the programme is worth its cost, by what one unit of effect is worth."""
    rows = tuple(
        (f"{row['worth']:.0f}", f"{reader().number(100 * row['chance'], digits=1)}\u00a0%") for row in curve
    )
    title = _("Chance que le programme vaille son coût")
    return Table(title, rows, (_("Une unité d’effet vaut (euros)"), _("Chance")))


def _effect(row: Mapping[str, Any]) -> tuple[str, str]:
    return shown(row["estimate"]), _range(row, "conf")


def _range(row: Mapping[str, Any], name: str) -> str:
    return f"{shown(row.get(f'{name}_low'))} ; {shown(row.get(f'{name}_high'))}"


def _p_value(value: float | None) -> str:
    return "–" if value is None else reader().number(value, digits=3)


def _key(key: object) -> str:
    """A time since opening with a true minus sign; a period or a cohort is left as it is."""
    return str(key).replace("-", "−") if isinstance(key, int) else str(key)
