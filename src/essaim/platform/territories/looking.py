"""The first look beside each step of a study: map, table, and what is still missing, in words."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from essaim.platform.territories import reading, services

if TYPE_CHECKING:
    from essaim.platform.programmes.models import Programme

ROWS = 40


def first_look(
    programme: "Programme", document: Mapping[str, Any] | None, *, live: bool = False, picks: bool = False
) -> dict[str, Any]:
    """What the fragment ``_look.html`` shows: ``look`` (rows, map) or none; ``look_said`` sums up, or says why.

    ``picks``: territories are chosen on its map; without a look, ``blank`` is a map for that, if there are outlines.

    ``live``: the fragment answers a change of the form, so it also speaks to a screen reader.
    """
    look, said = _look(programme, document)
    blank = (
        reading.blank_map(programme, document) if picks and document is not None and look is None else None
    )
    return {"live": live, "look": look, "look_said": said, "blank": blank, "picks": picks}


def _look(programme: "Programme", document: Mapping[str, Any] | None) -> tuple[dict[str, Any] | None, str]:
    """The look and its summary, or nothing and why."""
    if document is None:
        return None, _("Le formulaire a des réponses à corriger : la carte attend.")
    try:
        trial = services.trial(programme, document)
    except ValidationError as error:
        return None, " ".join(error.messages)
    if trial.result is None:
        return None, _("Rien n’est encore choisi : cochez un premier critère, la carte se dessine.")
    rows = reading.table_rows(trial.rows(), trial)
    entering = [row for row in rows if row["top_share"] > 0]
    shown = {"rows": entering[:ROWS], "entering": len(entering), "result": trial.result}
    return shown | {"map": reading.ranking_map(trial)}, _summary(trial.result)


def _summary(result: Mapping[str, Any]) -> str:
    counts = {"total": intcomma(result["count"])} | {k: intcomma(v) for k, v in result["statuses"].items()}
    return (
        _(
            "Sur %(total)s territoires, certains : %(certain)s ; possibles : %(possible)s ; exclus : %(excluded)s."
        )
        % counts
    )
