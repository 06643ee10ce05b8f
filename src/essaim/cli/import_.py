"""``essaim import``: a programme from a folder that ``essaim export`` wrote."""

from pathlib import Path

import click


@click.command(name="import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--as", "email", required=True, help="Adresse du compte au nom duquel l’import est écrit.")
@click.option("--demo", is_flag=True, help="Écrit dans la base de la démonstration.")
def command(folder: Path, email: str, demo: bool) -> None:
    """Importe le programme du dossier FOLDER ; tout ou rien."""
    from essaim.cli import serving

    serving.start_django(demo)
    from django.contrib.auth import get_user_model

    from essaim.platform.audit import writing_as
    from essaim.platform.transfer import services as transfer

    author = get_user_model().objects.filter(email=email.lower()).first()
    if author is None:
        raise click.ClickException(
            f"Aucun compte « {email} » ici : l’ouvrir d’abord (essaim account create)."
        )
    try:
        with writing_as(author):
            programme = transfer.import_programme(folder)
    except transfer.NotAnExport as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Programme « {programme.title} » importé.")
