"""The heart of a worker: a thread that says it lives, takes up what dead workers left, and does the chores."""

import logging
import threading
import time

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection
from django.utils.module_loading import import_string

from essaim.platform.background import recovery

logger = logging.getLogger(__name__)
AN_HOUR = 3600.0  # seconds


class Heart(threading.Thread):
    """Beats beside the worker ``worker``; an idle worker writes nothing."""

    def __init__(self, worker: str) -> None:
        super().__init__(name="heart", daemon=True)
        self.worker = worker
        self.stopped = threading.Event()
        self.chores_due = time.monotonic()

    def run(self) -> None:
        while not self.stopped.is_set():
            close_old_connections()
            try:
                self.beat()
            except DatabaseError:
                logger.warning("the worker could not say that it lives", exc_info=True)
            self.stopped.wait(settings.TASK_LEASE / 6)
        connection.close()

    def beat(self) -> None:
        """Sign first: after a machine has slept, a worker must not take its own task for lost."""
        if recovery.is_at_work(self.worker):
            recovery.sign(self.worker)
        recovery.take_up_again()
        if time.monotonic() >= self.chores_due:
            self.chores_due = time.monotonic() + AN_HOUR
            do_chores()


def do_chores() -> None:
    """What has to be done every hour, each whatever becomes of the others."""
    for path in settings.HOURLY_CHORES:
        try:
            import_string(path)()
        except Exception:
            logger.exception("the chore %s failed", path)
