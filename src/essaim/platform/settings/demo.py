"""A laptop with the demonstration: a database of its own, its accounts shown to whoever opens the site."""

import os

from essaim.platform.settings.local import *  # noqa: F403
from essaim.platform.settings.local import DATA_DIR, DATABASES

DEMO = True
if "DATABASE_URL" not in os.environ:
    DATABASES["default"]["NAME"] = str(DATA_DIR / "demo.sqlite3")
