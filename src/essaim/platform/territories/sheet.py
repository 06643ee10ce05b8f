"""The decision sheet of a study: what the committee signs. One content, as PDF and as Word."""

import io
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from docx import Document

from essaim.platform.territories import ranking, reading, services, session_reading, telling
from essaim.platform.territories.models import Study
from essaim.territory.explain import explain
from essaim.territory.map import number

SIGNATURES = 6


def sheet_of(study: Study) -> dict[str, Any]:
    """What the sheet shows; the same context for the page, the PDF and the Word file."""
    brief = session_reading.session_in_brief(study)
    decided = {decision.code for decision in study.decisions.all()}
    every = reading.table_rows(study.rows(), study)
    rows = [row for row in every if row["proposed"] or row["code"] in decided]
    return {
        "study": study,
        "programme": study.programme,
        "scope": reading.scope_in_words(study.document),
        "criteria": reading.criteria_in_words(study, {}),
        "weights": reading.weights_in_words(study.document),
        "rows": rows,
        "wave": reading.wave_in_words(study),
        "reasons": _reasons(study, rows),
        "session": brief,
        "session_sentences": session_sentences(brief) if brief else [],
        "map": reading.ranking_map(study, standalone=True),
        "doubt": services.point_doubt(study),
        "statuses": (study.result or {})["statuses"],
        "provenance": (study.result or {})["provenance"],
        "signatures": range(SIGNATURES),
    }


