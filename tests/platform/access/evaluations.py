"""What the addresses of evaluations need."""

from essaim.platform.evaluations import services
from tests.platform.world import World


def build(world: World) -> dict[str, str]:
    world.make.site(world.programme, "Bordeaux", code="33063", structures=[world.structure])
    draft = world.make.plan(world.programme)
    plan = services.freeze_plan(world.make.plan(world.programme))
    drawn = services.freeze_plan(world.make.plan(world.programme))
    held = world.make.draw(drawn, "held")
    panel = world.make.panel(plan)
    estimate = services.run_estimate(panel, by=world.network)
    return {
        "draft": str(draft.pk),
        "plan": str(plan.pk),
        "panel": str(panel.pk),
        "estimate": str(estimate.pk),
        "draw": str(world.make.draw(plan).pk),
        "drawn": str(drawn.pk),
        "held": str(held.pk),
        "fingerprint": held.fingerprint,
    }
