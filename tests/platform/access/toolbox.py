"""What the addresses of the toolbox need: a tool of the network, what the world's site made of it."""

from django.core.files.base import ContentFile

from essaim.platform.toolbox import services
from tests.platform.world import World


def build(world: World) -> dict[str, str]:
    world.make.version(world.programme)
    site = world.make.site(world.programme, "Bordeaux", code="33063", structures=[world.structure])
    sheet = ContentFile(b"Bonjour", name="fiche.txt")
    tool = services.add_tool(world.programme, title="Fiche", file=sheet, by=world.network)
    own = services.fork(tool.latest, site, by=world.receiver)
    return {"tool": str(tool.pk), "own": str(own.pk)}
