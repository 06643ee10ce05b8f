"""The passage of a whole network: one transaction a site, the disputed ones left to their people, resumable."""

import json
import os
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from essaim.platform.background import recovery
from essaim.platform.programmes import network_upgrade
from essaim.platform.programmes.models import NetworkUpgrade, SiteUpgrade
from essaim.platform.sites import services as sites
from tests.platform.test_programmes_adaptation import days, next_version


@pytest.fixture
def network(make, writer):
    """Three sites on 1.0.0: one decided nothing, one decided what the next version also changes, one has ended."""
    programme = make.programme()
    version = make.version(programme)
    found = {name: make.site(programme, name=name) for name in ("Calme", "Disputé", "Terminé")}
    for site in found.values():
        sites.update_site(site, protocol_version=version)
    days(found["Disputé"], 4, writer)
    lesson = {"kind": "failed", "title": "T", "learnt": "Ceci", "evidence": "Cela"}
    sites.close_site(found["Terminé"], on="2026", reason="Fin.", lesson=lesson, by=writer)
    next_version(make, found["Calme"], default=3)
    return programme


def passage(programme, writer):
    """Foreseen, then confirmed; tasks run at once in tests."""
    run = network_upgrade.start(programme, by=writer)
    network_upgrade.confirm(run, by=writer)
    run.refresh_from_db()
    return run


def confirmed(programme, writer, **fields):
    """A passage that somebody confirmed, before any worker took it."""
    return NetworkUpgrade.objects.create(
        programme=programme, target=programme.versions.first(), author=writer, total=2,
        confirmed_at=timezone.now(), **fields,
    )  # fmt: skip


def versions(programme):
    return dict(programme.sites.values_list("name", "protocol_version__number"))


def test_what_moves_alone_moves_and_what_is_disputed_waits(network, writer) -> None:
    run = passage(network, writer)
    assert run.state == NetworkUpgrade.State.DONE
    assert versions(network) == {"Calme": "2.0.0", "Disputé": "1.0.0", "Terminé": "1.0.0"}
    assert dict(run.steps.values_list("site__name", "outcome")) == {"Calme": "moved", "Disputé": "waits"}


def test_foreseeing_writes_nothing_at_the_sites_and_waits_for_a_person(network, writer) -> None:
    run = network_upgrade.start(network, by=writer)
    run.refresh_from_db()
    assert dict(run.forecasts.values_list("site__name", "outcome")) == {"Calme": "moved", "Disputé": "waits"}
    assert (run.state, run.steps.count()) == (NetworkUpgrade.State.FORESEEN, 0)
    assert set(versions(network).values()) == {"1.0.0"}


def test_foreseeing_goes_on_where_its_worker_died(network, writer, monkeypatch) -> None:
    monkeypatch.setattr(network_upgrade, "PAGE", 1)
    held, pages = network_upgrade._foresee, []

    def dies(run, carrier):
        if pages:
            raise SystemExit
        pages.append(1)
        return held(run, carrier)

    run = NetworkUpgrade.objects.create(
        programme=network, target=network.versions.first(), author=writer, total=2
    )
    monkeypatch.setattr(network_upgrade, "_foresee", dies)
    with pytest.raises(SystemExit):
        network_upgrade.carry_on(run.pk)
    assert run.forecasts.count() == 1
    monkeypatch.setattr(network_upgrade, "_foresee", held)
    network_upgrade.carry_on(run.pk)
    run.refresh_from_db()
    assert (run.forecasts.count(), run.state) == (2, NetworkUpgrade.State.FORESEEN)


def test_what_was_foreseen_for_a_version_is_not_confirmed_for_another(network, writer, make) -> None:
    run = network_upgrade.start(network, by=writer)
    make.version(network, make.protocol("3.0.0"))
    with pytest.raises(ValidationError, match="Une autre version"):
        network_upgrade.confirm(run, by=writer)
    network_upgrade.start(network, by=writer)
    run.refresh_from_db()
    assert run.state == NetworkUpgrade.State.STOPPED


def test_a_site_whose_decision_stops_applying_waits_for_its_people(make, writer) -> None:
    programme = make.programme()
    site = make.site(programme)
    sites.update_site(site, protocol_version=make.version(programme))
    days(site, 4, writer)
    shorter = make.protocol("2.0.0", components=[make.protocol().to_dict()["components"][0]])
    make.version(programme, shorter)
    run = passage(programme, writer)
    assert [(s.outcome, s.retired) for s in run.steps.all()] == [("waits", 1)]


def test_nothing_is_done_twice_when_the_task_runs_again(network, writer) -> None:
    run = passage(network, writer)
    NetworkUpgrade.objects.filter(pk=run.pk).update(state="running")  # as a worker that died leaves it
    network_upgrade.carry_on(run.pk)
    assert run.steps.count() == 2
    assert network.sites.get(name="Calme").adaptations.count() == 1


