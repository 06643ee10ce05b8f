"""From a template to a PDF, by WeasyPrint; it needs Pango, a library of the system that a laptop may lack."""

from typing import Any

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


class PdfUnavailable(RuntimeError):
    """The machine cannot write PDF; the message names what to install."""


def render_pdf(template: str, context: dict[str, Any]) -> bytes:
    """The rendered template as a tagged PDF. Nothing is fetched: the template holds all it needs."""
    try:
        import weasyprint
    except OSError as error:
        raise PdfUnavailable(
            _(
                "Le PDF demande la bibliothèque Pango, absente de ce serveur : installer les paquets %(packages)s "
                "(Debian, Ubuntu), puis recharger la page."
            )
            % {"packages": PACKAGES}
        ) from error
    written: bytes = weasyprint.HTML(
        string=render_to_string(template, context), url_fetcher=_fetch_nothing
    ).write_pdf(pdf_variant="pdf/ua-1")
    return written


def pdf_response(content: bytes, name: str) -> HttpResponse:
    """Send a PDF under a file name."""
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _fetch_nothing(url: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
    raise ValueError(f"{url} : un document ne va rien chercher sur le réseau.")
