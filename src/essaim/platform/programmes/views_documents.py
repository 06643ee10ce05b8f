"""What a version is as a document: the protocol, its cahier des charges, its label file; page, PDF, Word, YAML."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from essaim.platform.http import Request
from essaim.platform.pdf import PdfUnavailable, render_pdf
from essaim.platform.programmes import services
from essaim.platform.programmes.models import Programme, ProtocolVersion
from essaim.platform.programmes.reading import Reading, read
from essaim.platform.programmes.word import protocol_docx
from essaim.platform.programmes.word_files import APPLICANT, DECISION, label_docx, specification_docx
from essaim.protocol import Protocol, dumps

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True, slots=True)
class Document:
    """``heading`` names it for a protocol; ``text`` is its template; ``file`` ends the name of its files."""

    heading: Callable[[Protocol], str]
    text: str
    docx: Callable[[ProtocolVersion, Reading], bytes]
    file: str = ""


DOCUMENTS = {
    "protocol": Document(lambda protocol: protocol.title, "programmes/protocol_text.html", protocol_docx),
    "specification": Document(
        lambda protocol: _("Cahier des charges : %(title)s") % {"title": protocol.title},
        "programmes/specification_text.html",
        specification_docx,
        "-cahier-des-charges",
    ),
    "label": Document(
        lambda protocol: (
            _("Dossier de label : %(title)s") % {"title": protocol.label.title if protocol.label else ""}
        ),
        "programmes/label_text.html",
        label_docx,
        "-dossier-de-label",
    ),
}


def published_version(programme: Programme, number: str) -> ProtocolVersion:
    version = services.version_numbered(programme, number)
    if version is None:
        raise Http404
    return version


def _context(request: Request, slug: str, number: str, name: str) -> dict[str, Any]:
    """What the page and the PDF show; 404 for a document that this version does not have."""
    programme = services.programme_for(request.user, slug, "view_protocol")
    version = published_version(programme, number)
    reading = read(version.protocol)
    if name not in DOCUMENTS or (name == "label" and reading.protocol.label is None):
        raise Http404
    return {
        "programme": programme,
        "version": version,
        "reading": reading,
        "document": name,
        "heading": DOCUMENTS[name].heading(reading.protocol),
        "text": DOCUMENTS[name].text,
        "applicant": APPLICANT,
        "decision": DECISION,
    }


@login_not_required
def page(request: Request, slug: str, number: str, document: str) -> HttpResponse:
    return render(request, "programmes/document.html", _context(request, slug, number, document))


@login_not_required
def pdf(request: Request, slug: str, number: str, document: str) -> HttpResponse:
    context = _context(request, slug, number, document)
    try:
        content = render_pdf("programmes/document_pdf.html", context)
    except PdfUnavailable as unavailable:
        found = {"programme": context["programme"], "reason": str(unavailable)}
        return render(request, "programmes/pdf_unavailable.html", found, status=503)
    return _file(content, "application/pdf", context["version"], f"{DOCUMENTS[document].file}.pdf")


@login_not_required
def docx(request: Request, slug: str, number: str, document: str) -> HttpResponse:
    context = _context(request, slug, number, document)
    content = DOCUMENTS[document].docx(context["version"], context["reading"])
    return _file(content, DOCX, context["version"], f"{DOCUMENTS[document].file}.docx")


@login_not_required
def yaml(request: Request, slug: str, number: str) -> HttpResponse:
    version = published_version(services.programme_for(request.user, slug, "view_protocol"), number)
    return _file(dumps(version.protocol).encode(), "application/yaml; charset=utf-8", version, ".yaml")


def _file(content: bytes, kind: str, version: ProtocolVersion, end: str) -> HttpResponse:
    name = f"{version.programme.slug}-{version.number}{end}"
    return HttpResponse(
        content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
