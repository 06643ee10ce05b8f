"""The request as views see it: somebody is logged in (public views say so and check), and htmx may be asking."""

from typing import TYPE_CHECKING

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User


class Request(HttpRequest):
    """A request of a logged-in person (``LoginRequiredMiddleware`` sees to it)."""

    user: "User"  # type: ignore[assignment]
    htmx: HtmxDetails
