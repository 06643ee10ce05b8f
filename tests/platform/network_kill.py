"""Kill the passage of a network at random points, then let a worker end it; print what became of it as JSON.

Run by ``test_network_upgrade`` in a process and a data folder of its own. Children of a fork run the task and are
killed; then two workers: the first is killed with the task in hand, the second finds it again.
"""

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))
SITES = 24
random.seed(22)


def main() -> None:
    import django

    django.setup()
    from django.db import transaction

    from essaim.cli.serving import _create_tables

    _create_tables()
    with transaction.atomic():
        run, before = world()
    kills = sum(killed_inside(run.pk) for _ in range(4))
    first = worker()
    seen = progress(run)
    wait_until(lambda: progress(run) > seen or over(run))
    end(first)
    kills += not over(run)
    second = worker()
    wait_until(lambda: over(run))
    end(second)
    sys.stdout.write(json.dumps(report(run, before) | {"kills_inside": kills}))


def world():
    """24 sites on 1.0.0, each with a decision; one in four decided what 2.0.0 changes too. A passage is queued."""
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from essaim.platform.audit import writing_as
    from essaim.platform.programmes.models import NetworkUpgrade
    from essaim.platform.programmes.tasks import carry_network
    from tests.factories import Make
    from tests.platform.test_programmes_adaptation import days, next_version

    make = Make()
    user = get_user_model().objects.create_user("a@exemple.test", "un mot de passe long", name="A")
    with writing_as(user):
        programme = make.programme()
        version = make.version(programme, by=user)
        for n in range(SITES):
            site = make.site(programme, protocol_version=version)
            days(site, 4 if n % 4 else 1, user)
        next_version(make, site, min=2)
        run = NetworkUpgrade.objects.create(
            programme=programme, target=programme.versions.first(), author=user, total=SITES,
            confirmed_at=timezone.now(),
        )  # fmt: skip
        carry_network.enqueue(run.pk)
    return run, decisions(programme)


def decisions(programme) -> int:
    """Decisions in the last revision of every site."""
    from essaim.platform.sites import services as sites

    last = sites.latest_revisions(programme.sites.all())
    return sum(len(one.document["decisions"]) for one in last.values())


def killed_inside(pk: int) -> bool:
    """Run the task in a child and kill it a moment after it wrote something; whether it was not over yet."""
    from essaim.platform.programmes import network_upgrade
    from essaim.platform.programmes.models import NetworkUpgrade

    run = NetworkUpgrade.objects.get(pk=pk)
    start = progress(run)
    pid = child(lambda: network_upgrade.carry_on(pk))
    wait_until(lambda: progress(run) > start or over(run))
    time.sleep(random.random() * 0.05)
    end(pid)
    return not over(run)


def progress(run) -> int:
    return int(run.steps.count())


def over(run) -> bool:
    run.refresh_from_db()
    return not run.is_active


def worker() -> int:
    """The worker as ``serve`` starts it, in a child."""
    from essaim.cli.worker import work

    return child(lambda: work("--no-startup-delay", "--skip-checks"))


def child(act) -> int:
    from django.db import connections

    connections.close_all()
    pid = os.fork()
    if pid == 0:
        try:
            act()
        finally:
            os._exit(0)
    return pid


def end(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def wait_until(condition, limit: float = 60) -> None:
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.01)


def report(run, before: int) -> dict:
    programme = run.programme
    return {
        "state": run.state,
        "outcomes": Counter(run.steps.values_list("outcome", flat=True)),
        "revisions_added": sum(site.adaptations.count() for site in programme.sites.all()) - SITES,
        "decisions_before": before,
        "decisions_after": decisions(programme),
    }


if __name__ == "__main__":
    main()
