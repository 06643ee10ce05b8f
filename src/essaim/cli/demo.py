"""``essaim demo``: the demonstration, from nothing to a page in the browser."""

import sys
from pathlib import Path

import click

from essaim.cli import serving


@click.command(name="demo")
@click.option("--host", default="127.0.0.1", show_default=True, help="Adresse d’écoute.")
@click.option("--port", type=serving.PORT, default=8000, show_default=True, help="Port d’écoute.")
@click.option("--no-serve", is_flag=True, help="Charge la démonstration sans ouvrir le site.")
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Dossier de fichiers officiels (Insee, ANCT, Dares…) à lire ; les études de ciblage s’en servent.",
)
def command(host: str, port: int, no_serve: bool, data: Path | None) -> None:
    """Charge la démonstration et ouvre le site ; un second appel ne perd rien."""
    if not no_serve:
        serving.check_port(host, port)
    serving.prepare(demo=True)
    from essaim.platform.demo.people import PASSWORD, PEOPLE
    from essaim.platform.demo.services import NotTheDemonstration, load

    try:
        load(click.echo, data)
    except NotTheDemonstration as error:
        raise click.ClickException(f"{error} Retirer DJANGO_SETTINGS_MODULE de l’environnement.") from error
    if no_serve:
        return
    accounts = "\n".join(f"  {person.email:<36} {person.title}" for person in PEOPLE)
    announce = (
        f"\nEssaim est ouvert : {serving.address(host, port)}\n\n"
        f"Comptes d’essai (mot de passe : {PASSWORD}) :\n{accounts}\n\nCtrl+C pour arrêter."
    )
    sys.exit(serving.run_together(host, port, 1, announce))
