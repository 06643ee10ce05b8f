"""Visible fragility: what makes an application fragile, each rule with its reason and its source.

The meeting of 22 March 2022 told why: calls for interest drew applications that were fragile because of how they
had been prepared (short writing time, teams not systematically associated). A fragility is not a mark: it says what
to work on before deciding. The table below is read whole by the tests and shown as it is on the screens.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from essaim.platform.campaigns.questions import MONEY

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as Text

SEED = gettext_lazy("Compte rendu de la rencontre AIS#Emploi du 22 mars 2022, table ronde 1")
Verdict = Literal["fragile", "sound", "unknown"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules read of one application. ``None`` is unknown, and stays so."""

    mode: str
    begun_on: date
    submitted_on: date | None
    hurried_days: int
    teams_committed: int
    """Teams other than management and board that commit, fully or in part."""
    teams_refusing: tuple[str, ...]
    exchange_planned: bool
    exchange_done: bool
    motives: tuple[str, ...] | None
    late_step: str
    """Title of a step whose appointment has passed without a record, or empty."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One decision rule. ``check`` gives the verdict and the sentence that explains it."""

    id: str
    label: "Text"
    why: "Text"
    source: "Text"
    modes: frozenset[str]
    check: Callable[[Facts], tuple[Verdict, str]]


@dataclass(frozen=True, slots=True)
class Finding:
    rule: Rule
    verdict: Verdict
    explanation: str


def _hurried(facts: Facts) -> tuple[Verdict, str]:
    if facts.submitted_on is None:
        return "unknown", _("La candidature n’est pas encore déposée.")
    days = (facts.submitted_on - facts.begun_on).days
    said = _("Écrite en %(days)d jour(s) ; le seuil de la campagne est de %(limit)d jours.") % {
        "days": days,
        "limit": facts.hurried_days,
    }
    return ("fragile" if days < facts.hurried_days else "sound"), said


def _management_alone(facts: Facts) -> tuple[Verdict, str]:
    if facts.teams_committed:
        return "sound", _("%(count)d équipe(s) en plus de la direction s’engagent.") % {
            "count": facts.teams_committed
        }
    return "fragile", _("Aucune équipe ne s’est engagée en plus de la direction.")


def _refusing(facts: Facts) -> tuple[Verdict, str]:
    if facts.teams_refusing:
        return "fragile", _("Ne s’engage pas : %(teams)s.") % {"teams": ", ".join(facts.teams_refusing)}
    return "sound", _("Aucune équipe n’a dit non.")


def _no_exchange(facts: Facts) -> tuple[Verdict, str]:
    if facts.exchange_done:
        return "sound", _("Le temps d’échange a eu lieu.")
    if not facts.exchange_planned:
        return "fragile", _("La campagne ne prévoit pas de journée d’échange.")
    return "fragile", _("La journée d’échange n’a pas encore eu lieu.")


def _money_alone(facts: Facts) -> tuple[Verdict, str]:
    if facts.motives is None:
        return "unknown", _("Les raisons de candidater ne sont pas encore dites.")
    if facts.motives == (MONEY,):
        return "fragile", _("Le financement est la seule raison donnée.")
    return "sound", _("Le financement n’est pas la seule raison donnée.")


def _appointment_missed(facts: Facts) -> tuple[Verdict, str]:
    if facts.late_step:
        return "fragile", _("Le rendez-vous de l’étape « %(step)s » est passé sans suite notée.") % {
            "step": facts.late_step
        }
    return "sound", _("Aucun rendez-vous n’est resté sans suite.")


_ALL = frozenset({"open_call", "two_page", "sequenced"})

RULES: tuple[Rule, ...] = (
    Rule("hurried", gettext_lazy("Écriture trop rapide"),
         gettext_lazy("Un temps d’écriture court laisse peu de place à l’équipe. "
                      "Le nombre de jours est un choix de la campagne : la source n’en donne pas."),
         SEED, _ALL - {"two_page"}, _hurried),
    Rule("management_alone", gettext_lazy("Direction seule"),
         gettext_lazy("Convaincre repose sur la mobilisation de l’ensemble des équipes."),
         SEED, _ALL, _management_alone),
    Rule("team_refusing", gettext_lazy("Une équipe dit non"),
         gettext_lazy("Convaincre repose sur la mobilisation de l’ensemble des équipes."),
         SEED, _ALL, _refusing),
    Rule("no_exchange", gettext_lazy("Pas de temps d’échange"),
         gettext_lazy("L’adhésion gagne à se travailler par des temps d’échange et de validation successifs."),
         SEED, _ALL - {"two_page"}, _no_exchange),
    Rule("money_alone", gettext_lazy("L’argent pour seule raison"),
         gettext_lazy("Disposer de financements aide à convaincre, mais ne saurait suffire."),
         SEED, _ALL, _money_alone),
    Rule("appointment_missed", gettext_lazy("Rendez-vous sans suite"),
         gettext_lazy("Le parcours accompagne la structure jusqu’à la confirmation de sa candidature."),
         SEED, frozenset({"sequenced"}), _appointment_missed),
)  # fmt: skip


def assess(facts: Facts, rules: Sequence[Rule] = RULES) -> list[Finding]:
    """The findings of every rule that bears on the campaign's mode, in the order of the table.

    A two-page answer is quick by design (the second wave of the Cités de l'emploi): speed is no fragility there.
    """
    return [Finding(rule, *rule.check(facts)) for rule in rules if facts.mode in rule.modes]
