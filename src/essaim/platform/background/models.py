"""The sign of life of a task worker."""

from django.db import models


class WorkerSign(models.Model):
    """When a worker that has a task in hand last said so. Written by the machine alone: nobody signs it."""

    by_machine = True

    worker = models.CharField(max_length=64, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.worker}, {self.seen_at:%H:%M:%S}"
