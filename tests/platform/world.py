"""A small world with one person of each role, for the tests that cross every address with every role."""

from dataclasses import dataclass, field
from typing import Any

from essaim.platform.programmes import services as programmes
from tests.factories import Make

ROLES = (
    "network", "animator", "receiver", "funder", "evaluator", "other_network", "other_structure", "anonymous",
)  # fmt: skip
REGION = "75"  # Nouvelle-Aquitaine, where the world's site stands (Bordeaux, 33063)


@dataclass
class World:
    """``programme`` belongs to ``network``; ``structure`` receives it; ``other_*`` are strangers to both."""

    make: Make
    programme: Any = None
    structure: Any = None
    people: dict[str, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None


def build_world(make: Make) -> World:
    head = make.organisation("Tête de réseau")
    funder = make.organisation("Fondation", kind="funder")
    evaluator = make.organisation("Laboratoire", kind="evaluator")
    structure = make.organisation("Structure d’accueil", kind="structure")
    programme = make.programme("Programme du monde", head=head)
    programmes.add_role(programme, funder, "funder")
    programmes.add_role(programme, evaluator, "evaluator")
    world = World(make, programme, structure)
    world.people = {
        "network": make.member(head, name="Réseau"),
        "animator": make.member(head, role="animator", name="Animation", regions=[REGION]),
        "receiver": make.member(structure, name="Accueil"),
        "funder": make.member(funder, name="Financement"),
        "evaluator": make.member(evaluator, name="Évaluation"),
        "other_network": make.member(make.organisation("Autre réseau"), name="Ailleurs"),
        "other_structure": make.member(
            make.organisation("Autre structure", kind="structure"), name="Voisine"
        ),
        "anonymous": None,
    }
    return world
