"""What every template may use: labels, history, French dates and numbers, Markdown."""

from typing import Any

import nh3
from django import template
from django.db.models import Model
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt

from essaim.platform import audit
from essaim.platform.dates import in_words
from essaim.platform.programmes.permissions import POLICY
from essaim.platform.telling import tell

register = template.Library()
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


@register.simple_tag
def simulated() -> SafeString:
    """The label of simulated data, the same everywhere."""
    return format_html('<span class="badge simulated">{}</span>', _("simulé"))


@register.simple_tag(takes_context=True)
def programme_rights(context: dict[str, Any], programme: Any) -> frozenset[str]:
    """All that the reader may do in a programme."""
    return POLICY.actions(context["user"], programme)


@register.filter
def partial_date(value: str) -> str:
    """« 2020-01 » → « janvier 2020 »; empty stays empty."""
    return in_words(value or "")


@register.filter
def told(said: Any) -> str:
    """A sentence of the core in the reader's language."""
    return tell(said)


@register.filter
def markdown(text: str) -> SafeString:
    """Markdown typed by a person, rendered and cleaned."""
    return mark_safe(nh3.clean(_markdown.render(text or "")))  # noqa: S308 - nh3 cleans it


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """``{{ mapping|get:key }}``; ``None`` when it is not there."""
    return mapping.get(key) if mapping else None


@register.inclusion_tag("ui/history.html")
def history(obj: Model) -> dict[str, object]:
    """The readable trace of an object: who wrote what, when."""
    entries = [
        {"at": e.timestamp, "actor": e.actor, "action": e.action, "changes": _readable(obj, e.changes or {})}
        for e in audit.history(obj)
    ]
    return {"entries": entries}


def _readable(obj: Model, changes: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Field labels and values in words; related sets and identifiers are left out."""
    rows = []
    for name, change in changes.items():
        if name == "id" or not isinstance(change, list) or len(change) != 2:
            continue
        field = obj._meta.get_field(name)
        choices = dict(field.flatchoices) if hasattr(field, "flatchoices") else {}
        before, after = (
            "" if v in (None, "None", "", "[]", "{}") else str(choices.get(v, v)) for v in change
        )
        rows.append((str(getattr(field, "verbose_name", name)), before[:200], after[:200]))
    return rows
