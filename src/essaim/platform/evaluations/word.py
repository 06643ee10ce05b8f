"""A report as a Word file: the sections of the page (``_body.html``), in its order; numbers stand for charts."""

import io
from collections.abc import Iterable
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from essaim.evaluation.report import Table, add_table
from essaim.platform.evaluations import documents
from essaim.platform.evaluations.models import Estimate


def word(estimated: Estimate) -> bytes:
    """The report with real headings, lists and tables."""
    from docx import Document

    context = documents.context_of(estimated)
    document = Document()
    document.core_properties.title = estimated.plan.question
    document.core_properties.author = "Essaim"
    document.core_properties.language = "fr-FR" if get_language() == "fr" else "en-GB"
    document.add_heading(estimated.plan.question, 0)
    if estimated.panel.simulated:
        document.add_paragraph(
            _("Données simulées : rien ici ne décrit un territoire réel."), style="Intense Quote"
        )
    _found(document, context)
    _section(document, _("Comment les vagues ont été faites"), context["waves_made"])
    _list(document, _("Écarts au plan"), context["departures"])
    _list(document, _("Avertissements"), context["warnings"])
    if context["solidity"]:
        _section(document, _("Solidité"), context["solidity"]["paragraphs"], context["solidity"]["tables"])
    _section(document, _("Les chiffres"), context["tested"], context["tables"])
    for found in context["equities"]:
        _section(document, found["title"], found["reading"], [found["table"]])
    if context["cost"]:
        cost = context["cost"]
        _section(document, _("Ce que cela coûte"), [*cost["reading"], cost["supposed"]], [cost["table"]])
    _section(document, _("Méthode"), documents.method(estimated))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _found(document: Any, context: dict[str, Any]) -> None:
    """What can be said, then what the plan decided for each answer."""
    title = _("Ce que l’on peut dire : %(verdict)s") % {"verdict": context["verdict"]}
    _section(document, title, [*context["reading"], *context["framed"]])
    if context["plan"].is_frozen:
        document.add_heading(_("Ce que le plan disait de décider"), 2)
        document.add_paragraph(context["applies"])
        for answer, decision, marked in context["decisions"]:
            document.add_heading(f"▸ {answer}" if marked else answer, 3)
            document.add_paragraph(decision)


def _section(document: Any, title: str, sentences: Iterable[str], tables: Iterable[Table] = ()) -> None:
    document.add_heading(title, 1)
    for sentence in sentences:
        document.add_paragraph(sentence)
    for table in tables:
        add_table(document, table)


def _list(document: Any, title: str, lines: list[str]) -> None:
    if lines:
        document.add_heading(title, 1)
        for line in lines:
            document.add_paragraph(line, style="List Bullet")
