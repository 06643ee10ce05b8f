"""The WSGI entry point; ``DJANGO_SETTINGS_MODULE`` chooses the settings (dev when unset)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "essaim.platform.settings.dev")
application = get_wsgi_application()
