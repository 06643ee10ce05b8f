"""From what a person types to a territory of the official geography, and the fields a site keeps of it."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from essaim.platform.telling import refusal
from essaim.territory import codes, lookup
from essaim.territory.codes import Territory, UnknownCode


def find_territory(level: str, typed: str) -> Territory:
    """The territory of ``level`` with this code or exact name.

    Errors: ``ValidationError`` that says what is wrong and lists the territories that look alike.
    """
    typed = typed.strip()
    if any(character.isdigit() for character in typed):
        return _by_code(level, typed)
    found = lookup.search(typed, level)  # type: ignore[arg-type]
    exact = [place for place in found if lookup.plain(place.name) == lookup.plain(typed)]
    if len(exact) == 1:
        return exact[0]
    if not found:
        raise ValidationError(
            _("« %(typed)s » : aucun territoire de ce nom. Vérifier l’orthographe, ou écrire le code Insee.")
            % {"typed": typed}
        )
    choices = ", ".join(f"{place.label} : {place.code}" for place in (exact or found)[:6])
    raise ValidationError(
        _("« %(typed)s » désigne plusieurs territoires ; écrire le code de l’un d’eux (%(choices)s).")
        % {"typed": typed, "choices": choices}
    )


def communes_named(name: str, within: Territory | None = None) -> list[Territory]:
    """Communes of exactly this name, the largest first; ``within``: a département that must hold them."""
    return [
        place
        for place in lookup.search(name, "commune")
        if lookup.plain(place.name) == lookup.plain(name)
        and (within is None or within.code in place.departments)
    ]


def _by_code(level: str, typed: str) -> Territory:
    try:
        return codes.territory(level, lookup.normalise(typed, level))  # type: ignore[arg-type]
    except UnknownCode as error:
        raise refusal(error) from error


def fields_of(level: str, code: str) -> dict[str, str]:
    """What a site keeps of its territory; everything empty when the territory is unknown."""
    if not (level and code):
        return dict.fromkeys(("territory_level", "territory_code", "territory_name", "region_code"), "")
    place = _by_code(level, code)
    return {
        "territory_level": level,
        "territory_code": place.code,
        "territory_name": place.label,
        "region_code": place.region,
    }


def region_names() -> dict[str, str]:
    return {code: place.name for code, place in codes.territories("region").items()}
