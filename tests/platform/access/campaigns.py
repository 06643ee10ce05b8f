"""What the addresses of campaigns need: one campaign in preparation, one open path, applications in three states."""

from essaim.platform.campaigns import services
from tests.platform.world import World


def build(world: World) -> dict[str, str]:
    draft = world.make.campaign(world.programme, state="draft")
    path = world.make.campaign(world.programme)
    call = world.make.campaign(world.programme, mode="open_call")
    own = {"organisation": world.structure, "by": world.receiver}
    in_path = world.make.application(path, **own)
    commitment = services.commit_team(
        in_path, kind="support", team="Accompagnement", people=3, committed="yes"
    )
    return {
        "draft_campaign": str(draft.pk),
        "campaign": str(path.pk),
        "in_path": str(in_path.pk),
        "commitment": str(commitment.pk),
        "draft": str(world.make.application(call, **own).pk),
    }
