"""The cahier des charges and the label file of a protocol as Word files; the second is filled in by hand or typed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from essaim.platform.programmes.reading import ComponentReading, Reading
from essaim.platform.programmes.word import (
    bullets,
    choice,
    cited,
    essence,
    labelled,
    new_document,
    sources,
    table,
    variants,
    written,
)

if TYPE_CHECKING:
    from essaim.platform.programmes.models import ProtocolVersion

APPLICANT = (
    gettext_lazy("Structure"),
    gettext_lazy("Territoire"),
    gettext_lazy("Personne à contacter"),
    gettext_lazy("Adresse électronique, téléphone"),
    gettext_lazy("Date de la demande"),
)
DECISION = (
    gettext_lazy("Label accordé, accordé sous réserve ou refusé"),
    gettext_lazy("Raison de la décision"),
    gettext_lazy("Valable jusqu’au"),
    gettext_lazy("Date, nom et signature"),
)


def specification_docx(version: "ProtocolVersion", reading: Reading) -> bytes:
    """What is fixed, what is free, what varies, what is asked."""
    title = _("Cahier des charges : %(title)s") % {"title": reading.protocol.title}
    document = new_document(version, title)
    essence(document, reading)
    _fixed(document, reading.core)
    _free(document, reading.adaptable)
    variants(document, reading)
    bullets(document, _("Avant de commencer"), [one.item.text for one in reading.prerequisites])
    heads = (_("Exigence"), _("Porte sur"), _("Preuve demandée"))
    rows = [(one.item.text, one.labels["component"], one.item.evidence) for one in reading.requirements]
    table(document, _("Ce qui est demandé"), heads, rows)
    if not rows:
        document.add_heading(_("Ce qui est demandé"), 1)
        document.add_paragraph(_("Aucune exigence de label n’est écrite."))
    sources(document, reading.citations)
    return written(document)


def _fixed(document: Any, components: Sequence[ComponentReading]) -> None:
    document.add_heading(_("Ce qui est fixe"), 1)
    if not components:
        document.add_paragraph(_("Rien d’autre que l’essence : la façon de la vivre est libre."))
    for reading in components:
        document.add_heading(reading.component.title, 2)
        document.add_paragraph(reading.component.function + cited(reading.sources))
        bullets(document, _("Dans ces limites"), [choice(one) for one in reading.parameters], 3)
        seen = [f"{one.marker.label} ({_('visé :')} {one.target})" for one in reading.markers]
        bullets(document, _("On le voit à ceci"), seen, 3)


def _free(document: Any, components: Sequence[ComponentReading]) -> None:
    document.add_heading(_("Ce qui est libre"), 1)
    if not components:
        document.add_paragraph(
            _("Aucun élément adaptable n’est encore écrit : ce que les sites inventent viendra ici.")
        )
    for reading in components:
        document.add_heading(reading.component.title, 2)
        document.add_paragraph(reading.component.function)
        free = [choice(one) for one in reading.parameters] or [_("La façon de faire, sans limite écrite.")]
        for line in free:
            document.add_paragraph(line, style="List Bullet")


def label_docx(version: "ProtocolVersion", reading: Reading) -> bytes:
    """Requirements one by one, with room for the answer of the candidate and the opinion of who reviews.

    The protocol has a label.
    """
    label = reading.protocol.label
    assert label is not None
    unknown = _("inconnu : à demander au réseau")
    document = new_document(version, _("Dossier de label : %(title)s") % {"title": label.title})
    if label.description:
        document.add_paragraph(label.description)
    essence(document, reading)
    labelled(document, _("Qui relit le dossier"), label.reviewed_by or unknown)
    months = _("%(count)s mois à partir de la décision, puis le dossier est relu") % {
        "count": label.valid_months
    }
    labelled(document, _("Valable"), months if label.valid_months else unknown)
    document.add_heading(_("La structure qui demande le label"), 1)
    _blanks(document, [(str(name), "") for name in APPLICANT])
    document.add_heading(_("Les exigences, une par une"), 1)
    for number, one in enumerate(reading.requirements, 1):
        document.add_heading(f"{number}. {one.item.text}", 2)
        labelled(document, _("Porte sur"), one.labels["component"] + cited(one.sources))
        labelled(document, _("Preuve demandée"), one.item.evidence or unknown)
        _blanks(document, _answers())
    document.add_heading(_("Décision"), 1)
    _blanks(document, [(str(name), "") for name in DECISION])
    sources(document, reading.citations)
    return written(document)


def _answers() -> list[tuple[str, str]]:
    return [
        (_("Où en êtes-vous ?"), _("☐ tenue   ☐ en partie   ☐ pas encore")),
        (_("Preuve jointe"), ""),
        (_("Ce que vous voulez en dire"), "\n\n"),
        (_("Avis de qui relit"), "\n\n"),
    ]


def _blanks(document: Any, rows: Sequence[tuple[str, str]]) -> None:
    """A table of two columns: what is asked, room for the answer."""
    grid = document.add_table(rows=0, cols=2, style="Table Grid")
    for name, text in rows:
        cells = grid.add_row().cells
        cells[0].paragraphs[0].add_run(name).bold = True
        cells[1].text = text
