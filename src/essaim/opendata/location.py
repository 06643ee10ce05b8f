"""A file named by a path or by an address, as bytes, within a size."""

from __future__ import annotations

import tempfile
from pathlib import Path

from essaim.opendata.fetch import FetchError, FetchLimits, fetch
from essaim.opendata.safety import Limits, UnsafeFile, french_size


def is_address(location: str) -> bool:
    """Whether a location is a web address rather than a path.

    >>> is_address("https://www.insee.fr/fr/statistiques/2012804"), is_address("sl_etc.xls")
    (True, False)
    """
    return location.lower().startswith(("http://", "https://"))


def read(location: str, limits: Limits | None = None, *, private: bool = False) -> bytes:
    """The bytes of a local file or of an address (http, https), at most ``limits.bytes`` of them.

    ``private`` lets addresses of the machine's own network through: for the command line, never for a server.
    Raises ``UnsafeFile`` with a French message when the file cannot be had.
    """
    limits = limits or Limits()
    if is_address(location):
        return _download(location, FetchLimits(bytes=limits.bytes, private=private))
    return _local(Path(location), limits)


def _download(address: str, limits: FetchLimits) -> bytes:
    with tempfile.TemporaryDirectory(prefix="essaim-") as folder:
        try:
            return fetch(address, Path(folder), limits=limits).path.read_bytes()
        except FetchError as error:
            raise UnsafeFile(
                str(error), "Vous pouvez aussi télécharger le fichier et donner son chemin."
            ) from error


def _local(path: Path, limits: Limits) -> bytes:
    try:
        if path.stat().st_size > limits.bytes:
            raise UnsafeFile(
                f"Le fichier dépasse la taille permise ({french_size(limits.bytes)}).",
                "Gardez seulement les lignes et les colonnes utiles.",
            )
        return path.read_bytes()
    except OSError as error:
        raise UnsafeFile(
            f"Le fichier « {path} » ne s’ouvre pas ({error.strerror or error}).",
            "Vérifiez le chemin et le droit de le lire.",
        ) from error
