"""The WSGI entry point; ``DJANGO_SETTINGS_MODULE`` chooses the settings (a server’s when unset)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "essaim.platform.settings.production")
application = get_wsgi_application()
