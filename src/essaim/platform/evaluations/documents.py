"""A report as a file: Word, and the context that the page, the stand-alone HTML and the PDF share."""

import io
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from essaim.evaluation.reading import Verdict
from essaim.platform.evaluations import costs, report
from essaim.platform.evaluations.models import Estimate, WaveDraw
from essaim.platform.telling import tell
from essaim.words import number


def context_of(estimated: Estimate) -> dict[str, Any]:
    """All that a finished report shows, whatever the medium."""
    plan, verdict = estimated.plan, estimated.report["verdict"]
    return {
        "programme": plan.programme,
        "plan": plan,
        "panel": estimated.panel,
        "estimate": estimated,
        "report": estimated.report,
        "verdict": _(verdict),
        "reading": report.said(estimated.report, "reading"),
        "chart": report.said(estimated.report, "chart"),
        "tables": report.tables(estimated.result),
        "simple": estimated.result["aggregations"].get("simple"),
        "pretest": estimated.result["pretest"],
        "warnings": [tell(said) for said in (*estimated.panel.notes, *_warned(estimated))],
        "departures": plan.departures.select_related("author"),
        "decisions": decisions(plan),
        "solidity": report.said(estimated.report, "solidity"),
        "equities": _equities(estimated.report),
        "cost": estimated.costs and {**estimated.costs, "reading": report.said(estimated.costs, "reading")},
        "cost_chart": costs.chart(estimated.costs) if estimated.costs else "",
        **_draw(estimated),
    }


def _warned(estimated: Estimate) -> list[Any]:
    """The warnings of the estimation, as they were kept."""
    found: list[Any] = estimated.report.get("warnings", estimated.result["warnings"])
    return found


def _equities(stored: dict[str, Any]) -> list[dict[str, Any]]:
    """Effects by group, with their sentences in the reader's language."""
    found = stored.get("equity", [])
    words = report.said(stored, "equity")
    return [{**one, "reading": one["reading"] if words is found else words[k]} for k, one in enumerate(found)]


def _draw(estimated: Estimate) -> dict[str, Any]:
    """How the waves were made: the draw of this estimate, whatever became of it since, and its p-value."""
    done = estimated.result["provenance"]
    drawn, held = bool(done.get("draw")), report.draw_of(estimated)
    return {
        "held": held,
        "cancelled": _cancelled(held),
        "drawn": drawn,
        "p_value": done.get("p_value") if drawn else None,
        "provenance": done,
    }


def _cancelled(held: WaveDraw | None) -> str:
    """When and why this draw was cancelled after it was held; nothing when it stands."""
    if held is None or held.cancelled_at is None:
        return ""
    return _("Ce tirage a été annulé le %(date)s, après avoir été fait : %(why)s") % {
        "date": date_format(held.cancelled_at, "j F Y"),
        "why": held.cancelled_because,
    }


def waves_in_words(context: dict[str, Any]) -> str:
    """Whether waves were drawn or chosen, for the documents that have no template."""
    held, p_value = context["held"], context["p_value"]
    if held is None:
        return _(
            "Choisies, non tirées au sort : ce n’est pas un essai randomisé par étapes. Ce qui a fait choisir un "
            "territoire plus tôt peut se mêler à l’effet."
        )
    said = _("Tirées au sort, en public, le %(date)s (empreinte %(fingerprint)s…, graine %(seed)s).") % {
        "date": date_format(held.held_at, "j F Y"),
        "fingerprint": held.fingerprint[:16],
        "seed": held.record["seed"],
    }
    if p_value is not None:
        said = f"{said} p = {number(p_value, digits=3)}"
    return f"{said} {context['cancelled']}" if context["cancelled"] else said


def decisions(plan: Any) -> list[tuple[str, str]]:
    """(answer, what the plan decides for it)."""
    return [
        (_("Un effet favorable se voit"), plan.if_positive),
        (_("Il n’y a pas d’effet notable"), plan.if_null),
        (_("L’effet est défavorable"), plan.if_negative),
        (_("On ne peut pas conclure"), plan.if_unknown),
    ]


