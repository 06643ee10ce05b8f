"""A laptop with the demonstration: same as dev, in a database of its own."""

from essaim.platform.settings.dev import *  # noqa: F403

DEMO = True
