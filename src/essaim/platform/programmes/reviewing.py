"""Reading a version before it is published: opinions of the committee, on what it read and nothing else."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from essaim.platform.programmes.models import Opinion, ProtocolVersion

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User


@dataclass(frozen=True, slots=True)
class Review:
    """``current``: last opinion of each person on the version as it stands; ``earlier``: all the others."""

    current: tuple[Opinion, ...]
    earlier: tuple[Opinion, ...]

    @property
    def against(self) -> tuple[Opinion, ...]:
        return tuple(one for one in self.current if one.stance == Opinion.Stance.CHANGE)


def review_of(version: ProtocolVersion) -> Review:
    opinions = list(version.opinions.select_related("author"))
    last = {one.author_id: one for one in opinions if one.sha256 == version.sha256}
    current = tuple(last.values())
    return Review(current, tuple(one for one in opinions if one not in current))


def give_opinion(version: ProtocolVersion, *, stance: str, text: str, by: "User") -> Opinion:
    """Say whether a version given to read may be published; a later opinion of the same person replaces it.

    Raises:
        ValidationError: it is not being read, or it is to be changed and nothing says what.
    """
    if version.state != ProtocolVersion.State.REVIEW:
        raise ValidationError(_("Cette version n’est pas en relecture."))
    if stance == Opinion.Stance.CHANGE and not text.strip():
        raise ValidationError({"text": _("Dire ce qui est à revoir : la version pourra être reprise.")})
    opinion = Opinion(version=version, author=by, stance=stance, text=text, sha256=version.sha256)
    opinion.full_clean()
    opinion.save()
    return opinion


def objections(version: ProtocolVersion) -> list[str]:
    """Why the committee does not let it be published as it stands."""
    return [
        _("%(name)s demande de revoir avant de publier : %(text)s")
        % {"name": one.author.name, "text": one.text}
        for one in review_of(version).against
    ]
