"""The task worker, as a process of its own (started by ``serving``, or by a service manager)."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "essaim.platform.settings.local")
    from django.core.management import execute_from_command_line

    execute_from_command_line([sys.argv[0], "db_worker", "--interval", "0.5"])
