"""What a report says besides its numbers, and the context that the page and every file of it share."""

from collections.abc import Mapping
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from essaim.evaluation.reading import Verdict
from essaim.evaluation.report import Table
from essaim.platform.evaluations import costs, exports, report, tables
from essaim.platform.evaluations.models import Estimate, EvaluationPlan, WaveDraw
from essaim.platform.telling import reader, tell


def context_of(estimated: Estimate) -> dict[str, Any]:
    """All that a finished report shows, whatever the medium."""
    plan, verdict = estimated.plan, estimated.report["verdict"]
    return {
        "programme": plan.programme,
        "plan": plan,
        "panel": estimated.panel,
        "estimate": estimated,
        "verdict": _(verdict),
        "reading": report.said(estimated.report, "reading"),
        "framed": _framed(estimated),
        "charts": [
            chart for name in ("chart", "waves_chart") if (chart := report.said(estimated.report, name))
        ],
        "tables": tables.of_effects(estimated.result),
        "tested": _tested(estimated),
        "warnings": [tell(said) for said in (*estimated.panel.notes, *_warned(estimated))],
        "waves_made": waves_in_words(estimated),
        "departures": departures_in_words(estimated),
        "decisions": decisions(plan, verdict),
        "applies": _applies(verdict),
        "solidity": _solidity(estimated.report),
        "equities": _equities(estimated.report),
        "cost": _cost(estimated),
        "cost_chart": costs.chart(estimated.costs) if estimated.costs else "",
    }


def _framed(estimated: Estimate) -> list[str]:
    """Why these periods were looked at, and what effect the plan said that it could detect."""
    said, sizing = [], estimated.plan.sizing
    if estimated.panel.window_reason:
        reason = estimated.panel.window_reason.rstrip(".")
        said.append(_("Pourquoi cette fenêtre : %(reason)s.") % {"reason": reason})
    if sizing:
        least, most = (f"{sizing[name]:.3g}".replace(".", reader().decimal) for name in ("least", "most"))
        said.append(
            _(
                "Avant l’ouverture, le plan annonçait pouvoir détecter un effet de %(least)s à %(most)s, selon ce que "
                "l’on suppose."
            )
            % {"least": least, "most": most}
        )
    return said


def _tested(estimated: Estimate) -> list[str]:
    """The p-value of the test before opening, where there was one."""
    p_value = estimated.result["pretest"]["p_value"]
    if p_value is None:
        return []
    return [
        _("Test des effets avant l’ouverture (%(method)s) : p = %(p)s.")
        % {"method": estimated.report["facts"]["pretest_method"], "p": reader().number(p_value, digits=3)}
    ]


def _warned(estimated: Estimate) -> list[Any]:
    """The warnings of the estimation, as they were kept."""
    found: list[Any] = estimated.report.get("warnings", estimated.result["warnings"])
    return found


def _solidity(stored: dict[str, Any]) -> dict[str, Any] | None:
    """The section of the checks, which reports made before there were any do not have."""
    found = report.said(stored, "solidity")
    return found and {**found, "tables": [Table(**table) for table in found["tables"]]}


def _equities(stored: dict[str, Any]) -> list[dict[str, Any]]:
    """Effects by group: title, sentences in the reader's language, table."""
    found = stored.get("equity", [])
    words = report.said(stored, "equity")
    titles = {
        "persons": _("Pour qui ? Effet par groupe de personnes"),
        "sites": _("Pour qui ? Effet par type de territoire"),
    }
    return [
        {
            "title": titles[one["kind"]],
            "reading": one["reading"] if words is found else words[k],
            "table": tables.of_groups(one),
        }
        for k, one in enumerate(found)
    ]


def _cost(estimated: Estimate) -> dict[str, Any] | None:
    """What a unit of effect costs, what that supposes, and the chances that it is worth it."""
    found = estimated.costs
    if not found:
        return None
    given = found["given"]
    supposed = _(
        "Une unité d’effet : %(unit)s. Coût d’un territoire pendant une période : %(mean)s € (%(low)s à %(high)s). "
        "Source : %(source)s"
    ) % {
        "unit": given["unit_name"],
        "mean": f"{given['cost']:.0f}",
        "low": f"{given['low']:.0f}",
        "high": f"{given['high']:.0f}",
        "source": given["source"],
    }
    return {
        "reading": report.said(found, "reading"),
        "supposed": supposed,
        "table": tables.of_chances(found["curve"]),
    }


def waves_in_words(estimated: Estimate) -> list[str]:
    """Whether waves were drawn or chosen, and the p-value of a draw that was replayed."""
    held, done = report.draw_of(estimated), estimated.result["provenance"]
    if held is None or held.held_at is None:
        return [
            _(
                "Choisies, non tirées au sort : ce n’est pas un essai randomisé par étapes. Ce qui a fait choisir un "
                "territoire plus tôt peut se mêler à l’effet."
            )
        ]
    said = _("Tirées au sort, en public, le %(date)s (empreinte %(fingerprint)s…, graine %(seed)s).") % {
        "date": date_format(held.held_at, "j F Y"),
        "fingerprint": held.fingerprint[:16],
        "seed": held.record["seed"],
    }
    if not done.get("draw"):
        return [
            said,
            _(
                "Ce panel ne suit pas le tirage : cette estimation traite les vagues comme choisies ; les "
                "avertissements disent pourquoi."
            ),
        ]
    return [said, *_cancelled(held), *_replayed(done)]


