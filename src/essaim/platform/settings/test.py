"""The test suite: fast passwords, tasks run at once, no file outside a temporary folder."""

import atexit
import os
import shutil
import tempfile

if "ESSAIM_DATA_DIR" not in os.environ:
    os.environ["ESSAIM_DATA_DIR"] = tempfile.mkdtemp(prefix="essaim-test-")
    atexit.register(shutil.rmtree, os.environ["ESSAIM_DATA_DIR"], ignore_errors=True)

from essaim.platform.settings.base import *  # noqa: F403
from essaim.platform.settings.base import STATIC_ROOT

STATIC_ROOT.mkdir(exist_ok=True)

SECRET_KEY = "only for tests"
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
