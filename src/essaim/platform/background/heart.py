"""The heart of a worker: a thread that says it lives, and takes up what dead workers left."""

import logging
import threading

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

from essaim.platform.background import recovery

logger = logging.getLogger(__name__)


class Heart(threading.Thread):
    """Beats beside the worker ``worker``; an idle worker writes nothing."""

    def __init__(self, worker: str) -> None:
        super().__init__(name="heart", daemon=True)
        self.worker = worker
        self.stopped = threading.Event()

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
