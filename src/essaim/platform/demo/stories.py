"""The simulated histories of the demonstration, one a programme of the thread, as a table to read.

Territories, programmes and protocols are real; everything in this file is invented, carries ``simulated`` in the
database, and shows as « simulé ». No person is named: functions speak. Days count from the day of loading.
"""

from dataclasses import dataclass
from typing import Any

from essaim.protocol.document import TerritoryType

STRUCTURES = {
    # slug: (name, kind)
    "chantier-d-essai": ("Chantier d’insertion d’essai", "structure"),
    "caarud-d-essai": ("CAARUD d’essai", "structure"),
    "ferme-d-essai": ("Ferme d’essai", "structure"),
    "comite-local-d-essai": ("Comité local d’essai", "structure"),
    "equipe-d-evaluation-d-essai": ("Équipe d’évaluation d’essai", "evaluator"),
}


# What Convergence does, and simulated needs and offer around its simulated site, for the graft finding.
ACTIVITIES = (
    {"title": "Accompagner vers le logement", "themes": ["logement"]},
    {"title": "Accompagner vers les soins", "themes": ["santé"]},
    {"title": "Suivre après la sortie du chantier", "themes": ["emploi durable"]},
)
_INVENTED = {"source": "Invention pour l’essai", "date": "2026", "simulated": True}
LOCAL: dict[str, tuple[dict[str, Any], ...]] = {
    "needs": (
        {"theme": "logement", "people": 140, **_INVENTED},
        {"theme": "santé", "people": 90, **_INVENTED},
        {"theme": "emploi durable", "people": 160, **_INVENTED},
    ),
    "offers": (
        {"actor": "Service logement d’essai", "title": "Intermédiation locative", "themes": ["logement"],
         "places": 60, **_INVENTED},
        {"actor": "Centre de santé d’essai", "title": "Permanence d’accès aux soins", "themes": ["santé"],
         "places": 90, "partner": True, **_INVENTED},
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Story:
    """What happens in one programme. ``decision`` and ``frame`` are those of ``essaim.protocol.adaptation``."""

    programme: str
    head: str
    structure: str
    territory: tuple[str, str]  # level and INSEE code of the simulated site
    territory_types: tuple[TerritoryType, ...]
    site: str
    mode: str
    call: str
    answers: dict[str, Any]
    decision: dict[str, Any]
    reasons: tuple[str, ...]
    reason_text: str
    copil: tuple[tuple[str, str], ...]  # function, organisation
    question: str
    outcome: str
    effect: float  # of the simulated panel, in points of the outcome
    lesson: dict[str, str]
    proposal: dict[str, str]
    region: str  # where the study looks
    drawn: bool = False  # whether a second evaluation has its waves drawn in public


ANSWERS = {
    "wish": "L’équipe a visité un site qui reçoit déjà, et veut essayer ici.",
    "partners": "La mission locale, le centre communal d’action sociale et deux associations.",
    "need": "Des personnes reviennent d’année en année sans solution durable.",
    "existing": "Plusieurs accompagnements existent, sans lien entre eux.",
    "team": "Trois réunions de toute l’équipe, et une journée avec les partenaires.",
    "means": "Un mi-temps de coordination et un local.",
    "motives": ["need", "practice"],
}

STORIES = (
    Story(
        programme="convergence",
        head="convergence@demo.essaim.example",
        structure="chantier-d-essai",
        territory=("commune", "33063"),
        territory_types=("urban",),
        site="Bordeaux (site d’essai)",
        mode="sequenced",
        call="Rejoindre Convergence en Nouvelle-Aquitaine",
        answers=ANSWERS,
        decision={
            "id": "partage-des-postes",
            "component": "charges-de-partenariat",
            "parameter": "repartition-des-postes",
            "value": "postes-partages",
        },
        reasons=("organisation_resources",),
        reason_text="Deux chantiers voisins partagent un même chargé de partenariat pour la santé et le logement.",
        copil=(
            ("Direction du chantier", "Chantier d’insertion d’essai"),
            ("Représentation du département", "Conseil départemental"),
            ("Représentation de l’État", "DDETS"),
        ),
        question="Le renforcement de l’accompagnement améliore-t-il l’accès au logement des salariés des chantiers ?",
        outcome="Part des salariés qui accèdent à un logement à eux dans l’année",
        effect=1.5,
        lesson={
            "kind": "worked",
            "title": "Un poste partagé entre deux chantiers tient si le planning est commun",
            "learnt": "Le partage d’un chargé de partenariat fonctionne quand les deux chantiers fixent ensemble ses "
            "jours de présence, et non chacun de son côté.",
            "evidence": "Deux comités de pilotage, comptes rendus du site d’essai (simulés).",
        },
        proposal={
            "component": "charges-de-partenariat",
            "title": "Dire comment partager un poste entre deux chantiers",
            "text": "Ajouter à la forme du composant : « quand un poste est partagé, les chantiers tiennent un "
            "planning commun de présence ».",
        },
        region="75",
    ),
    Story(
        programme="tapaj",
        head="tapaj@demo.essaim.example",
        structure="caarud-d-essai",
        territory=("commune", "76540"),
        territory_types=("urban",),
        site="Rouen (site d’essai)",
        mode="open_call",
        call="Ouvrir TAPAJ dans une nouvelle ville",
        answers=ANSWERS,
        decision={
            "id": "groupe-plus-petit",
            "component": "phase-1",
            "parameter": "taille-du-groupe",
            "value": 5,
        },
        reasons=("recipient_needs",),
        reason_text="Un groupe plus petit pour les premières séances, le temps que la confiance vienne.",
        copil=(
            ("Direction du CAARUD", "CAARUD d’essai"),
            ("Représentation de la ville", "Ville"),
            ("Représentation d’un donneur d’ordre", "Bailleur social"),
        ),
        question="Les jeunes accueillis en phase 1 passent-ils plus souvent à un contrat dans l’année ?",
        outcome="Part des jeunes de phase 1 qui signent un premier contrat",
        effect=0.3,
        lesson={
            "kind": "failed",
            "title": "Ouvrir avant d’être connu des entreprises fait perdre trois mois",
            "learnt": "Les séances étaient prêtes, les chantiers non : les donneurs d’ordre ne connaissaient pas le "
            "programme.",
            "evidence": "Séances annulées faute de chantier, relevé du site d’essai (simulé).",
        },
        proposal={
            "component": "tissu-economique",
            "title": "Demander deux donneurs d’ordre engagés avant la première séance",
            "text": "Préciser la forme : l’ouverture attend deux engagements écrits de donneurs d’ordre.",
        },
        region="28",
    ),
    Story(
        programme="fermes-emmaus",
        head="emmaus@demo.essaim.example",
        structure="ferme-d-essai",
        territory=("commune", "24322"),
        territory_types=("rural",),
        site="Périgueux (projet d’essai)",
        mode="open_call",
        call="Préparer une ferme : premier dialogue avec un territoire",
        answers=ANSWERS,
        decision={
            "id": "productions-complementaires",
            "component": "activites-agricoles",
            "parameter": "productions",
            "value": "Petits fruits et conserves, que personne ne produit à moins de trente kilomètres (simulé).",
        },
        reasons=("organisation_partners",),
        reason_text="Le maraîchage est déjà bien représenté : le comité de pilotage a demandé autre chose.",
        copil=(
            ("Représentation des agriculteurs", "Chambre d’agriculture"),
            ("Service d’insertion et de probation", "Administration pénitentiaire"),
            ("Représentation de la commune", "Commune"),
        ),
        question="Les personnes accueillies ont-elles plus souvent un logement et un emploi un an après leur sortie ?",
        outcome="Part des personnes logées et en emploi un an après la ferme",
        effect=0.0,
        lesson={
            "kind": "idea",
            "title": "Faire dresser la carte de l’offre par les agriculteurs eux-mêmes",
            "learnt": "Quand les agriculteurs dressent la carte avec le comité, le constat de non-concurrence se signe "
            "sans conflit.",
            "evidence": "Constat signé à la deuxième réunion du comité de pilotage (simulé).",
        },
        proposal={
            "component": "cartographie",
            "title": "Associer la chambre d’agriculture à la carte de l’offre",
            "text": "Ajouter à la forme : la carte de l’offre est dressée avec les agriculteurs du territoire.",
        },
        region="75",
    ),
    Story(
        programme="tzcld",
        head="tzcld@demo.essaim.example",
        structure="comite-local-d-essai",
        territory=("commune", "59512"),
        territory_types=("urban", "qpv"),
        site="Roubaix (territoire d’essai)",
        mode="two_page",
        call="Manifester l’envie d’un territoire",
        answers=ANSWERS,
        decision={
            "id": "activites-du-territoire",
            "component": "activites",
            "parameter": "activites-retenues",
            "value": "Recyclerie et conciergerie solidaire (simulé).",
        },
        reasons=("organisation_partners",),
        reason_text="Ces activités n’existent pas dans le quartier ; le comité local a vérifié qu’elles ne "
        "concurrencent personne.",
        copil=(
            ("Présidence du comité local", "Commune"),
            ("Représentation de France Travail", "France Travail"),
            ("Personnes privées durablement d’emploi", "Comité local d’essai"),
        ),
        question="À maturité égale, l’expérimentation réduit-elle le chômage de longue durée du territoire ?",
        outcome="Demandeurs d’emploi de longue durée pour cent actifs",
        effect=0.0,
        lesson={
            "kind": "null_result",
            "title": "Deux ans ne suffisent pas pour voir un effet sur le territoire entier",
            "learnt": "Les embauches sont réelles ; l’effet sur le taux du territoire n’est pas démontré.",
            "evidence": "Panel simulé de la démonstration : l’intervalle contient zéro.",
        },
        proposal={
            "component": "activites",
            "title": "Publier l’avis sur chaque activité",
            "text": "Demander que l’avis du comité local sur l’absence de concurrence soit public.",
        },
        region="32",
        drawn=True,
    ),
)
