"""A server: PostgreSQL, HTTPS, secrets from the environment; a missing one stops the start with its name."""

import os

from django.core.exceptions import ImproperlyConfigured

from essaim.platform.settings.base import *  # noqa: F403
from essaim.platform.settings.base import STORAGES


def _required(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise ImproperlyConfigured(f"Set {name} in the environment (see docs/settings.md).")
    return value


STORAGES["staticfiles"]["BACKEND"] = "essaim.platform.ui.storage.CompressedStaticStorage"
SECRET_KEY = _required("ESSAIM_SECRET_KEY")
ALLOWED_HOSTS = _required("ESSAIM_HOSTS").split(",")
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS]
EMAIL_HOST = _required("ESSAIM_EMAIL_HOST")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 31536000
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
