"""What every page needs: whether this is the demonstration, the person's organisations, and the menu."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from essaim.platform.organisations.permissions import memberships


def shell(request: HttpRequest) -> dict[str, object]:
    user = getattr(request, "user", None)
    return {
        "demo": settings.DEMO,
        "menu": _menu(request),
        "my_memberships": memberships(user) if user is not None else [],
    }


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
