"""What the addresses of the community need."""

from datetime import date

from essaim.platform.community import services
from tests.platform.world import World


def build(world: World) -> dict[str, str]:
    network = world.network.memberships.get().organisation
    event = services.create_event(
        slug="reunion", title="Réunion", date=date(2026, 3, 1), organiser=network, programme=world.programme
    )
    session = services.add_session(event, kind="workshop", title="Atelier")
    public = services.create_event(slug="journee", title="Journée", date=date(2026, 3, 2), organiser=network)
    services.publish_event(public, True)
    lesson = services.create_lesson(
        world.programme, by=world.network, kind="failed", title="Échec", learnt="Ceci.", evidence="Cela."
    )
    exchange = services.ask(world.programme, by=world.network, title="Comment faire ?")
    return {
        "event": event.slug,
        "public_event": public.slug,
        "session": str(session.pk),
        "lesson": str(lesson.pk),
        "exchange": str(exchange.pk),
    }
