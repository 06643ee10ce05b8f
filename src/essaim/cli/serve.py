"""``essaim serve``: the site for real use, on this machine or behind a proxy."""

import sys

import click

from essaim.cli import serving


@click.command(name="serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Adresse d’écoute.")
@click.option("--port", type=serving.PORT, default=8000, show_default=True, help="Port d’écoute.")
@click.option("--workers", default=1, show_default=True, help="Nombre de processus web.")
def command(host: str, port: int, workers: int) -> None:
    """Sert le site et exécute les tâches de fond, sans la démonstration.

    Sur un serveur : DJANGO_SETTINGS_MODULE=essaim.platform.settings.production et DATABASE_URL.
    """
    serving.check_port(host, port)
    serving.prepare(demo=False)
    sys.exit(serving.run_together(host, port, workers, f"Essaim est ouvert : {serving.address(host, port)}"))