def _cancelled(held: WaveDraw) -> list[str]:
    """When and why this draw was cancelled after it was held, if it was."""
    if held.cancelled_at is None:
        return []
    return [
        _("Ce tirage a été annulé le %(date)s, après avoir été fait : %(why)s")
        % {"date": date_format(held.cancelled_at, "j F Y"), "why": held.cancelled_because}
    ]


def _replayed(done: Mapping[str, Any]) -> list[str]:
    """What replaying the draw says of the effect, where it could be measured."""
    if done.get("p_value") is None:
        return []
    return [
        _(
            "En rejouant le tirage (%(draws)s autres répartitions possibles), un écart moyen au moins aussi grand "
            "viendrait du seul hasard dans une proportion p = %(p)s des cas."
        )
        % {"draws": done["draws"], "p": reader().number(done["p_value"], digits=3)}
    ]


def departures_in_words(estimated: Estimate) -> list[str]:
    """All that was not done as a plan written before any opening would have it."""
    plan, opened = estimated.plan, estimated.plan.opened_at_freeze
    early = ngettext(
        "%(n)s site avait déjà ouvert quand le plan a été gelé.",
        "%(n)s sites avaient déjà ouvert quand le plan a été gelé.",
        opened or 0,
    ) % {"n": opened}
    return [
        *([early] if opened else []),
        *estimated.departures,
        *(f"{one.what} – {one.why} ({date_format(one.at, 'j F Y')})" for one in plan.departures.all()),
    ]


def decisions(plan: EvaluationPlan, verdict: str = "") -> list[tuple[str, str, bool]]:
    """(answer, what the plan decides for it, whether ``verdict`` may be that answer).

    Nothing says which way an effect is favourable: one that is seen calls for one of two decisions.
    """
    seen, null = verdict == Verdict.CLEAR.value, verdict == Verdict.PRECISE_NULL.value
    return [
        (_("Un effet favorable se voit"), plan.if_positive, seen),
        (_("Il n’y a pas d’effet notable"), plan.if_null, null),
        (_("L’effet est défavorable"), plan.if_negative, seen),
        (_("On ne peut pas conclure"), plan.if_unknown, bool(verdict) and not seen and not null),
    ]


def _applies(verdict: str) -> str:
    """How to read the decisions that are marked."""
    if verdict == Verdict.CLEAR.value:
        return _(
            "Un effet se voit : selon qu’il est favorable ou non, l’une des deux décisions marquées s’applique."
        )
    return _("La décision marquée est celle que le plan prévoyait pour cette conclusion.")


def inference(name: str) -> str:
    """How intervals were made, in words."""
    return {
        "cr2": _("variance CR2 et degrés de liberté de Satterthwaite"),
        "analytic": _("erreurs par fonctions d’influence"),
        "bootstrap": _("rééchantillonnage par multiplicateurs"),
        "wild": _("rééchantillonnage sauvage"),
        "randomisation": _("tirage des vagues rejoué, écarts studentisés"),
    }[name]


def _level(estimated: Estimate) -> str:
    """The level of intervals, which nobody knows when waves are concentrated; or as the setting says it."""
    if estimated.report["verdict"] == Verdict.CONCENTRATED.value or estimated.report["facts"].get(
        "concentrated"
    ):
        return _("de niveau inconnu")
    return _("à %(level)s\u00a0%%") % {"level": round(100 * estimated.options["level"])}


def _nearness(estimated: Estimate) -> list[str]:
    """What a neighbour is, where the report sets neighbours apart."""
    found = estimated.result.get("solidity", {}).get("neighbours", {"reason": ""})
    return [] if "reason" in found else [_("Voisins : territoires qui ont une frontière commune.")]


def method(estimated: Estimate) -> list[str]:
    """How the numbers were found, in sentences; everything needed to find them again."""
    options, facts = estimated.options, estimated.report["facts"]
    control = dict(type(estimated.plan).Control.choices)[options["control"]]
    return [
        _(
            "Effets par vague et par période (Callaway et Sant’Anna, 2021), comparaison avec %(control)s, sur "
            "%(units)s unités dont %(treated)s exposées, %(periods)s périodes de %(first)s à %(last)s."
        )
        % {
            "control": control,
            "units": facts["units"],
            "treated": facts["treated"],
            "periods": facts["periods"],
            "first": facts["first_period"],
            "last": facts["last_period"],
        },
        _(
            "Intervalles %(level)s : %(inference)s ; bande simultanée sur toutes les périodes. Anticipation : "
            "%(anticipation)s période(s)."
        )
        % {
            "level": _level(estimated),
            "anticipation": options["anticipation"],
            "inference": inference(estimated.result["provenance"]["inference"]),
        },
        _("Panel : %(title)s, empreinte SHA-256 %(sha)s. Source : %(source)s")
        % {"title": estimated.panel.title, "sha": estimated.panel_sha256, "source": estimated.panel.source},
        *(
            _("Fichier d’origine : %(file)s.") % {"file": exports.input_in_words(given)}
            for given in estimated.panel.inputs
        ),
        *_nearness(estimated),
        _("Essaim %(version)s, graine %(seed)s, le %(date)s.")
        % {
            "version": estimated.code_version,
            "seed": estimated.seed,
            "date": date_format(estimated.created_at, "j F Y"),
        },
    ]
