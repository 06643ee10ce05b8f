"""``essaim account``: the first account and organisation of a new site, made by whoever installs it."""

import click


@click.group(name="account")
def command() -> None:
    """Ouvre les premiers comptes d’un site ; les suivants entrent par invitation."""


@command.command(name="create")
@click.argument("email")
@click.option("--name", required=True, help="Nom de la personne.")
@click.option("--organisation", required=True, help="Nom de son organisation (créée si elle n’existe pas).")
@click.option(
    "--kind",
    type=click.Choice(["network", "structure", "funder", "evaluator", "authority", "other"]),
    default="network",
    show_default=True,
    help="Nature de l’organisation.",
)
@click.password_option("--password", help="Mot de passe (demandé s’il n’est pas donné).")
def create(email: str, name: str, organisation: str, kind: str, password: str) -> None:
    """Crée le compte EMAIL, responsable de son organisation."""
    from essaim.cli import serving

    serving.prepare(demo=False)
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    from essaim.platform.accounts import services as accounts
    from essaim.platform.organisations import services as organisations

    try:
        validate_password(password)
        user = accounts.open_account(email, name=name, password=password)
        organisations.found_organisation(organisation, kind, first_manager=user)
    except ValidationError as error:
        raise click.ClickException(" ".join(error.messages)) from error
    click.echo(f"Compte {user.email} ouvert, responsable de {organisation}.")
