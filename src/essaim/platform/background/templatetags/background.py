"""What a page says of a task that was interrupted."""

from typing import Any

from django import template

from essaim.platform.background.recovery import is_interrupted

register = template.Library()


@register.inclusion_tag("background/interrupted.html")
def interrupted(task_path: str, *args: Any) -> dict[str, bool]:
    """``{% interrupted "path.of.the.task" pk %}``: says nothing while all is well."""
    return {"interrupted": is_interrupted(task_path, *args)}
