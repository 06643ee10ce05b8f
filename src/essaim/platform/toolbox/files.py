"""What may enter the toolbox: files that show and do nothing by themselves, of a bounded size.

The kind is known by the ending and proven by the content. Pages, drawings that hold scripts (SVG), macros, programs and
bare archives are refused. Files are only ever given to be saved, never shown by the site.
"""

import hashlib
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from essaim.opendata.safety import Limits, UnsafeFile, check_archive


def _begins(*signs: bytes) -> Callable[[bytes, Any], bool]:
    return lambda head, _stream: head.startswith(signs)


def _is_text(head: bytes, stream: Any) -> bool:
    stream.seek(0)
    content = stream.read()
    if b"\x00" in content:
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_office(head: bytes, stream: Any) -> bool:
    """A zip archive that inflates within bounds, declares an office document, and holds no macro."""
    if not head.startswith(b"PK\x03\x04"):
        return False
    stream.seek(0)
    names = check_archive(stream, Limits(bytes=settings.MAX_UPLOAD_BYTES))
    lower = [name.lower() for name in names]
    declared = "[content_types].xml" in lower or "mimetype" in lower
    active = any("vbaproject" in name or name.startswith(("basic/", "scripts/")) for name in lower)
    return declared and not active


KINDS: dict[str, Callable[[bytes, Any], bool]] = {
    ".pdf": _begins(b"%PDF-"),
    ".png": _begins(b"\x89PNG\r\n\x1a\n"),
    ".jpg": _begins(b"\xff\xd8\xff"),
    ".jpeg": _begins(b"\xff\xd8\xff"),
    ".txt": _is_text,
    ".md": _is_text,
    ".csv": _is_text,
    **dict.fromkeys((".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp"), _is_office),
}
"""Endings accepted, each with the proof that the content is of that kind."""


def check_file(file: Any) -> None:
    """Refuse, in words, what the toolbox does not take. ``file`` has ``name``, ``size`` and reads as a stream.

    Raises:
        ValidationError: too large, empty, of a kind that is not accepted, or not what its name says.
    """
    if file.size > settings.MAX_UPLOAD_BYTES:
        raise ValidationError(
            _("Le fichier dépasse %(limit)s Mo : l’alléger, ou donner un lien.")
            % {"limit": settings.MAX_UPLOAD_BYTES // 2**20}
        )
    if not file.size:
        raise ValidationError(_("Le fichier est vide : vérifier qu’il s’ouvre, puis l’ajouter de nouveau."))
    proof = KINDS.get(PurePosixPath(file.name).suffix.lower())
    if proof is None:
        raise ValidationError(
            _("Ce genre de fichier n’entre pas dans la boîte à outils. Genres acceptés : %(kinds)s.")
            % {"kinds": ", ".join(sorted(kind.removeprefix(".") for kind in KINDS))}
        )
    file.seek(0)
    head = file.read(16)
    try:
        proven = proof(head, file)
    except UnsafeFile as error:
        raise ValidationError(f"{error.message} {error.mend}") from error
    file.seek(0)
    if not proven:
        raise ValidationError(
            _(
                "Le contenu n’est pas celui que le nom annonce, ou il porte des macros : "
                "l’enregistrer de nouveau sans elles."
            )
        )


def fingerprint(file: Any) -> str:
    """SHA-256 of a stream, which is left at its beginning."""
    digest = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(1 << 16):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()
