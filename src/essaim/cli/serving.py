"""Run the web server and the task worker together, and stop both: what ``serve`` and ``demo`` share."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from types import FrameType

import click

GRACE = 10.0  # seconds left to a process to end by itself


def start_django(demo: bool) -> None:
    """Start Django on this machine's site, or on its demonstration; the environment has the last word."""
    name = "demo" if demo else "local"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"essaim.platform.settings.{name}")
    import django

    django.setup()


def prepare(demo: bool) -> None:
    """Start Django, bring the database and the static files up to date."""
    start_django(demo)
    from django.core.management import call_command

    click.echo("Base de données : mise à jour…")
    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)


def check_port(host: str, port: int) -> None:
    """Fail early, in words, when the address is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"Le port {port} de {host} est déjà pris ({error.strerror}). Essaim y tourne peut-être déjà ; "
                f"sinon, en choisir un autre : --port {port + 1}."
            ) from error


def run_together(host: str, port: int, workers: int, announce: str) -> int:
    """Supervise the web server and the task worker until one ends or somebody stops us; returns the exit code."""
    web = [
        "gunicorn", "essaim.platform.wsgi", "--bind", f"{host}:{port}", "--workers", str(workers),
        "--threads", "4", "--timeout", "120", "--log-level", "warning",
    ]  # fmt: skip
    commands = {
        "serveur web": [sys.executable, "-m", *web],
        "tâches de fond": [sys.executable, "-m", "essaim.cli.worker"],
    }
    processes = {name: subprocess.Popen(command) for name, command in commands.items()}  # noqa: S603
    stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
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


def _answers(host: str, port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{host}:{port}/", timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


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
