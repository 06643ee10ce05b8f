"""Carry a network to a new version through the platform, beside the core alone on the same sites.

``python bench/upgrade_platform.py [sites]``: a SQLite file in a temporary folder, a protocol of 60 components, sites of
20 decisions of which one in ten is disputed. One transaction a site, its revision, its step and their trace written.
"""

import os
import random
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ESSAIM_DATA_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "essaim.platform.settings.local"
        os.environ.pop("DATABASE_URL", None)
        import django

        django.setup()
        from essaim.cli.serving import _create_tables

        _create_tables()
        run, adaptations = network(count)
        report(run, adaptations)


def network(count: int):
    from django.contrib.auth import get_user_model
    from django.db import transaction

    from bench.merge import site, version
    from essaim.platform.audit import writing_as
    from essaim.platform.programmes.models import NetworkUpgrade
    from essaim.platform.sites import services as sites
    from tests.factories import Make

    make, rng = Make(), random.Random(count)
    user = get_user_model().objects.create_user("a@exemple.test", "un mot de passe long", name="A")
    adaptations = []
    with writing_as(user), transaction.atomic():
        programme = make.programme()
        base = make.version(programme, version("1.0.0"), by=user)
        target = make.version(programme, version("2.0.0"), by=user)
        for n in range(count):
            made = calm(site(rng, n)) if n % 10 else site(rng, n)
            here = make.site(programme, name=f"site {n}", protocol_version=base)
            sites.save_adaptation(here, made.to_dict(), user)
            adaptations.append(made)
        run = NetworkUpgrade.objects.create(programme=programme, target=target, author=user, total=count)
    return run, adaptations


def calm(adaptation):
    """The same decisions, each saying that the site keeps the protocol: nothing for a person to decide."""
    kept = (replace(d, status="kept", value=None, form="", frame=None) for d in adaptation.decisions)
    return replace(adaptation, decisions=tuple(kept))


def report(run, adaptations) -> None:
    from django.utils import timezone

    from bench.merge import version
    from essaim.platform.audit import writing_as
    from essaim.platform.programmes import network_upgrade
    from essaim.protocol.merge import prepare

    began = time.perf_counter()
    plan = prepare(version("1.0.0"), version("2.0.0"))
    for one in adaptations:
        plan.apply(one)
    core = time.perf_counter() - began
    began = time.perf_counter()
    network_upgrade.carry_on(run.pk)
    preview = time.perf_counter() - began
    moving = run.forecasts.filter(outcome="moved").count()
    run.confirmed_at, run.state = timezone.now(), "waiting"
    with writing_as(run.author):
        run.save()
    began = time.perf_counter()
    network_upgrade.carry_on(run.pk)
    written = time.perf_counter() - began
    count = len(adaptations)
    print(f"{count} sites, {moving} move, rest waits")
    for name, seconds in (
        ("core alone", core),
        ("foreseen, in the background", preview),
        ("carried", written),
    ):
        print(
            f"{name:>28} {seconds:8.2f} s {seconds / count * 1e3:8.2f} ms/site {seconds / core:8.0f} × core"
        )
    assert sum(network_upgrade.tally(run).values()) == count


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
