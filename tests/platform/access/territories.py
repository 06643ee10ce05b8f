"""What the addresses of territories need: a study in preparation and a ranked one."""

from tests.platform.world import World


def build(world: World) -> dict[str, str]:
    return {
        "draft": str(world.make.study(world.programme).pk),
        "ranked": str(world.make.study(world.programme, ranked=True).pk),
    }
