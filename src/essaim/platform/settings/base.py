"""Settings shared by every way of running the site. Each variable read here is listed in docs/settings.md."""

import os
import sqlite3
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF

PLATFORM = Path(__file__).parents[1]
ROOT = PLATFORM.parents[2]  # the checkout, when there is one
DATA_DIR = Path(os.environ.get("ESSAIM_DATA_DIR") or ROOT / "var")

PROGRAMMES_DIR = ROOT / "programmes"  # the programmes described in the open, and the meeting of 2022

DEBUG = False
ALLOWED_HOSTS: list[str] = []
ROOT_URLCONF = "essaim.platform.urls"
WSGI_APPLICATION = "essaim.platform.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DOMAINS = [
    "home",
    "accounts",
    "organisations",
    "programmes",
    "opendata",
    "territories",
    "campaigns",
    "community",
    "sites",
    "toolbox",
    "evaluations",
    "transfer",
    "demo",
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "auditlog",
    "csp",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "essaim.platform.ui",
    "essaim.platform.background",
    *(f"essaim.platform.{domain}" for domain in DOMAINS),
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "essaim.platform.audit.AttributionMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PLATFORM / "ui" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "essaim.platform.ui.context.shell",
            ],
            "builtins": ["django.templatetags.i18n", "essaim.platform.ui.templatetags.ui"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"


def _sqlite_options() -> dict[str, object]:
    """WAL only where SQLite is free of its rare WAL corruption (fixed in 3.51.3); writers wait, never fail."""
    wal = sqlite3.sqlite_version_info >= (3, 51, 3)
    return {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": f"PRAGMA journal_mode={'WAL' if wal else 'DELETE'}; PRAGMA synchronous=FULL;",
    }


DATABASES = {
    "default": dj_database_url.config(
        default=f"sqlite:///{DATA_DIR / 'essaim.sqlite3'}", conn_max_age=60, conn_health_checks=True
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = _sqlite_options()

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "essaim.platform.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # accounts are opened by an invitation sent to the address
ACCOUNT_LOGOUT_ON_GET = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
DEFAULT_FROM_EMAIL = os.environ.get("ESSAIM_FROM_EMAIL", "essaim@localhost")

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
LOCALE_PATHS = [PLATFORM / "locale"]
TIME_ZONE = "Europe/Paris"
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "files"
MEDIA_URL = "files/"
OPENDATA_DIR = DATA_DIR / "opendata"  # imported vintages (docs/adr/0009)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "essaim.platform.ui.storage.StaticStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
MAX_UPLOAD_BYTES = 30 * 2**20  # a person's file; anything larger is refused before it is read
OPENDATA_UPLOAD_BYTES = 600 * 2**20  # an official file sent from a screen; larger ones come by their address
OPENDATA_PRIVATE_ADDRESSES = False  # only tests reach this machine's own addresses

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
TASK_LEASE = float(
    os.environ.get("ESSAIM_TASK_LEASE", 30)
)  # seconds without a sign of its worker: the task is lost
HOURLY_CHORES = ["essaim.platform.evaluations.pending.sweep"]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
        "worker-src": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"django.request": {"level": "ERROR"}},
}

AUDITLOG_INCLUDE_ALL_MODELS = False

DEMO = False  # the demonstration: its accounts are shown on the login page, and exist nowhere else
