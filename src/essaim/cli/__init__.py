"""The command line ``essaim``: help in French, exit code 0 (ok), 1 (the data says no) or 2 (wrong usage).

Each sub-command lives in its own module and is imported only when it is called, so that
``essaim protocol validate`` never loads Django and ``essaim serve`` never loads a solver.
"""

import gettext
import os
from importlib import import_module
from pathlib import Path

import click

# What click itself says (usage, errors) comes out in French, whatever the machine's language. Before any command is
# defined: click chooses some words (« fichier ») at that moment.
os.environ["LANGUAGE"] = "fr"
gettext.bindtextdomain("messages", Path(__file__).parent / "locale")

COMMANDS: dict[str, tuple[str, str]] = {
    # name: (module below essaim.cli, one line of help shown by `essaim --help`)
    "protocol": ("protocol", "Valide, compare, numérote et met à niveau des protocoles."),
    "account": ("account", "Ouvre les premiers comptes d’un site."),
    "export": ("export", "Écrit tout un programme dans un dossier de YAML et de CSV."),
    "import": ("import_", "Importe un programme qu’« export » a écrit."),
    "demo": ("demo", "Charge la démonstration et ouvre le site."),
    "serve": ("serve", "Sert le site et exécute les tâches de fond."),
    "panel": ("panel", "Construit un panel : résultat mesuré et vagues datées, ou simulation."),
    "evaluate": ("evaluate", "Estime les effets d’un déploiement par vagues."),
    "sensitivity": ("sensitivity", "Éprouve une conclusion : jusqu’où tient-elle sans courbes parallèles ?"),
    "equity": ("equity", "Compare l’effet entre groupes de personnes ou de sites."),
    "cost": ("cost", "Dit ce que coûte une unité d’effet, avec son incertitude."),
    "rollout": ("rollout", "Prépare les vagues : tirage au sort, puissance, plus petit effet, capacité."),
    "territory": ("territory", "Choisit des territoires : classement robuste, vague, explications, accès."),
    "opendata": ("opendata", "Lit et télécharge les données ouvertes officielles."),
    "manage": ("manage", "Lance une commande d’administration de Django."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported on first use; ``NAME`` in module ``m`` is ``m.command``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"essaim.cli.{COMMANDS[cmd_name][0]}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commandes"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="essaim", message="essaim %(version)s")
def main() -> None:
    """Essaim : choisir, greffer, adapter, évaluer et transmettre une innovation sociale."""
