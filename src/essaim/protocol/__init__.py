"""The protocol: what spreads, how far it may adapt, how it moves on without losing local work."""

from essaim.protocol.check import require_valid, validate
from essaim.protocol.document import Protocol
from essaim.protocol.files import dump, dumps, examine, load, loads
from essaim.protocol.problem import InvalidDocument, Problem

__all__ = [
    "InvalidDocument",
    "Problem",
    "Protocol",
    "dump",
    "dumps",
    "examine",
    "load",
    "loads",
    "require_valid",
    "validate",
]
