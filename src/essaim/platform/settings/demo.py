"""A laptop with the demonstration: its accounts are shown at login."""

from essaim.platform.settings.local import *  # noqa: F403

DEMO = True
