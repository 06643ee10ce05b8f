"""Essaim: spread a social innovation by grafting it, not by copying it.

The core packages (``protocol``, ``territory``, ``rollout``, ``evaluation``, ``opendata``) are plain
Python and can be used from a notebook; ``essaim.platform`` is the Django site that calls them.
"""

__version__ = "0.1.0"
