"""The cycle of spreading in one picture: ten stages on a ring, each with its sentence."""

from dataclasses import dataclass
from math import cos, pi, sin

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_CENTRE, _RADIUS = (450, 285), (340, 215)


@dataclass(frozen=True, slots=True)
class Stage:
    """``x`` and ``y`` are the stage's place in the picture (viewBox 0 0 900 570)."""

    number: int
    label: str | Promise
    sentence: str | Promise
    x: int
    y: int


_WORDS: list[tuple[str | Promise, str | Promise]] = [
    (_("Repérer"), _("Une initiative locale entre dans l’entonnoir, avec ses preuves ; ce qui s’arrête dit pourquoi.")),
    (_("Décrire"), _("Un protocole : ce qui ne change jamais, ce qui s’adapte, et dans quelles limites.")),
    (_("Choisir"), _("Des territoires choisis ouvertement : besoins, ressources, offre existante, envie déclarée.")),
    (_("Mobiliser"), _("Les équipes s’engagent pas à pas, des pairs les aident à décider.")),
    (_("Greffer"), _("Un site s’ouvre avec les structures du territoire, son comité de pilotage, son équipe.")),
    (_("Adapter"), _("Chaque site garde sa variante, expliquée ; une mise à jour ne lui fait rien perdre.")),
    (_("Animer"), _("Rencontres, questions entre pairs, retours d’expérience.")),
    (_("Évaluer"), _("Des vagues pensées pour être évaluées, des effets estimés honnêtement.")),
    (_("Capitaliser"), _("Ce qui a été appris, et le changement que cela propose au protocole.")),
    (_("Généraliser"), _("Le cadre légal, les échéances et les moyens d’un passage à l’échelle.")),
]  # fmt: skip


def stages() -> list[Stage]:
    """The ten stages, clockwise from the top."""
    found = []
    for number, (label, sentence) in enumerate(_WORDS, start=1):
        angle = 2 * pi * (number - 1) / len(_WORDS) - pi / 2
        x = round(_CENTRE[0] + _RADIUS[0] * cos(angle))
        y = round(_CENTRE[1] + _RADIUS[1] * sin(angle))
        found.append(Stage(number, label, sentence, x, y))
    return found
