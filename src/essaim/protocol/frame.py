"""How an adaptation is described: the aspects of FRAME, as data.

Source of the aspects: Wiltsey Stirman, Baumann & Miller (2019), "The FRAME: an expanded framework for
reporting adaptations and modifications to evidence-based interventions", Implementation Science 14:58.
The French wording is ours; the reasons are a shorter list of our own within the four families of the
paper, without health or origin of persons, which have no place here. A later revision of the framework
is a change of these tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass

REVISION = "2019"


@dataclass(frozen=True, slots=True)
class Aspect:
    """One question asked of each adaptation, with its possible answers (code → French label)."""

    question: str
    answers: Mapping[str, str]
    several: bool = False


WHAT = Aspect(
    "Qu’est-ce qui est modifié ?",
    {
        "content": "Le contenu : ce qui est fait ou proposé",
        "context": "Le cadre : public, lieu, format ou intervenants",
        "training_evaluation": "La formation des équipes ou la manière d’évaluer",
        "implementation": "La mise en place ou la diffusion",
    },
)
WHEN = Aspect(
    "À quel moment ?",
    {
        "preparation": "Avant l’ouverture, pendant la préparation ou le pilote",
        "implementation": "Pendant la mise en œuvre",
        "scale_up": "Pendant l’essaimage",
        "maintenance": "En régime établi",
    },
)
PLANNING = Aspect(
    "Était-ce prévu ?",
    {
        "planned_proactive": "Prévu, par anticipation",
        "planned_reactive": "Prévu, en réponse à un obstacle",
        "unplanned_reactive": "Non prévu, sur le moment",
    },
)
DECIDED_BY = Aspect(
    "Qui a décidé ?",
    {
        "political_leaders": "Élus ou décideurs publics",
        "programme_leader": "Direction du programme",
        "funder": "Financeur",
        "administrator": "Direction de la structure",
        "programme_manager": "Responsable local du programme",
        "developer": "Tête de réseau ou concepteur",
        "researcher": "Évaluateur ou chercheur",
        "team": "Équipe qui met en œuvre",
        "practitioner": "Un professionnel",
        "community": "Habitants ou partenaires du territoire",
        "recipients": "Personnes accompagnées",
    },
    several=True,
)
LEVEL = Aspect(
    "Pour qui ou à quelle échelle ?",
    {
        "person": "Une personne",
        "group": "Un groupe accompagné",
        "population": "Toutes les personnes qui ont un trait commun",
        "practitioner": "Un professionnel",
        "unit": "Une équipe ou un service",
        "organisation": "La structure entière",
        "network": "Le territoire ou le réseau",
    },
)
NATURE = Aspect(
    "De quelle nature est la modification ?",
    {
        "tailoring": "Ajuster ou affiner",
        "packaging": "Changer la présentation ou les supports",
        "adding": "Ajouter un élément",
        "removing": "Retirer un élément",
        "shortening": "Raccourcir ou condenser",
        "lengthening": "Allonger",
        "substituting": "Remplacer un élément par un autre",
        "reordering": "Changer l’ordre",
        "spreading": "Étaler sur plusieurs temps",
        "integrating_into": "Intégrer le protocole à une autre démarche",
        "integrating_other": "Intégrer une autre démarche au protocole",
        "repeating": "Répéter un élément",
        "loosening": "Assouplir la structure",
        "departing": "S’écarter du protocole",
    },
    several=True,
)
REASON = Aspect(
    "Pour quelle raison ?",
    {
        "society_law": "Société : loi, règlement ou commande publique",
        "society_policy": "Société : contexte politique local",
        "society_funding": "Société : financements disponibles",
        "society_norms": "Société : habitudes et culture du territoire",
        "organisation_resources": "Structure : moyens humains ou matériels",
        "organisation_time": "Structure : temps ou charges concurrentes",
        "organisation_service": "Structure : organisation du service",
        "organisation_place": "Structure : lieu, distance, transports",
        "organisation_mission": "Structure : mission ou valeurs",
        "organisation_partners": "Structure : partenaires et offre existante",
        "provider_skills": "Professionnels : compétences ou formation",
        "provider_preferences": "Professionnels : préférences ou jugement",
        "recipient_needs": "Personnes : besoins ou motivation",
        "recipient_access": "Personnes : accès, mobilité, numérique",
        "recipient_language": "Personnes : langue, lecture, écriture",
        "recipient_situation": "Personnes : situation de vie",
    },
    several=True,
)
FIDELITY = Aspect(
    "Est-ce fidèle aux fonctions du protocole ?",
    {
        "consistent": "Oui, la fonction est respectée",
        "inconsistent": "Non, la fonction est touchée",
        "unknown": "On ne sait pas encore",
    },
)

ASPECTS: Mapping[str, Aspect] = {
    "what": WHAT,
    "when": WHEN,
    "planning": PLANNING,
    "decided_by": DECIDED_BY,
    "level": LEVEL,
    "nature": NATURE,
    "reasons": REASON,
    "fidelity": FIDELITY,
}
"""Aspects by the name of the field of :class:`~essaim.protocol.adaptation.Frame` that answers them."""


def label(aspect: str, code: str) -> str:
    """French label of an answer; the code itself when a later or older revision wrote it."""
    return ASPECTS[aspect].answers.get(code, code)
