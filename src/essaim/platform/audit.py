"""Every write has an author: who is writing now, and the readable trace that stays.

django-auditlog keeps the trace (one table, field by field, on every database); this module says who writes and
refuses a write by nobody. Bulk operations (``.update()``, ``bulk_create``) bypass signals, so services do not use
them on these models (``tests/platform/test_audit.py`` looks for them).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.apps import apps
from django.db.models import Model
from django.db.models.signals import pre_delete, pre_save
from django.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User

_writer: ContextVar["User | None"] = ContextVar("writer", default=None)


class UnattributedWrite(RuntimeError):
    """A model of the platform was about to be written with no author: open ``writing_as(user)`` first."""


@contextmanager
def writing_as(user: "User") -> Iterator[None]:
    """Attribute every write of the block to ``user``; may be nested."""
    token = _writer.set(user)
    try:
        yield
    finally:
        _writer.reset(token)


def writer() -> "User | None":
    """In whose name the present block writes."""
    return _writer.get()


class AttributionMiddleware:
    """Attribute what a request writes to the person who is logged in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        with writing_as(request.user):
            return self.get_response(request)


def history(obj: Model, limit: int = 50) -> list[LogEntry]:
    """The trace of one object, newest first, authors fetched with it."""
    return list(LogEntry.objects.get_for_object(obj).select_related("actor").order_by("-timestamp")[:limit])


def watch() -> None:
    """Trace every model of the platform's domains (called once, when Django is ready).

    A model may name fields that say nothing to a reader (documents, hashes) in ``audit_exclude``; one that the
    machine alone writes, for itself, says ``by_machine``.
    """
    pre_save.connect(_sign_entry, sender=LogEntry, dispatch_uid="essaim-sign")
    for config in apps.get_app_configs():
        if not config.name.startswith("essaim.platform."):
            continue
        for model in config.get_models():
            if getattr(model, "by_machine", False):
                continue
            many_to_many = {f.name for f in model._meta.many_to_many}
            auditlog.register(
                model, exclude_fields=list(getattr(model, "audit_exclude", ())), m2m_fields=many_to_many
            )
            if config.label != "accounts":  # a login writes its own account before anybody is known
                pre_save.connect(
                    _refuse_nobody, sender=model, dispatch_uid=f"essaim-save-{model._meta.label}"
                )
                pre_delete.connect(
                    _refuse_nobody, sender=model, dispatch_uid=f"essaim-delete-{model._meta.label}"
                )


def _sign_entry(instance: LogEntry, **_: Any) -> None:
    if instance.actor_id is None:
        instance.actor = _writer.get()


def _refuse_nobody(sender: type[Model], **_: Any) -> None:
    if _writer.get() is None:
        raise UnattributedWrite(
            f"{sender._meta.label} is written by nobody: wrap it in audit.writing_as(user)."
        )
