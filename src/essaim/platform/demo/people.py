"""The accounts of the demonstration: one a role, none of them a real person, none outside the demonstration."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PASSWORD = "essaim-demonstration"  # noqa: S105 - shown to whoever opens the demonstration, valid nowhere else
LOADER = "chargement@demo.essaim.example"


@dataclass(frozen=True, slots=True)
class Person:
    """``organisation`` is a slug of ``programmes/organisations.yaml`` or of ``stories.STRUCTURES``."""

    email: str
    name: str
    title: str | Promise
    sentence: str | Promise
    organisation: str
    role: str = "manager"
    regions: tuple[str, ...] = ()


PEOPLE = (
    Person(
        "convergence@demo.essaim.example",
        "Essai – Convergence France",
        _("Tête de réseau : Convergence"),
        _("Tenir le protocole, choisir des territoires, suivre tous les sites, préparer l’évaluation."),
        "convergence-france",
    ),
    Person(
        "tapaj@demo.essaim.example",
        "Essai – TAPAJ France",
        _("Tête de réseau : TAPAJ"),
        _("Faire entrer ses sites depuis un tableur, voir ce que chacun adapte."),
        "tapaj-france",
    ),
    Person(
        "emmaus@demo.essaim.example",
        "Essai – Emmaüs France",
        _("Tête de réseau : Fermes d’Emmaüs"),
        _("Des invariants, des éléments à adapter, une longue préparation avant d’ouvrir."),
        "emmaus-france",
    ),
    Person(
        "tzcld@demo.essaim.example",
        "Essai – Territoires zéro chômeur",
        _("Tête de réseau : Territoires zéro chômeur de longue durée"),
        _("Des vagues ouvertes par des lois successives, des territoires de maturités différentes."),
        "tzcld-association",
    ),
    Person(
        "impact-jeunes@demo.essaim.example",
        "Essai – Apprentis d’Auteuil",
        _("Tête de réseau : Impact Jeunes"),
        _("Choisir des quartiers prioritaires : besoins urgents, ressources déjà là, envie des équipes."),
        "apprentis-d-auteuil",
    ),
    Person(
        "animation@demo.essaim.example",
        "Essai – animation régionale",
        _("Animation régionale"),
        _("Accompagner les candidatures de sa région, étape par étape."),
        "convergence-france",
        "animator",
        ("75",),
    ),
    Person(
        "structure@demo.essaim.example",
        "Essai – structure d’accueil",
        _("Structure d’accueil"),
        _("Voir ce qu’il y a à faire, engager les équipes, adapter le protocole à son territoire."),
        "chantier-d-essai",
    ),
    *(
        Person(
            f"{slug}@demo.essaim.example", f"Essai – {title}", title, _("Recevoir un autre programme."), slug
        )
        for slug, title in [
            ("caarud-d-essai", _("Structure d’accueil de TAPAJ")),
            ("ferme-d-essai", _("Ferme en projet")),
            ("comite-local-d-essai", _("Comité local pour l’emploi")),
        ]
    ),
    Person(
        "financeur@demo.essaim.example",
        "Essai – financeur",
        _("Financeur"),
        _("Lire en une page où en est un programme : sites, vagues, moyens, et ce qu’on ne sait pas."),
        "ministere-du-travail",
    ),
    Person(
        "evaluation@demo.essaim.example",
        "Essai – évaluation",
        _("Évaluateur"),
        _("Écrire le plan avant l’ouverture, estimer, rejouer, exporter."),
        "equipe-d-evaluation-d-essai",
    ),
)
