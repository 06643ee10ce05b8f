"""What the addresses of programmes need: the world’s site, a public programme elsewhere, innovations."""

from essaim.platform.programmes import adapting, services
from essaim.platform.programmes.models import NetworkUpgrade
from essaim.platform.sites import services as sites
from essaim.protocol import Protocol
from essaim.protocol.adaptation import Frame
from tests.platform.world import World

FRAME = Frame(
    what="content", when="preparation", planning="planned_proactive", decided_by=("team",), level="organisation",
    nature=("tailoring",), reasons=("recipient_needs",), fidelity="consistent",
)  # fmt: skip


def build(world: World) -> dict[str, str]:
    make = world.make
    elsewhere = make.programme("Programme public", visibility="public")
    make.version(elsewhere)
    version = make.version(world.programme)
    old = make.site(world.programme, structures=[world.structure], code="33063")
    site = make.site(world.programme, structures=[world.structure], code="33063")
    sites.update_site(old, protocol_version=make.version(world.programme, make.protocol("0.9.0")))
    make.version(world.programme, make.protocol("1.0.1"))
    sites.update_site(site, protocol_version=version)
    adapting.take_decision(
        site, component="rythme", parameter="jours", status="adapted", value=9, by=world.receiver,
        frame_answers=FRAME, derogation_reason="Le marché est tous les jours.",
    )  # fmt: skip
    proposal = services.propose(
        world.programme, title="Une idée", text="Elle sert.", by=world.receiver, site=site
    )
    run = NetworkUpgrade.objects.create(
        programme=world.programme, target=version, author=world.network, total=1, state="done"
    )
    _draft(world)
    spotted = {"summary": "Une idée.", "reason": "Elle plaît."}
    ours = services.spot(
        title="Suivie", owner=make.organisation("Porteuse"), programme=world.programme, **spotted
    )
    theirs = services.spot(title="Locale", owner=world.structure, **spotted)
    return {
        "public_programme": elsewhere.slug,
        "site": str(site.pk),
        "old_site": str(old.pk),
        "run": str(run.pk),
        "decision": "rythme-jours",
        "proposal": str(proposal.pk),
        "innovation": str(ours.pk),
        "structure_innovation": str(theirs.pk),
    }


def _draft(world: World) -> None:
    """A draft with a variant and a label, which the addresses of the editor name."""
    draft = services.open_draft(world.programme, by=world.network)
    change = {"component": "rythme", "parameter": "jours", "max": 3}
    variant = {"id": "rural", "title": "Rural", "territory_types": ["rural"], "reason": "Distances"}
    document = draft.document | {
        "variants": [{**variant, "sources": ["cahier"], "changes": [change]}],
        "label": {"title": "Label"},
    }
    services.save_draft(draft, Protocol.from_dict(document))