def shown(value: float | None) -> str:
    """A number of a table as French writes it; undefined is a dash."""
    return "–" if value is None else number(value, signed=True, digits=3)


def word(estimated: Estimate) -> bytes:
    """The report as a Word file with real headings and tables (the chart's numbers are its first table)."""
    from docx import Document

    context = context_of(estimated)
    document = Document()
    document.core_properties.title = estimated.plan.question
    document.core_properties.author = "Essaim"
    document.core_properties.language = "fr-FR"
    document.add_heading(estimated.plan.question, 0)
    if estimated.panel.simulated:
        document.add_paragraph(
            _("Données simulées : rien ici ne décrit un territoire réel."), style="Intense Quote"
        )
    document.add_heading(_("Ce que l’on peut dire : %(verdict)s") % {"verdict": context["verdict"]}, 1)
    for sentence in context["reading"]:
        document.add_paragraph(sentence)
    document.add_heading(_("Comment les vagues ont été faites"), 1)
    document.add_paragraph(waves_in_words(context))
    _list(document, _("Avertissements"), context["warnings"])
    _list(
        document,
        _("Écarts au plan"),
        [*estimated.departures, *(f"{d.what} – {d.why}" for d in context["departures"])],
    )
    if context["solidity"]:
        _solidity(document, context["solidity"])
    for table in context["tables"]:
        document.add_heading(table["title"], 1)
        _table(document, table)
    for found in context["equities"]:
        document.add_heading(_("Pour qui ?"), 1)
        for sentence in found["reading"]:
            document.add_paragraph(sentence)
    if context["cost"]:
        document.add_heading(_("Ce que cela coûte"), 1)
        for sentence in context["cost"]["reading"]:
            document.add_paragraph(sentence)
    document.add_heading(_("Méthode"), 1)
    for line in method(estimated):
        document.add_paragraph(line)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _list(document: Any, title: str, lines: list[str]) -> None:
    if lines:
        document.add_heading(title, 1)
        for line in lines:
            document.add_paragraph(line, style="List Bullet")


def _solidity(document: Any, section: dict[str, Any]) -> None:
    """The checks of the core: their sentences, then their tables (the last one holds the numbers of the chart)."""
    document.add_heading(_("Solidité"), 1)
    for sentence in section["paragraphs"]:
        document.add_paragraph(sentence)
    for table in section["tables"]:
        document.add_heading(table["title"], 2)
        heads = table["headers"]
        drawn = document.add_table(rows=1, cols=len(heads), style="Light Grid Accent 1")
        for row in (heads, *table["rows"]):
            cells = drawn.rows[0].cells if row is heads else drawn.add_row().cells
            for cell, text in zip(cells, row, strict=True):
                cell.text = text


def _table(document: Any, table: dict[str, Any]) -> None:
    heads = [
        table["label"],
        _("Effet"),
        _("Intervalle, bas"),
        _("Intervalle, haut"),
        _("Bande, bas"),
        _("Bande, haut"),
    ]
    names = ("estimate", "conf_low", "conf_high", "band_low", "band_high")
    drawn = document.add_table(rows=1, cols=len(heads), style="Light Grid Accent 1")
    for cell, text in zip(drawn.rows[0].cells, heads, strict=True):
        cell.text = text
    for row in [*table["rows"], {"key": _("ensemble"), **table["overall"]}]:
        cells = drawn.add_row().cells
        cells[0].text = str(row["key"]).replace("-", "−") if table["kind"] == "event" else str(row["key"])
        for cell, name in zip(cells[1:], names, strict=True):
            cell.text = shown(row.get(name))


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
            _("Fichier d’origine : %(file)s.") % {"file": report.input_in_words(given)}
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