def test_a_network_that_is_up_to_date_has_nothing_to_start(make, writer) -> None:
    with pytest.raises(ValidationError, match="déjà la version"):
        network_upgrade.start(make.programme(), by=writer)


def test_a_stopped_passage_is_taken_up_where_it_was(network, writer) -> None:
    run = confirmed(network, writer)
    network_upgrade.stop(run)
    network_upgrade.carry_on(run.pk)
    assert run.steps.count() == 0
    network_upgrade.resume(run)
    assert run.steps.count() == 2


def test_the_screens_foresee_confirm_and_report(network, make, login) -> None:
    client = login(make.member(network.roles.first().organisation))
    url = reverse("programmes:network_upgrade", args=[network.slug])
    assert client.get(url).context["behind"] == 2
    page = client.post(url, follow=True)
    assert "Rien n’est encore écrit" in page.content.decode() and page.context["moved"] == 1
    run_url = page.redirect_chain[-1][0]
    only = client.get(run_url, {"outcome": "waits"})
    assert [one.site.name for one in only.context["page"]] == ["Disputé"]
    page = client.post(run_url, {"confirm": "1"}, follow=True)
    assert versions(network)["Calme"] == "2.0.0"
    assert reverse("programmes:upgrade", args=[network.slug, network.sites.get(name="Disputé").pk]) in (
        page.content.decode()
    )


def running(path="essaim.platform.programmes.tasks.carry_network", workers=("mort",), args=(1,)):
    return DBTaskResult.objects.create(
        status="RUNNING", started_at=timezone.now() - timedelta(hours=1), worker_ids=list(workers),
        args_kwargs={"args": list(args), "kwargs": {}}, task_path=path, backend_name="default",
        run_after=timezone.now(), exception_class_path="", traceback="",
    )  # fmt: skip


def test_a_task_whose_worker_died_goes_back_to_the_queue(db) -> None:
    task = running()
    assert recovery.is_interrupted(task.task_path, 1)
    recovery.take_up_again()
    task.refresh_from_db()
    assert (task.status, task.worker_ids) == ("READY", ["mort"])
    assert recovery.is_interrupted(task.task_path, 1)


def test_a_task_whose_worker_gives_signs_is_left_to_it(db) -> None:
    task = running(workers=("vivant",))
    recovery.sign("vivant")
    recovery.take_up_again()
    task.refresh_from_db()
    assert task.status == "RUNNING"
    assert not recovery.is_interrupted(task.task_path, 1)


def test_a_task_that_kills_every_worker_ends_and_its_row_says_so(network, writer) -> None:
    run = confirmed(network, writer, state="running")
    task = running(workers=[f"mort-{n}" for n in range(recovery.ATTEMPTS)], args=(run.pk,))
    recovery.take_up_again()
    task.refresh_from_db()
    run.refresh_from_db()
    assert (task.status, run.state) == ("FAILED", "failed")


@pytest.mark.slow
def test_killed_at_random_points_nothing_is_lost_or_done_twice(tmp_path, db) -> None:
    """Real processes, really killed; see ``network_kill.py``, which runs in a data folder of its own."""
    if connection.vendor == "sqlite":  # the tables of the suite, to spare their making
        with connection.cursor() as cursor, sqlite3.connect(tmp_path / "essaim.sqlite3") as copy:
            cursor.execute("SELECT sql FROM sqlite_master WHERE sql != '' AND name NOT LIKE 'sqlite_%'")
            for (sql,) in cursor.fetchall():
                copy.execute(sql)
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "essaim.platform.settings.local",
        "ESSAIM_DATA_DIR": str(tmp_path),
        "ESSAIM_TASK_LEASE": "1",
    }
    environment.pop("DATABASE_URL", None)
    script = Path(__file__).with_name("network_kill.py")
    ended = subprocess.run(
        [sys.executable, script],
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout.splitlines()[-1])
    assert told["kills_inside"] >= 3
    assert told["state"] == "done"
    assert told["outcomes"] == {SiteUpgrade.Outcome.MOVED: 18, SiteUpgrade.Outcome.WAITS: 6}
    assert told["revisions_added"] == 18
    assert told["decisions_before"] == told["decisions_after"]


def test_the_page_says_that_the_passage_was_interrupted(network, writer, make, login) -> None:
    run = confirmed(network, writer, state="running")
    running(args=(run.pk,))
    client = login(make.member(network.roles.first().organisation))
    page = client.get(reverse("programmes:network_upgrade_progress", args=[network.slug, run.pk]))
    assert "Ce travail a été interrompu" in page.content.decode()
