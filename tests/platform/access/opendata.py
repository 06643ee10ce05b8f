"""What the addresses of official data need: a vintage of the network, one for all, imports in two states."""

from pathlib import Path

from essaim.platform.opendata import bringing, services
from tests.platform.world import World

ZONES = "ZE2020;LIBZE2020;2024-T3;2024-T4\n0051;Alençon;7,4;7,3\n8405;Annecy;5,1;5,0\n"


def write(target: Path) -> None:
    target.write_text(ZONES, encoding="utf-8")


def build(world: World) -> dict[str, str]:
    head = world.programme.roles.first().organisation
    file = Path(services.bringing.settings.OPENDATA_DIR) / "chomage.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    write(file)
    ready = bringing.begin("insee_chomage_ze", head, world.network, name="chomage.csv", content=write)
    return {
        "own": str(services.bring_now("insee_chomage_ze", file, head, world.network).pk),
        "for_all": str(services.bring_now("insee_chomage_ze", file, None, world.network).pk),
        "waiting": str(
            bringing.begin("insee_chomage_ze", head, world.network, name="a.csv", content=write).pk
        ),
        "ready": str(bringing.bring(ready).pk),
    }
