"""A laptop: SQLite, this machine only, a secret of its own kept in the data folder."""

import secrets

from essaim.platform.settings.base import *  # noqa: F403
from essaim.platform.settings.base import DATA_DIR

DATA_DIR.mkdir(parents=True, exist_ok=True)
_secret = DATA_DIR / "secret.txt"
if not _secret.exists():
    _secret.touch(mode=0o600)
    _secret.write_text(secrets.token_urlsafe(50))
SECRET_KEY = _secret.read_text()
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = DATA_DIR / "mail"
