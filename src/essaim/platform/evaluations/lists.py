"""Lists of whole numbers, as people type them."""

import re

_BETWEEN = re.compile(r"\s*[,;]\s*|\s+")


def whole_numbers(text: str) -> tuple[int, ...]:
    """The whole numbers of a list, whatever stands between them. Raises ``ValueError`` when one is not whole.

    >>> whole_numbers("8,8,10") == whole_numbers("8 8 10") == whole_numbers("8 ; 8 ; 10") == (8, 8, 10)
    True
    """
    parts = _BETWEEN.split(text.strip()) if text.strip() else []
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise ValueError(text)
    return tuple(map(int, parts))
