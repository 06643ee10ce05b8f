"""A panel between its preview and the person's agreement: kept aside for a day, tied to their session.

It is deleted once it is kept, given up or replaced; what was left without a word is swept (``HOURLY_CHORES``).
"""

import json
import secrets
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from essaim.platform.evaluations.panels import Draft

FOLDER = "evaluations/pending"
KEPT_FOR = timedelta(days=1)


def keep(session: Any, plan_pk: int, draft: Draft, said: dict[str, Any]) -> str:
    """Put a draft aside in place of the previous one and give its token."""
    _drop(session, plan_pk)
    token = secrets.token_urlsafe(18)
    default_storage.save(f"{FOLDER}/{token}.csv", ContentFile(draft.csv))
    described = {name: value for name, value in asdict(draft).items() if name not in ("csv", "sample")}
    session[_key(plan_pk)] = {"token": token, "draft": json.dumps(described), "said": said}
    return token


def take(session: Any, plan_pk: int, token: str) -> tuple[Draft, dict[str, Any]] | None:
    """The draft put aside under this token and what was said of it, once; ``None`` when another took its place."""
    kept = session.get(_key(plan_pk))
    if not kept or kept["token"] != token or not default_storage.exists(_path(token)):
        return None
    with default_storage.open(_path(token)) as file:
        draft = Draft(csv=file.read(), **json.loads(kept["draft"]))
    _drop(session, plan_pk)
    return draft, kept["said"]


def give_up(session: Any, plan_pk: int, token: str) -> None:
    """Delete the draft put aside under this token, unless another took its place."""
    if session.get(_key(plan_pk), {}).get("token") == token:
        _drop(session, plan_pk)


def _drop(session: Any, plan_pk: int) -> None:
    kept = session.pop(_key(plan_pk), None)
    if kept:
        default_storage.delete(_path(kept["token"]))


def sweep() -> None:
    """Delete the drafts that were put aside more than a day ago."""
    if not default_storage.exists(FOLDER):
        return
    for name in default_storage.listdir(FOLDER)[1]:
        path = f"{FOLDER}/{name}"
        if default_storage.get_modified_time(path) < timezone.now() - KEPT_FOR:
            default_storage.delete(path)


def _path(token: str) -> str:
    return f"{FOLDER}/{token}.csv"


def _key(plan_pk: int) -> str:
    return f"panel-pending-{plan_pk}"
