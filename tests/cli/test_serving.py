"""``essaim serve`` and ``demo`` as real processes: they start and stop together, and say what prevents them."""

import http.client
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

LIMIT = 120.0  # seconds: generous, for a machine at work
OURS = {"DATABASE_URL", "DJANGO_SETTINGS_MODULE", "ESSAIM_DATA_DIR"}


def environment(data: Path, **more: str) -> dict[str, str]:
    return {**{k: v for k, v in os.environ.items() if k not in OURS}, "ESSAIM_DATA_DIR": str(data), **more}


def essaim(data: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from essaim.cli import main; main()", *arguments]
    return subprocess.run(
        command, env=environment(data, **more), capture_output=True, text=True, timeout=LIMIT
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


class Site:
    """``essaim serve`` in a session of its own, as a terminal would start it."""

    def __init__(self, data: Path, port: int) -> None:
        self.port = port
        command = [sys.executable, "-c", "from essaim.cli import main; main()", "serve", "--port", str(port)]
        self.process = subprocess.Popen(
            command,
            env=environment(data),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        wait(self.answers, self)

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def members(self) -> dict[int, str]:
        """Living processes of the session: process id → command line."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                state, _parent, _group, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
                command = (folder / "cmdline").read_text().replace("\0", " ")
            except OSError:  # it ended while we looked
                continue
            if int(session) == self.process.pid and state != "Z":
                found[int(folder.name)] = command
        return found

    def member(self, word: str) -> int:
        """The first process whose command line holds ``word`` (a parent comes before its children)."""
        return min(pid for pid, command in self.members().items() if word in command)

    def end(self) -> tuple[int, str]:
        """Exit code and all that was printed, once everything has stopped."""
        output, _ = self.process.communicate(timeout=LIMIT)
        return self.process.returncode, output


def wait(condition: Callable[[], bool], site: Site) -> None:
    limit = time.monotonic() + LIMIT
    while not condition():
        assert site.process.poll() is None, site.process.communicate()[0]
        assert time.monotonic() < limit, "the site does not answer"
        time.sleep(0.2)


@pytest.fixture
def site(data: Path, free_port: int) -> Iterator[Site]:
    started = Site(data, free_port)
    yield started
    for pid in started.members():
        os.kill(pid, signal.SIGKILL)
    started.process.wait()


def test_ctrl_c_stops_everything_and_is_no_failure(site: Site) -> None:
    os.killpg(site.process.pid, signal.SIGINT)
    code, output = site.end()
    assert (code, site.members()) == (0, {})
    assert "rien n’est perdu" in output


def test_the_web_server_gone_everything_stops_with_a_failure(site: Site) -> None:
    os.kill(site.member("gunicorn"), signal.SIGTERM)
    code, output = site.end()
    assert (code, site.members()) == (1, {})
    assert "« serveur web » s’est terminé" in output


def test_the_task_worker_gone_everything_stops_with_a_failure(site: Site) -> None:
    os.kill(site.member("essaim.cli.worker"), signal.SIGKILL)
    code, output = site.end()
    assert (code, site.members()) == (1, {})
    assert "« tâches de fond » s’est terminé" in output


def schema(database: Path) -> dict[str, list[str]]:
    """Name of each table and index → what it is made of, in any order."""
    with sqlite3.connect(database) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {name: sorted(parts(sql)) for name, sql in rows}


def parts(sql: str) -> list[str]:
    """The columns and constraints of a CREATE statement: its text cut at the commas of the first level."""
    found, depth = [""], 0
    for sign in sql:
        depth += (sign == "(") - (sign == ")")
        if (sign == "," and depth == 1) or (sign == "(" and depth == 1) or (sign == ")" and depth == 0):
            found.append("")
        else:
            found[-1] += sign
    return [part.strip() for part in found]


def test_a_new_site_has_the_tables_that_the_migrations_make(site: Site, data: Path, tmp_path: Path) -> None:
    wait(site.answers, site)
    settings = "essaim.platform.settings.local"
    migrated = essaim(tmp_path, "manage", "migrate", "--verbosity", "0", DJANGO_SETTINGS_MODULE=settings)
    assert migrated.returncode == 0, migrated.stderr
    assert essaim(data, "manage", "migrate", "--check", DJANGO_SETTINGS_MODULE=settings).returncode == 0
    assert schema(data / "essaim.sqlite3") == schema(tmp_path / "essaim.sqlite3")


def test_a_taken_port_is_said_with_the_way_out(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = essaim(data, "serve", "--port", str(port))
    assert result.returncode == 1
    assert f"Le port {port} de 127.0.0.1 est déjà pris" in result.stderr
    assert f"--port {port + 1}" in result.stderr


def test_an_unknown_address_is_not_called_a_taken_port(data: Path) -> None:
    result = essaim(data, "serve", "--host", "192.0.2.1")
    assert result.returncode == 1
    assert "Impossible d’écouter sur 192.0.2.1" in result.stderr


@pytest.mark.parametrize("port", ["0", "65536", "huit"])
def test_a_port_that_cannot_be_is_wrong_usage(data: Path, port: str) -> None:
    assert essaim(data, "serve", "--port", port).returncode == 2


def test_a_data_folder_that_cannot_be_is_said_with_its_variable() -> None:
    result = essaim(Path("/dev/null/essaim"), "demo", "--no-serve")
    assert result.returncode == 1
    assert "ESSAIM_DATA_DIR" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_database_that_does_not_answer_is_said_with_its_variable(data: Path, free_port: int) -> None:
    url = f"postgres://essaim:essaim@127.0.0.1:{free_port}/essaim"
    result = essaim(data, "demo", "--no-serve", DATABASE_URL=url)
    assert result.returncode == 1
    assert "DATABASE_URL" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_demonstration_refuses_the_settings_of_a_real_site(data: Path) -> None:
    result = essaim(data, "demo", "--no-serve", DJANGO_SETTINGS_MODULE="essaim.platform.settings.local")
    assert result.returncode == 1
    assert "DJANGO_SETTINGS_MODULE" in result.stderr
    assert "Traceback" not in result.stderr
