"""``essaim export``: a whole programme as a folder of YAML and CSV."""

from pathlib import Path

import click


@click.command(name="export")
@click.argument("programme")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="Dossier à créer.")
@click.option("--demo", is_flag=True, help="Lit la base de la démonstration.")
def command(programme: str, output: Path, demo: bool) -> None:
    """Écrit le programme PROGRAMME (son identifiant) dans un dossier de YAML et de CSV."""
    from essaim.cli import serving

    serving.start_django(demo)
    from django.http import Http404

    from essaim.platform.programmes import services as programmes
    from essaim.platform.transfer import services as transfer

    try:
        transfer.export_programme(programmes.programme_by_slug(programme), output)
    except Http404 as error:
        known = ", ".join(found.slug for found in programmes.all_programmes()) or "aucun"
        raise click.ClickException(
            f"Pas de programme « {programme} » ici. Programmes connus : {known}."
        ) from error
    except transfer.NotAnExport as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Programme « {programme} » écrit dans {output}")
