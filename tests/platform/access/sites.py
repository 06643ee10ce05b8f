"""What the addresses of sites need."""

from datetime import date

from essaim.platform.sites import services
from essaim.platform.sites.models import BudgetLine, Commitment, Milestone
from tests.platform.world import World


def build(world: World) -> dict[str, str]:
    wave = services.create_wave(world.programme, number=1)
    newcomer = world.make.organisation("Structure sans compte", kind="structure")
    site = world.make.site(
        world.programme, "Bordeaux", code="33063", structures=[world.structure, newcomer], wave=wave
    )
    milestone = services.save_part(Milestone(site=site), title="Réunir", due=date(2030, 1, 1))
    promise = Commitment(programme=world.programme, site=site)
    commitment = services.save_part(promise, funder="Fondation", start="2026")
    line = services.save_part(BudgetLine(commitment=promise), year=2026)
    own = services.save_part(Commitment(programme=world.programme), funder="Fondation", start="2026")
    return {
        "site": str(site.pk),
        "newcomer": str(newcomer.pk),
        "wave": str(wave.pk),
        "milestone": str(milestone.pk),
        "commitment": str(commitment.pk),
        "own_commitment": str(own.pk),
        "line": str(line.pk),
    }
