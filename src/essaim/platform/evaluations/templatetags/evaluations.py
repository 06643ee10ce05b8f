"""Numbers of a report as French writes them."""

from django import template
from django.utils.translation import gettext

from essaim.platform.evaluations.models import Estimate
from essaim.platform.telling import tell

register = template.Library()


@register.filter
def reason(estimate: Estimate) -> str:
    """What an estimation says of itself: how far it is, or why it stopped."""
    return tell(estimate.report.get("reason") or estimate.message)


@register.filter
def compact(value: float) -> str:
    """« 0,3 »: as many decimals as were given."""
    return f"{value:.10g}".replace(".", ",")


@register.filter
def minus(value: object) -> str:
    """A time since opening with a true minus sign; a period or a cohort is left as it is."""
    return f"−{-value}" if isinstance(value, int) and value < 0 else str(value)


@register.filter
def percent(share: float) -> str:
    """« 3,2 % » of a share between 0 and 1."""
    return f"{100 * share:.1f}".replace(".", ",") + "\u00a0%"


@register.filter
def brief(value: float) -> str:
    """« 0,0318 »: three significant digits."""
    return f"{value:.3g}".replace(".", ",")


@register.filter
def translated(text: str) -> str:
    """A word of the core (a verdict) in the reader's language."""
    return gettext(text)
