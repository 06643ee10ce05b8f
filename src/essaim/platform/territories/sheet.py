"""The decision sheet of a study: what the committee signs. One content, as PDF and as Word."""

import io
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from docx import Document

from essaim.platform.territories import reading, services
from essaim.platform.territories.models import Study
from essaim.territory.map import number

SIGNATURES = 6


def sheet_of(study: Study) -> dict[str, Any]:
    """What the sheet shows; the same context for the page, the PDF and the Word file."""
    rows = reading.table_rows(study.rows(), study)
    decided = {decision.code for decision in study.decisions.all()}
    return {
        "study": study,
        "programme": study.programme,
        "scope": reading.scope_in_words(study.document),
        "criteria": reading.criteria_in_words(study, {}),
        "weights": reading.weights_in_words(study.document),
        "rows": [row for row in rows if row["proposed"] or row["code"] in decided],
        "map": reading.ranking_map(study, standalone=True),
        "doubt": services.point_doubt(study),
        "statuses": (study.result or {})["statuses"],
        "provenance": (study.result or {})["provenance"],
        "signatures": range(SIGNATURES),
    }


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
    _result(document, sheet)
    document.add_heading(_("Proposition et décision"), 1)
    _table(
        document,
        [_("Territoire"), _("Part des poids"), _("Proposé"), _("Décision"), _("Raison")],
        [_row_cells(row) for row in sheet["rows"]],
    )
    _signatures(document)
    document.add_paragraph(provenance_sentence(study))
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


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
