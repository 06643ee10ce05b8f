"""What every page needs: whether this is the demonstration, and the menu."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _


def shell(request: HttpRequest) -> dict[str, object]:
    return {"demo": settings.DEMO, "menu": _menu(request)}


def _menu(request: HttpRequest) -> list[dict[str, object]]:
    """Entries of the cycle, in its order."""
    addresses = [(reverse(name), label) for name, label in entries()]
    return [{"url": url, "label": label, "current": request.path.startswith(url)} for url, label in addresses]


def entries() -> list[tuple[str, str]]:
    """(address name, label) of each entry."""
    return [
        ("programmes:programmes", _("Programmes")),
        ("programmes:innovations", _("Innovations")),
        ("community:events", _("Rencontres")),
        ("teachings", _("Enseignements")),
    ]
