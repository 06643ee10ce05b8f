"""What the addresses of organisations need."""

from essaim.platform.organisations import services
from tests.platform.world import World


def build(world: World) -> dict[str, str]:
    invitation = services.invite(
        world.structure, email="x@exemple.test", role="member", by=world.receiver, link="http://x/TOKEN"
    )
    colleague = world.make.member(world.structure, role="member")
    return {
        "invitation": str(invitation.pk),
        "token": invitation.token,
        "membership": str(colleague.memberships.get().pk),
    }
