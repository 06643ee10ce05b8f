"""Tasks whose worker died go back to the queue; those that kill every worker end, and their rows say so.

A worker with a task in hand renews its sign every few seconds (:mod:`.heart`). A task that runs is *lost* when neither
its start nor the sign of its worker is younger than the lease. What a task does must therefore bear being done
again: a lease that ends too early (a machine put to sleep) makes it run twice.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks_db.models import DBTaskResult
from django_tasks_db.utils import exclusive_transaction

from essaim.platform.background.models import WorkerSign

ATTEMPTS = 8
"""How many workers may die of one task before it is given up."""

_ABANDONED: dict[str, Callable[..., None]] = {}


class TaskLost(RuntimeError):
    """Every worker that took this task died."""


def when_abandoned(task: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register what says, in the row that a task works for, that the task is given up (same arguments as the task)."""

    def register(say: Callable[..., None]) -> Callable[..., None]:
        _ABANDONED[task.module_path] = say
        return say

    return register


def sign(worker: str) -> None:
    """Renew the sign of life of ``worker``."""
    now = timezone.now()
    if not WorkerSign.objects.filter(pk=worker).update(seen_at=now):
        WorkerSign.objects.create(worker=worker, seen_at=now)


def is_at_work(worker: str) -> bool:
    """Whether this worker has a task in hand."""
    return any(worker == one.worker_ids[-1] for one in DBTaskResult.objects.running() if one.worker_ids)


def lost_tasks() -> list[DBTaskResult]:
    """Running tasks whose worker has given no sign for the length of the lease."""
    limit = timezone.now() - timedelta(seconds=settings.TASK_LEASE)
    alive = set(WorkerSign.objects.filter(seen_at__gt=limit).values_list("pk", flat=True))
    running = DBTaskResult.objects.running().filter(started_at__lte=limit)
    return [one for one in running if not one.worker_ids or one.worker_ids[-1] not in alive]


def take_up_again() -> int:
    """Put lost tasks back in the queue, give up those that were lost too often; returns how many were lost."""
    lost = lost_tasks()
    for one in lost:
        with exclusive_transaction():
            held = DBTaskResult.objects.running().filter(pk=one.pk, started_at=one.started_at).get_locked()
            if held is None:
                continue  # it ended, or another process took it up
            if len(held.worker_ids) < ATTEMPTS:
                held.status, held.started_at = "READY", None
                held.save(update_fields=["status", "started_at"])
            else:
                _give_up(held)
    if lost:
        WorkerSign.objects.filter(seen_at__lt=timezone.now() - timedelta(days=1)).delete()
    return len(lost)


def _give_up(held: DBTaskResult) -> None:
    held.set_failed(TaskLost(f"{held.task_path}: {len(held.worker_ids)} workers died of it"))
    import_string(held.task_path)  # its module registers what abandoning means
    say = _ABANDONED.get(held.task_path)
    if say:
        say(*held.args_kwargs["args"], **held.args_kwargs["kwargs"])


def is_interrupted(task_path: str, *args: Any) -> bool:
    """Whether a task whose first arguments are these was interrupted and waits for a worker to take it up again."""
    wanted = list(args)
    again = (one for one in DBTaskResult.objects.ready().filter(task_path=task_path) if one.worker_ids)
    lost = (one for one in lost_tasks() if one.task_path == task_path)
    return any(one.args_kwargs["args"][: len(wanted)] == wanted for one in (*again, *lost))
