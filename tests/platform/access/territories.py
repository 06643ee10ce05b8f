"""What the addresses of territories need: a study in preparation, a ranked one, a file and an indicator."""

from essaim.platform.territories import services
from tests.platform.world import World

TABLE = "code;chômage\n33;9,1\n59;11,2\n".encode()


def build(world: World) -> dict[str, str]:
    declared = {"label": "Chômage", "code": "code", "name": "", "kind": "mean", "value": "chômage", "weight": "",
                "per": None, "unit": "%", "decimals": 1, "source": "Essai", "date": "2026", "licence": "",
                "definition": "", "simulated": True}  # fmt: skip
    used = services.keep_upload(world.programme, "chomage.csv", TABLE, world.network)
    return {
        "draft": str(world.make.study(world.programme).pk),
        "ranked": str(world.make.study(world.programme, ranked=True).pk),
        "indicator": str(services.make_indicator(used, declared).pk),
        "upload": str(services.keep_upload(world.programme, "autre.csv", TABLE, world.network).pk),
    }
