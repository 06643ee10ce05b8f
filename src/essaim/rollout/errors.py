"""The error of this package: a French sentence that says what, why and how to mend it."""

from essaim.words import SaidError


class RolloutError(SaidError):
    """The waves cannot be drawn, sized or judged as asked; the message is meant for the person who asked."""


class CapacityError(RolloutError):
    """The places of the waves are not those that these territories need."""


class MethodError(RolloutError):
    """The method of the draw cannot do what it is for with these territories."""
