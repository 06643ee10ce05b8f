"""The task worker, as a process of its own (started by ``serving``, or by a service manager)."""

import logging
import os
import secrets
import sys


def work(*options: str) -> None:
    """Take tasks until told to stop; Django is set up. ``options`` are those of the command ``db_worker``."""
    from django.core.management import execute_from_command_line

    from essaim.platform.background.heart import Heart

    # Its comings and goings say nothing to who runs a laptop; its errors do. (The command sets its own log level.)
    for name in ("django_tasks", "django_tasks_db"):
        logging.getLogger(name).addFilter(lambda record: record.levelno >= logging.ERROR)
    worker = secrets.token_hex(16)
    Heart(worker).start()
    execute_from_command_line(["worker", "db_worker", "--interval", "0.5", "--worker-id", worker, *options])


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "essaim.platform.settings.local")
    import django

    django.setup()
    work(*sys.argv[1:])
