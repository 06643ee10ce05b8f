"""A network that lives, simulated: sites that adapt alike, fidelity seen from two places, a tool that goes and returns.

A version that takes up a proposal of a site waits to be read: publishing it shows what an upgrade is.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.core.files.base import ContentFile

from essaim.platform.audit import writing_as
from essaim.platform.organisations import services as organisations
from essaim.platform.programmes import services as programmes
from essaim.platform.sites import services as sites
from essaim.platform.toolbox import services as toolbox
from essaim.protocol.adaptation import Decision, Frame, decide, new_adaptation

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User
    from essaim.platform.programmes.models import Programme
    from essaim.platform.sites.models import Site
    from essaim.protocol.document import TerritoryType

PROGRAMME = "convergence"
STRUCTURE = "chantier-d-essai"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A further simulated site: where, what kind of territory, what it does of the housing part (empty: as written)."""

    name: str
    commune: str
    types: tuple["TerritoryType", ...]
    housing: str = ""


NEIGHBOURS = (
    Neighbour("Limoges (site d’essai)", "87085", ("urban",), "Un bail glissant signé avec un seul bailleur."),
    Neighbour("Guéret (site d’essai)", "23096", ("rural", "low_density")),
)
FRAME = Frame(
    what="implementation", when="implementation", planning="planned_reactive", decided_by=("administrator",),
    level="organisation", nature=("tailoring",), reasons=("organisation_resources",),
    reason_text="Un seul poste finançable pour deux domaines (simulé).", fidelity="consistent",
)  # fmt: skip
SEEN = {
    # marker: (by the site, by the network), None when not observed
    "aucune-structure-creee": (True, True),
    "engagement-des-chantiers": (True, None),
    "avis-des-equipes": (3, 2),
    "coordonnateur-en-poste": (True, True),
    "domaines-pourvus": (3, 2),
    "decisions-tracees": (2, None),
}
SHEET = (
    "Fiche de liaison entre chantier et partenaires (simulée)\n\n"
    "1. Ce que la personne demande.\n2. Ce qui est déjà engagé, et par qui.\n3. La prochaine date.\n"
)


def play(programme: "Programme", *, head: "User", receiver: "User", today: date) -> None:
    """The life of the network around the site of the story, which exists already."""
    first = next(site for site in sites.sites_of(programme) if site.simulated)
    with writing_as(head):
        others = [_open(programme, one, today) for one in NEIGHBOURS]
        tool = toolbox.add_tool(
            programme,
            title="Fiche de liaison",
            description="Une page que le chantier et ses partenaires tiennent ensemble.",
            file=ContentFile(SHEET.encode(), name="fiche-de-liaison.txt"),
            by=head,
            simulated=True,
        )
    with writing_as(receiver):
        for site, neighbour in zip(others, NEIGHBOURS, strict=True):
            _adapt(site, neighbour, receiver)
        own = toolbox.fork(tool.latest, first, by=receiver)
        shorter = ContentFile(
            SHEET.replace("3. La", "3. Qui rappelle.\n4. La").encode(), name="fiche-de-liaison.txt"
        )
        toolbox.add_version(own, by=receiver, file=shorter, note="On y dit qui rappelle (simulé).")
        toolbox.use(tool, others[0])
    for position, who, author in ((0, "self", receiver), (1, "network", head)):
        with writing_as(author):
            _observe(programme, first, position, who, today)
    with writing_as(head):
        _prepare_version(programme, first, head, receiver)


def _open(programme: "Programme", neighbour: Neighbour, today: date) -> "Site":
    opened = (today - timedelta(days=200)).isoformat()
    return sites.create_site(
        programme,
        name=neighbour.name,
        level="commune",
        code=neighbour.commune,
        structures=[organisations.organisation_by_slug(STRUCTURE)],
        stage="initial",
        since=opened,
        opened_on=opened,
        protocol_version=programmes.current_version(programme),
        simulated=True,
    )


def _adapt(site: "Site", neighbour: Neighbour, by: "User") -> None:
    version = site.protocol_version
    assert version is not None, "the site was opened on the version in force"
    protocol = version.protocol
    held = decide(
        new_adaptation(protocol, site.name, neighbour.types),
        protocol,
        Decision(
            id="postes", component="charges-de-partenariat", parameter="repartition-des-postes", status="adapted",
            value="postes-partages", frame=FRAME, recorded_by=by.name,
        ),
    )  # fmt: skip
    if neighbour.housing:
        local = Decision(
            id="logement", component="volet-logement", status="adapted", form=neighbour.housing, frame=FRAME,
            recorded_by=by.name,
        )  # fmt: skip
        held = decide(held, protocol, local)
    sites.save_adaptation(site, held.to_dict(), by)


def _observe(programme: "Programme", site: "Site", position: int, who: str, today: date) -> None:
    version = programmes.current_version(programme)
    components = version.protocol.components if version else ()
    seen: list[tuple[str, str, Any]] = [
        (component.id, marker.id, SEEN[marker.id][position])
        for component in components
        for marker in component.markers
        if marker.id in SEEN and SEEN[marker.id][position] is not None
    ]
    sites.record_sheet(site, seen, assessor=who, at=today - timedelta(days=10), note="Simulé.")


def _prepare_version(programme: "Programme", site: "Site", head: "User", receiver: "User") -> None:
    """A proposal of the site, taken into a version that was read once and waits to be published."""
    version = programmes.current_version(programme)
    housing = version.protocol.component("volet-logement") if version else None
    assert housing is not None, "the protocol of Convergence is loaded, with its housing component"
    proposal = programmes.propose(
        programme,
        title="Dire qui garde le lien avec le bailleur après la sortie",
        text="Trois personnes ont perdu leur logement faute d’un interlocuteur après le chantier (simulé).",
        component_id=housing.id,
        proposed_form=f"{housing.form} Un interlocuteur est nommé pour les mois qui suivent la sortie.",
        by=receiver,
        site=site,
        simulated=True,
    )
    draft = programmes.accept(proposal, reason="Utile à tous les sites (simulé).", by=head)
    read = programmes.submit_draft(draft)
    programmes.give_opinion(read, stance="agree", text="Relu avec l’équipe nationale (simulé).", by=head)
