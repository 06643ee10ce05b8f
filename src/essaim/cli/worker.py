"""The task worker, as a process of its own (started by ``serving``, or by a service manager)."""

import logging
import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "essaim.platform.settings.local")
    from django.core.management import execute_from_command_line

    # Its comings and goings say nothing to who runs a laptop; its errors do. (The command sets its own log level.)
    for name in ("django_tasks", "django_tasks_db"):
        logging.getLogger(name).addFilter(lambda record: record.levelno >= logging.ERROR)
    execute_from_command_line([sys.argv[0], "db_worker", "--interval", "0.5"])
