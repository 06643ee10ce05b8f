"""What a new campaign starts with, by mode; steps come from the protocol when it says how receivers are chosen."""

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from essaim.protocol.document import Selection


def wish_criterion() -> dict[str, Any]:
    """The one criterion of a two-page answer, as the second wave of the Cités de l'emploi had it."""
    return {
        "id": "wish",
        "text": _("L’envie de porter le projet, et celle des partenaires locaux d’y participer."),
        "source": _("Compte rendu de la rencontre AIS#Emploi du 22 mars 2022, table ronde 3"),
    }


def path_steps() -> list[dict[str, Any]]:
    """The sequenced path of the seed: presented in the region, a day together, then accompaniment."""
    source = _("Compte rendu de la rencontre AIS#Emploi du 22 mars 2022, table ronde 1")
    return [
        {"id": "presentation", "title": _("Présentation"), "who": _("Animation régionale"),
         "description": _("L’animation régionale vient présenter l’action à la structure."),
         "exchange": False, "source": source},
        {"id": "exchange-day", "title": _("Journée d’échange et de mobilisation"),
         "who": _("Toute l’équipe de la structure, l’animation régionale, des pairs"),
         "description": _("Une journée avec l’ensemble de l’équipe pour échanger et vérifier l’intérêt."),
         "exchange": True, "source": source},
        {"id": "accompaniment", "title": _("Accompagnement jusqu’à la confirmation"),
         "who": _("Animation régionale"),
         "description": _("La structure est accompagnée jusqu’à ce qu’elle confirme sa candidature."),
         "exchange": False, "source": source},
    ]  # fmt: skip


def protocol_steps(selection: "Selection") -> list[dict[str, Any]]:
    """The steps a protocol states. A step whose title speaks of exchange is taken for the exchange time."""
    return [
        {
            "id": step.id,
            "title": step.title,
            "who": step.who,
            "description": step.description,
            "exchange": "échange" in step.title.lower(),
            "source": _("protocole du programme"),
        }
        for step in selection.steps
    ]
