"""Guards for files that strangers send: sizes, archives, file names, executable cells."""

from __future__ import annotations

import re
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

MEGABYTE = 1_000_000
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may weigh. The defaults suit a table that a person uploads; official files raise them."""

    bytes: int = 25 * MEGABYTE
    inflated_bytes: int = 250 * MEGABYTE
    inflation_ratio: int = 200
    members: int = 2_000
    rows: int = 100_000
    columns: int = 2_000
    cell_characters: int = 32_767
    problems: int = 100
    worker_memory: int = 1_500 * MEGABYTE
    worker_seconds: int = 120


class UnsafeFile(ValueError):
    """A file refused as a whole; ``mend`` says how to send an acceptable one (both in French)."""

    def __init__(self, message: str, mend: str, row: int | None = None) -> None:
        super().__init__(message)
        self.message, self.mend, self.row = message, mend, row


def french_size(size: int) -> str:
    """A size for people.

    >>> french_size(25_000_000)
    '25 Mo'
    """
    if size < MEGABYTE:
        return f"{max(size // 1000, 1)} ko"
    return f"{size / MEGABYTE:.0f} Mo"


def check_archive(stream: BinaryIO, limits: Limits) -> list[str]:
    """Names of the members of a zip archive after proving that it inflates within ``limits``.

    Sizes are first read as declared, then measured by inflating each member into nothing, because
    an archive can lie about them. Raises :class:`UnsafeFile`.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
            _check_declared(members, limits)
            total = 0
            for member in members:
                total = _measure(archive, member, total, limits)
            return [member.filename for member in members]
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        EOFError,
        OSError,
        RuntimeError,
        ValueError,
    ) as error:
        if isinstance(error, UnsafeFile):
            raise
        raise UnsafeFile(
            "Le fichier est une archive abîmée ou incomplète.",
            "Ouvrez-le dans votre tableur, enregistrez-le de nouveau, puis renvoyez-le.",
        ) from error


def _check_declared(members: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(members) > limits.members:
        raise UnsafeFile(
            f"L’archive contient {len(members)} éléments ; le maximum est {limits.members}.",
            "Envoyez seulement le tableau utile.",
        )
    if any(member.flag_bits & 0x1 for member in members):
        raise UnsafeFile(
            "Le fichier est protégé par un mot de passe.",
            "Enlevez le mot de passe, puis renvoyez-le.",
        )
    declared = sum(member.file_size for member in members)
    if declared > limits.inflated_bytes:
        raise _too_inflated(declared, limits)


def _measure(archive: zipfile.ZipFile, member: zipfile.ZipInfo, total: int, limits: Limits) -> int:
    """Inflate one member into nothing and return the running total; raises as soon as a bound is passed."""
    size = 0
    with archive.open(member) as content:
        while chunk := content.read(_CHUNK):
            size += len(chunk)
            if total + size > limits.inflated_bytes:
                raise _too_inflated(total + size, limits)
            # Small members compress freely; only a large one can hurt.
            if size > MEGABYTE and size > limits.inflation_ratio * max(member.compress_size, 1):
                raise UnsafeFile(
                    f"« {member.filename} » grossit plus de {limits.inflation_ratio} fois une fois ouvert : "
                    "c’est la forme d’une archive piégée.",
                    "Enregistrez le tableau en CSV (UTF-8) et envoyez ce fichier.",
                )
    return total + size


def _too_inflated(size: int, limits: Limits) -> UnsafeFile:
    return UnsafeFile(
        f"Une fois ouvert, le fichier dépasse {french_size(limits.inflated_bytes)} "
        f"(au moins {french_size(size)}).",
        "Gardez seulement la feuille et les colonnes utiles, ou enregistrez en CSV (UTF-8).",
    )


_DANGEROUS_START = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_PLAIN_NUMBER = re.compile(r"[+-]?[\d\s\u00a0\u202f]*[.,]?\d+\s*%?")


def neutralise_formula(text: str) -> str:
    """The text as it may be written into a CSV or a spreadsheet, so that no program executes it.

    A leading apostrophe tells spreadsheets "this is text"; plain signed numbers are left alone.

    >>> neutralise_formula("=1+1"), neutralise_formula("-3,5"), neutralise_formula("Lyon")
    ("'=1+1", '-3,5', 'Lyon')
    """
    if text.startswith(_DANGEROUS_START) and not _PLAIN_NUMBER.fullmatch(text):
        return "'" + text
    return text


def looks_like_formula(text: str) -> bool:
    """Whether a cell of a text file is an instruction for a spreadsheet rather than a value.

    ``+33 1 02…``, ``- Bonjour (gratuit) !`` and ``=> venir`` are words people write; ``=…``,
    ``+cmd|'…'!A0`` and ``@SUM(…)`` are not.

    >>> looks_like_formula("=HYPERLINK(1)"), looks_like_formula("- parent(s) !"), looks_like_formula("@SUM(A1)")
    (True, False, True)
    """
    return bool(_FORMULA.match(text))


_FORMULA = re.compile(r"\s*([=＝](?![=>])|[+\-@＋－＠]\s*([A-Z][A-Z0-9._]*\(|.*\|.*!))")


_RESERVED = {"con", "prn", "aux", "nul", *(f"com{i}" for i in range(10)), *(f"lpt{i}" for i in range(10))}


def safe_filename(name: str, fallback: str = "fichier", length: int = 100) -> str:
    """A file name without folders, accents, control or shell characters, never empty, hidden or reserved.

    >>> safe_filename("../../étude finale (v2).CSV")
    'etude-finale-v2.csv'
    >>> safe_filename("...")
    'fichier'
    """
    base = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    ascii_name = unicodedata.normalize("NFKD", base).encode("ascii", "ignore").decode()
    path = PurePosixPath(ascii_name)
    suffix = re.sub(r"[^a-z0-9.]", "", path.suffix.lower()).rstrip(".")
    stem = re.sub(r"[^A-Za-z0-9_.]+", "-", path.stem).strip("-._")
    if not stem or stem.lower() in _RESERVED:
        stem = f"{fallback}-{stem}".rstrip("-")
    return stem[: length - len(suffix)] + suffix
