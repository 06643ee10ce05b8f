"""The minutes of a meeting as a Word file: funders and networks ask for it."""

from io import BytesIO

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from docx import Document
from docx.document import Document as DocxDocument

from essaim.platform.community.models import Event, Session


def minutes_docx(event: Event) -> bytes:
    """The whole event: sessions with their speakers and teachings, then the sheets of the annex."""
    document = Document()
    document.core_properties.title = event.title
    document.core_properties.author = event.organiser.name
    document.add_heading(event.title, level=0)
    document.add_paragraph(event.theme)
    document.add_paragraph(f"{date_format(event.date, 'l j F Y')} – {event.format}")
    for session in event.sessions.prefetch_related("speakers__organisation", "teachings__speaker"):
        _session(document, session)
    sheets = list(event.sheets.select_related("programme", "session"))
    if sheets:
        document.add_heading(_("Annexe : fiches des programmes"), level=1)
    for sheet in sheets:
        document.add_heading(f"{sheet.programme.title} – {sheet.presented_by}", level=2)
        document.add_paragraph(sheet.text)
    if event.source:
        document.add_paragraph(_("Source : %(source)s") % {"source": event.source})
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _session(document: DocxDocument, session: Session) -> None:
    number = f" {session.number}" if session.number else ""
    document.add_heading(f"{session.get_kind_display().capitalize()}{number} – {session.title}", level=1)
    for speaker in session.speakers.all():
        parts = [speaker.name, speaker.function, speaker.organisation.name if speaker.organisation else ""]
        document.add_paragraph(", ".join(part for part in parts if part))
    for teaching in session.teachings.all():
        paragraph = document.add_paragraph(teaching.text, style="List Bullet")
        if teaching.quote:
            paragraph.add_run(f" « {teaching.quote} »").italic = True
        if teaching.speaker:
            paragraph.add_run(f" ({teaching.speaker.name})")
