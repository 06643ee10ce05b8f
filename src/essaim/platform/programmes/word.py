"""A protocol as a Word file, with real headings, lists and tables."""

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from docx import Document

from essaim.platform.dates import in_words as date_in_words
from essaim.platform.programmes.reading import Citation, ComponentReading, Reading, Sourced, listed

if TYPE_CHECKING:
    from essaim.platform.programmes.models import ProtocolVersion


def new_document(version: "ProtocolVersion", title: str) -> Any:
    """An empty file that says what it is, of which version, of when."""
    document = Document()
    document.core_properties.title = title
    document.core_properties.author = version.programme.bearer
    document.core_properties.language = get_language() or "fr"
    document.add_heading(title, 0)
    if version.simulated:
        document.add_paragraph(_("simulé"))
    when = date_format(version.published_at, "j F Y") if version.published_at else _("brouillon")
    document.add_paragraph(_("Version %(number)s, %(when)s.") % {"number": version.number, "when": when})
    return document


def written(document: Any) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def protocol_docx(version: "ProtocolVersion", reading: Reading) -> bytes:
    """The file of one version; sections that the protocol leaves empty are left out."""
    protocol = reading.protocol
    document = new_document(version, protocol.title)
    document.add_paragraph(protocol.summary)
    essence(document, reading)
    _components(document, _("Les invariants : ce qui ne change pas"), reading.core)
    _components(document, _("Les éléments adaptables"), reading.adaptable)
    variants(document, reading)
    _tables(document, reading)
    _selection(document, reading)
    bullets(document, _("Ce qui n’est pas connu"), protocol.unknowns)
    sources(document, reading.citations)
    return written(document)


def cited(sources: Iterable[Citation]) -> str:
    """« [1] [3] » after a sentence."""
    return "".join(f" [{citation.number}]" for citation in sources)


def essence(document: Any, reading: Reading) -> None:
    held = reading.protocol.essence
    document.add_heading(_("L’essence : pour qui et pourquoi"), 1)
    labelled(document, _("Pour qui"), held.for_whom)
    labelled(document, _("Pourquoi"), held.why + cited(reading.essence_sources))


def labelled(document: Any, label: str, text: str) -> None:
    paragraph = document.add_paragraph()
    paragraph.add_run(_("%(label)s : ") % {"label": label}).bold = True
    paragraph.add_run(text)


def bullets(document: Any, title: str, lines: Sequence[str], level: int = 1) -> None:
    if lines:
        document.add_heading(title, level)
        for line in lines:
            document.add_paragraph(line, style="List Bullet")


def _components(document: Any, title: str, components: Sequence[ComponentReading]) -> None:
    if components:
        document.add_heading(title, 1)
    for reading in components:
        component = reading.component
        document.add_heading(component.title, 2)
        labelled(document, _("À quoi il sert"), component.function)
        if component.form:
            labelled(document, _("Comment on fait d’habitude"), component.form)
        bullets(document, _("Ce que le site peut choisir"), [choice(p) for p in reading.parameters], 3)
        markers = [f"{m.marker.label} ({m.dimension} ; {m.target})" for m in reading.markers]
        bullets(document, _("Ce qui montre que c’est vécu ainsi"), markers, 3)
        bullets(document, _("Ce que demande le label"), [r.text for r in reading.requirements], 3)
        for label, names in ((_("Qui"), reading.roles), (_("Outils"), reading.tools)):
            if names:
                labelled(document, label, listed(names, _("et")))
        if component.credits:
            labelled(document, _("Apporté par"), listed([c.name for c in component.credits], _("et")))
        if reading.sources:
            labelled(document, _("Sources"), cited(reading.sources).strip())


def choice(reading: Any) -> str:
    words = f"{reading.parameter.label} : {reading.latitude}"
    if reading.default:
        words += " " + _("Au départ : %(value)s.") % {"value": reading.default}
    return words + (f" {reading.parameter.note}" if reading.parameter.note else "") + cited(reading.sources)


def variants(document: Any, reading: Reading) -> None:
    if reading.variants:
        document.add_heading(_("Variantes selon le territoire"), 1)
    for variant in reading.variants:
        document.add_heading(variant.variant.title, 2)
        document.add_paragraph(variant.variant.reason + cited(variant.sources))
        for where, words in variant.changes:
            document.add_paragraph(f"{where} : {words}", style="List Bullet")


def _tables(document: Any, reading: Reading) -> None:
    table(document, _("Qui fait quoi"), (_("Rôle"), _("Tenu par"), _("Mission")), [
        (r.item.title, r.item.held_by, r.item.description + cited(r.sources)) for r in reading.roles])  # fmt: skip
    bullets(
        document, _("Avant de commencer"), [r.item.text + cited(r.sources) for r in reading.prerequisites]
    )
    bullets(document, _("Les outils"), [_tool(tool) for tool in reading.tools])
    table(document, _("Les indicateurs"), (_("Indicateur"), _("Définition"), _("Rythme")), [
        (r.item.label, r.item.definition + cited(r.sources), r.item.rhythm) for r in reading.indicators])  # fmt: skip
    label = reading.protocol.label
    if label:
        table(document, label.title, (_("Exigence"), _("Porte sur"), _("Preuve demandée")), [
            (r.item.text + cited(r.sources), r.labels["component"], r.item.evidence)
            for r in reading.requirements])  # fmt: skip


def _tool(tool: Sourced) -> str:
    details = ", ".join(part for part in (tool.labels["kind"], tool.item.version, tool.item.url) if part)
    return f"{tool.item.title} ({details}) {tool.item.description}{cited(tool.sources)}"


def table(document: Any, title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if not rows:
        return
    document.add_heading(title, 1)
    table = document.add_table(rows=1, cols=len(heads), style="Table Grid")
    for cell, head in zip(table.rows[0].cells, heads, strict=True):
        cell.paragraphs[0].add_run(head).bold = True
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text


def _selection(document: Any, reading: Reading) -> None:
    selection = reading.protocol.selection
    if not selection:
        return
    document.add_heading(_("Comment les receveurs sont choisis"), 1)
    document.add_paragraph(
        f"{reading.selection_mode}. {selection.description}{cited(reading.selection_sources)}"
    )
    for step in reading.steps:
        who = f" ({step.item.who})" if step.item.who else ""
        line = f"{step.item.title}{who} : {step.item.description}{cited(step.sources)}"
        document.add_paragraph(line, style="List Number")
    bullets(document, _("Critères"), [c.item.text + cited(c.sources) for c in reading.criteria], 2)


def sources(document: Any, citations: Sequence[Citation]) -> None:
    if citations:
        document.add_heading(_("Sources"), 1)
    for citation in citations:
        source = citation.source
        parts = (source.title, source.publisher, date_in_words(source.date or ""), source.url or "")
        document.add_paragraph(f"[{citation.number}] " + ", ".join(part for part in parts if part))