def _reasons(study: Study, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Why each territory retained, or still proposed, is where it is: what carries it, what holds it back."""
    again = ranking.replay(study)
    held = [row for row in rows if row["decision"] is None or row["decision"].kept]
    return [
        {
            "name": row["name"],
            "sentences": telling.reasons(again, explain(again, row["code"], ways_in=False)),
        }
        for row in held
    ]


def sheet_docx(study: Study) -> bytes:
    """The sheet as a Word file, with real headings and tables."""
    sheet = sheet_of(study)
    document = Document()
    document.core_properties.title = study.title
    document.core_properties.language = get_language() or "fr"
    document.add_heading(study.title, 0)
    document.add_paragraph(f"{study.programme.title}. {sheet['scope']}.")
    if study.is_simulated:
        document.add_paragraph(simulated_sentence(study)).runs[0].bold = True
    if study.document.get("note"):
        document.add_paragraph(study.document["note"])
    document.add_heading(_("Critères"), 1)
    _table(
        document,
        [_("Critère"), _("Famille"), _("Pourquoi"), _("Source, date")],
        [_criterion_cells(row) for row in sheet["criteria"]],
    )
    document.add_heading(_("Poids"), 1)
    for sentence in sheet["weights"] or [_("Aucune contrainte : tous les poids sont admis.")]:
        document.add_paragraph(sentence, style="List Bullet")
    _session(document, sheet)
    _result(document, sheet)
    if sheet["wave"]:
        document.add_heading(_("Vague demandée"), 1)
    for sentence in sheet["wave"]:
        document.add_paragraph(sentence, style="List Bullet")
    document.add_heading(_("Proposition et décision"), 1)
    _table(
        document,
        [_("Territoire"), _("Part des poids"), _("Proposé"), _("Décision"), _("Raison")],
        [_row_cells(row) for row in sheet["rows"]],
    )
    if sheet["reasons"]:
        document.add_heading(_("Pourquoi ces territoires"), 1)
    for told in sheet["reasons"]:
        document.add_heading(told["name"], 2)
        document.add_paragraph(" ".join(told["sentences"]))
    _signatures(document)
    document.add_paragraph(provenance_sentence(study))
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _session(document: Any, sheet: dict[str, Any]) -> None:
    """What the committee agreed on when each stated the weights in private; never what one of them said."""
    brief = sheet["session"]
    if brief is None:
        return
    document.add_heading(_("Séance de poids"), 1)
    for sentence in sheet["session_sentences"]:
        document.add_paragraph(sentence)
    if brief["spreads"]:
        _table(
            document,
            [_("Critère"), _("Écart des moyennes"), _("Poids communs")],
            [
                [row["label"], _("%(gap)s points") % {"gap": row["gap"]}, row["shared"] or _("aucun")]
                for row in brief["spreads"]
            ],
        )
    for sentence in brief["sentences"]:
        document.add_paragraph(sentence, style="List Bullet")


def session_sentences(brief: dict[str, Any]) -> list[str]:
    """Who was asked and answered, what all want, what was adopted and why; the discretion kept."""
    session, counts = brief["session"], brief["counts"]
    said = [
        _(
            "%(voices)d réponses sur %(invited)d personnes invitées, chacune en privé. Territoires voulus par "
            "toutes : %(wanted)d ; disputés : %(disputed)d."
        )
        % {
            "voices": brief["voices"],
            "invited": brief["invited"],
            "wanted": counts["in"],
            "disputed": counts["disputed"],
        }
    ]
    if session.simulated:
        said.append(_("Séance simulée : ses réponses sont inventées pour l’essai."))
    if brief["adopted"]:
        said.append(_("Adopté : %(sentences)s.") % {"sentences": " ; ".join(brief["adopted"])})
    if session.reason:
        said.append(session.reason)
    if brief["changed_since"]:
        said.append(_("Les poids de l’étude ont changé depuis cette séance."))
    if not brief["spreads"]:
        said.append(_("Avec si peu de réponses, leurs écarts diraient celles de chacun : la fiche les tait."))
    return said


def _result(document: Any, sheet: dict[str, Any]) -> None:
    """What the ranking says and what the point score hides; the map in words, since Word takes no SVG."""
    document.add_heading(_("Résultat"), 1)
    document.add_paragraph(
        _("Territoires certains : %(certain)s ; possibles : %(possible)s ; exclus : %(excluded)s.")
        % sheet["statuses"]
    )
    document.add_paragraph(
        _("La liste du score à points ne revient à l’identique que pour %(percent)s %% des poids admis.")
        % {"percent": number(sheet["doubt"]["same_set_percent"], 1)}
    )
    if sheet["map"]:
        document.add_paragraph(sheet["map"].text)


def simulated_sentence(study: Study) -> str:
    if study.ranking_simulated:
        return _("Simulé : les valeurs de %(labels)s sont inventées, donc tout le classement aussi.") % {
            "labels": ", ".join(study.ranking_simulated)
        }
    return _("Simulé : cette étude appartient à une histoire inventée pour l’essai.")


def provenance_sentence(study: Study) -> str:
    found = (study.result or {})["provenance"]
    return _(
        "Calculé le %(date)s par Essaim %(version)s : %(draws)d tirages de poids, graine %(seed)d. "
        "Empreintes : étude %(study)s, données %(data)s, résultat %(result)s."
    ) % {
        "date": date_format(study.ranked_at, "j F Y") if study.ranked_at else "–",
        "version": found["version"],
        "draws": found["draws"],
        "seed": found["seed"],
        "study": found["study_sha256"][:12],
        "data": found["data_sha256"][:12],
        "result": study.result_sha256[:12],
    }


def _criterion_cells(row: dict[str, Any]) -> list[str]:
    criterion, measure = row["criterion"], row["measure"]
    source = f"{measure['source']}, {measure['date']}" if measure else _("inconnue")
    return [
        row["label"],
        str(row["family"]),
        criterion.get("reason", ""),
        source,
    ]


def _row_cells(row: dict[str, Any]) -> list[str]:
    decision = row["decision"]
    kept = _("à décider") if decision is None else _("retenu") if decision.kept else _("non retenu")
    if decision is not None and decision.overruled:
        kept = _("%(kept)s, contre la proposition") % {"kept": kept}
    reason = decision.reason if decision else ""
    return [row["name"], row["share"], _("oui") if row["proposed"] else _("non"), kept, reason]


def _signatures(document: Any) -> None:
    document.add_heading(_("Signatures"), 1)
    _table(document, [_("Nom"), _("Fonction"), _("Signature")], [["", "", ""]] * SIGNATURES)


def _table(document: Any, headers: list[str], rows: list[list[str]]) -> None:
    table = document.add_table(rows=1, cols=len(headers), style="Table Grid")
    for cell, text in zip(table.rows[0].cells, headers, strict=True):
        cell.text = str(text)
        cell.paragraphs[0].runs[0].bold = True
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = str(text)
