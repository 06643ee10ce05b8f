"""``essaim manage``: Django's own commands, for administrators."""

import os
import sys

import click


@click.command(
    name="manage",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Commandes d’administration de Django (`essaim manage help` en donne la liste)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "essaim.platform.settings.dev")
    from django.core.management import execute_from_command_line

    translated = ["help" if argument in ("-h", "--help") else argument for argument in arguments[:1]]
    execute_from_command_line(["essaim manage", *translated, *arguments[1:]])
    sys.stdout.flush()
