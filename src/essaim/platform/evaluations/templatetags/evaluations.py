"""Numbers of a report as French writes them."""

from django import template

from essaim.platform.evaluations.documents import shown

register = template.Library()


@register.filter
def signed(value: float | None) -> str:
    """« +0,123 », « −0,045 »; undefined is a dash."""
    return shown(value)
