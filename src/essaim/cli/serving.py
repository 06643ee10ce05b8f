"""Run the web server and the task worker together, and stop both: what ``serve`` and ``demo`` share."""

import errno
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click

GRACE = 10.0  # seconds left to a process to end by itself
PORT = click.IntRange(1, 65535)


@contextmanager
def explained() -> Iterator[None]:
    """Turn what a wrong setting provokes at the start into words."""
    from django.core.exceptions import ImproperlyConfigured
    from django.db import DatabaseError

    try:
        yield
    except (DatabaseError, ImproperlyConfigured) as error:
        raise click.ClickException(
            f"La base de données ou les réglages ne conviennent pas : {str(error).strip()}\n"
            "Vérifier les variables d’environnement (docs/settings.md), DATABASE_URL d’abord."
        ) from error
    except OSError as error:
        raise click.ClickException(
            f"Le dossier des données n’est pas utilisable : {error.strerror} ({error.filename}).\n"
            "En nommer un autre : ESSAIM_DATA_DIR=/chemin/du/dossier."
        ) from error


def start_django(demo: bool) -> None:
    """Start Django on this machine's site, or on its demonstration; the environment has the last word."""
    name = "demo" if demo else "local"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"essaim.platform.settings.{name}")
    import django

    with explained():
        django.setup()


def prepare(demo: bool) -> None:
    """Start Django, bring the database and the static files up to date."""
    start_django(demo)
    from django.core.management import call_command

    click.echo("Base de données : mise à jour…")
    with explained():
        _create_tables()
        call_command("migrate", verbosity=0, interactive=False)
        call_command("collectstatic", verbosity=0, interactive=False)


def _create_tables() -> None:
    """Give an empty SQLite file its tables straight from the models, in a quarter of the time of the migrations.

    The migrations are then recorded as done; a test compares the two ways table by table.
    """
    from django.apps import apps
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    if connection.vendor != "sqlite" or connection.introspection.table_names():
        return
    try:
        settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}
        call_command("migrate", run_syncdb=True, verbosity=0, interactive=False)
        settings.MIGRATION_MODULES = {}
        call_command("migrate", fake=True, verbosity=0, interactive=False)
    except BaseException:  # interrupted half-way: it was empty, and is empty again
        connection.close()
        Path(connection.settings_dict["NAME"]).unlink(missing_ok=True)
        raise


def check_port(host: str, port: int) -> None:
    """Fail early, in words, when the site could not listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise click.ClickException(
                f"Le port {port} de {host} est déjà pris. Essaim y tourne peut-être déjà : "
                f"ouvrir {address(host, port)} ; sinon, choisir un autre port : --port {port + 1} "
                f"(ou make run PORT={port + 1})."
            ) from error
        raise click.ClickException(
            f"Impossible d’écouter sur {host}, port {port} : {error.strerror}. "
            "Essayer sans --host, et avec un port au-dessus de 1023."
        ) from error


def address(host: str, port: int) -> str:
    """The address to open in a browser."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def run_together(host: str, port: int, workers: int, announce: str) -> int:
    """Supervise the web server and the task worker until one ends or somebody stops us; returns the exit code."""
    stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    # Ctrl+C, a service manager, a closed window
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    # Groups of their own: Ctrl+C reaches the supervisor alone, and a task that is running may end.
    processes = {
        "serveur web": subprocess.Popen(_web(host, port, workers), process_group=0),  # noqa: S603
        "tâches de fond": subprocess.Popen([sys.executable, "-m", "essaim.cli.worker"], process_group=0),
    }
    announced = False
    while not stopping and all(process.poll() is None for process in processes.values()):
        if not announced and _answers(host, port):
            click.echo(announce)
            announced = True
        time.sleep(0.2)
    ended = [name for name, process in processes.items() if process.poll() is not None]
    _end(list(processes.values()))
    if stopping:
        click.echo("Essaim est arrêté ; rien n’est perdu.")
        return 0
    click.echo(f"Arrêt : « {ended[0]} » s’est terminé de lui-même. Son message est ci-dessus.", err=True)
    return 1


def _web(host: str, port: int, workers: int) -> list[str]:
    bind = address(host, port).removeprefix("http://").removesuffix("/")
    return [
        sys.executable, "-m", "gunicorn", "essaim.platform.wsgi", "--bind", bind, "--workers", str(workers),
        "--threads", "4", "--timeout", "120", "--graceful-timeout", str(int(GRACE / 2)), "--log-level", "warning",
    ]  # fmt: skip


def _answers(host: str, port: int) -> bool:
    """Whether the site gives any response at all (a redirection to HTTPS is one)."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _end(processes: list["subprocess.Popen[bytes]"]) -> None:
    for process in processes:
        if process.poll() is None:
            process.terminate()
    limit = time.monotonic() + GRACE
    for process in processes:
        try:
            process.wait(max(0.1, limit - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
