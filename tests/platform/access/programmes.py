"""What the addresses of programmes need: the world’s site, a public programme elsewhere, innovations."""

from essaim.platform.programmes import services
from tests.platform.world import World


def build(world: World) -> dict[str, str]:
    make = world.make
    elsewhere = make.programme("Programme public", visibility="public")
    for programme in (world.programme, elsewhere):
        make.version(programme)
    site = make.site(world.programme, structures=[world.structure])
    proposal = services.propose(
        world.programme, title="Une idée", text="Elle sert.", by=world.receiver, site=site
    )
    spotted = {"summary": "Une idée.", "reason": "Elle plaît."}
    ours = services.spot(
        title="Suivie", owner=make.organisation("Porteuse"), programme=world.programme, **spotted
    )
    theirs = services.spot(title="Locale", owner=world.structure, **spotted)
    return {
        "public_programme": elsewhere.slug,
        "proposal": str(proposal.pk),
        "innovation": str(ours.pk),
        "structure_innovation": str(theirs.pk),
    }
