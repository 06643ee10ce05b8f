"""What the addresses of territories need: studies, a file, an indicator, and weights sessions in their states."""

from essaim.platform.territories import grafting, services, sessions
from essaim.platform.territories.models import Activity, LocalNeed
from tests.platform.world import World

TABLE = "code;chômage\n33;9,1\n59;11,2\n".encode()


def build(world: World) -> dict[str, str]:
    declared = {"label": "Chômage", "code": "code", "name": "", "kind": "mean", "value": "chômage", "weight": "",
                "per": None, "unit": "%", "decimals": 1, "source": "Essai", "date": "2026", "licence": "",
                "definition": "", "simulated": True}  # fmt: skip
    used = services.keep_upload(world.programme, "chomage.csv", TABLE, world.network)
    return (
        _sessions(world)
        | _grafts(world)
        | {
            "draft": str(world.make.study(world.programme).pk),
            "ranked": str(world.make.study(world.programme, ranked=True).pk),
            "indicator": str(services.make_indicator(used, declared).pk),
            "upload": str(services.keep_upload(world.programme, "autre.csv", TABLE, world.network).pk),
        }
    )


def _sessions(world: World) -> dict[str, str]:
    """A session that takes answers (with a seat for a stranger), one laid side by side, one adopted."""
    found = {}
    for name in ("taking", "revealed", "adopted"):
        session = sessions.open_session(world.make.study(world.programme), world.network)
        found[name] = str(session.pk)
        if name == "taking":
            found["seat"] = sessions.invite(session, "invite@exemple.test", world.network, "TOKEN").token
            continue
        for person in (world.network, world.make.user()):
            sessions.hand_in(sessions.seat_of(session, person))
        sessions.reveal(session)
        if name == "adopted":
            sessions.adopt(session, [], "", world.network)
    return found


def _grafts(world: World) -> dict[str, str]:
    """An activity of the programme, and a need of Bordeaux."""
    activity = Activity(programme=world.programme, title="Logement", themes=["logement"])
    told = {"level": "commune", "code": "33063", "source": "Essai", "date": "2026"}
    need = LocalNeed(programme=world.programme, theme="logement", people=100, **told)
    for entry in (activity, need):
        grafting.save(entry)
    return {"activity": str(activity.pk), "need": str(need.pk)}
