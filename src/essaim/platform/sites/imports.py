"""Bringing existing sites from a spreadsheet: read, show what would be written, write only when confirmed."""

from dataclasses import dataclass
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from essaim.opendata.tables import Column, Limits, Row, TableProblem, read_table
from essaim.opendata.values import BadCell, Missing, to_date, to_period
from essaim.platform.dates import bounds
from essaim.platform.sites.territory import communes_named, find_territory

MOST_ROWS = 2_000  # a preview is kept in the session until it is confirmed
_STATUS = {
    "actif": "active", "active": "active", "ouvert": "active", "ouverte": "active", "en activité": "active",
    "en cours": "active",
    "projet": "project", "en projet": "project", "project": "project", "en préparation": "project",
    "fermé": "closed", "fermée": "closed", "closed": "closed", "terminé": "closed", "arrêté": "closed",
    "inconnu": "unknown", "unknown": "unknown",
}  # fmt: skip
COLUMNS = [
    Column("nom", synonyms=("name", "site", "nom du site", "ville", "nom de la ville")),
    Column(
        "commune",
        synonyms=("commune_code", "code commune", "code insee", "insee", "code", "codgeo"),
        required=False,
    ),
    Column("epci", synonyms=("epci_code", "code epci", "intercommunalité", "siren epci"), required=False),
    Column("departement", synonyms=("département", "dep", "code département"), required=False),
    Column("structure", synonyms=("structure d accueil", "porteur", "association"), required=False),
    Column(
        "ouverture",
        synonyms=("opened_on", "date d ouverture", "ouvert le", "date ouverture", "depuis"),
        required=False,
    ),
    Column("fermeture", synonyms=("closed_on", "date de fermeture", "fermé le"), required=False),
    Column("statut", synonyms=("status", "état", "situation", "stade"), required=False, choices=_STATUS),
    Column(
        "vague", kind="integer", synonyms=("wave", "numéro de vague"), required=False, minimum=1, maximum=999
    ),
    Column("source", required=False),
    Column("note", synonyms=("remarque", "commentaire"), required=False),
]
STATUS_LABELS = {
    "active": gettext_lazy("actif"),
    "project": gettext_lazy("en projet"),
    "closed": gettext_lazy("fermé"),
    "unknown": gettext_lazy("inconnu"),
}
_LEVELS = {"commune": "commune_code", "epci": "epci_code", "departement": "departement"}


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file would write: ``rows`` ready for ``import_sites``, and what is wrong, row by row."""

    rows: list[dict[str, Any]]
    already: list[str]
    problems: list[str]
    problem_count: int
    unread: list[str]

    @property
    def ready(self) -> bool:
        return bool(self.rows) and not self.problem_count


def read_sites(file: BinaryIO, known_names: set[str]) -> Preview:
    """Read a person's table of sites; nothing is written. ``known_names``: sites that the programme already has."""
    table = read_table(file, COLUMNS, key=("nom",), limits=Limits(rows=MOST_ROWS))
    rows, already, problems = [], [], list(table.problems)
    for row in table.rows:
        if row["nom"] in known_names:
            already.append(str(row["nom"]))
            continue
        read, wrong = _site_row(row)
        problems += wrong
        rows.append(read)
    found = table.problem_count + len(problems) - len(table.problems)
    if not table.rows and not found:
        problems, found = (
            [TableProblem(_("Le tableau n’a aucune ligne."), _("Y écrire un site par ligne."))],
            1,
        )
    problems.sort(key=lambda problem: problem.row or 0)
    return Preview(rows, already, [str(p) for p in problems[:100]], found, table.unread)


def _site_row(row: Row) -> tuple[dict[str, Any], list[TableProblem]]:
    """One site as ``load_known_sites`` takes it, and what is wrong in its row."""
    problems: list[TableProblem] = []
    read: dict[str, Any] = {
        "name": row["nom"],
        "structure": row.get("structure") or "",
        "status": row.get("statut") or "unknown",
        "status_label": str(STATUS_LABELS[str(row.get("statut") or "unknown")]),
        "wave_number": row.get("vague"),
        "source": row.get("source") or "",
        "note": row.get("note") or "",
    }
    for column, key in (("ouverture", "opened_on"), ("fermeture", "closed_on")):
        read[key], wrong = _partial(row, column)
        problems += wrong
    problems += _territory(row, read)
    if not problems and read["opened_on"] and read["closed_on"]:
        problems += _order(row, read)
    return read, problems


def _order(row: Row, read: dict[str, Any]) -> list[TableProblem]:
    if bounds(read["closed_on"])[1] >= bounds(read["opened_on"])[0]:
        return []
    return [
        TableProblem(
            _("La fermeture précède l’ouverture."), _("Corriger l’une des deux."), row.number, "fermeture"
        )
    ]


def _partial(row: Row, column: str) -> tuple[str, list[TableProblem]]:
    """A year, a month or a day in the forms people write, as a partial ISO date."""
    text = str(row.get(column) or "")
    try:
        return partial_iso(text), []
    except ValueError:
        problem = TableProblem(
            _("Ce n’est pas une date."),
            _("Écrire 2020, mars 2020, 15/03/2020 ou 2020-03-15, ou laisser vide."),
            row.number,
            column,
            text,
        )
        return "", [problem]


def partial_iso(text: str) -> str:
    """``15/03/2020`` → ``2020-03-15``, ``mars 2020`` → ``2020-03``, ``2020`` as it is; ``ValueError`` otherwise."""
    text = text.strip()
    try:
        read = to_period(text)
    except BadCell:
        day = to_date(text)
        return "" if isinstance(day, Missing) else day.isoformat()
    if isinstance(read, Missing):
        return ""
    bounds(read)  # a quarter is a period, and no date
    return read


def _territory(row: Row, read: dict[str, Any]) -> list[TableProblem]:
    """Put the finest territory that the row names into ``read``, else the commune that bears the site's name."""
    typed = next(((level, str(row[level])) for level in _LEVELS if row.get(level)), None)
    try:
        place = find_territory(*typed) if typed else None
    except ValidationError as error:
        level, text = typed or ("", "")
        return [TableProblem(error.messages[0], "", row.number, level, text)]
    if place is None or place.level == "departement":
        homonyms = communes_named(read["name"], within=place)
        read["territory_guessed"] = len(homonyms) == 1
        read["territory_homonyms"] = (
            ", ".join(home.label for home in homonyms[:6]) if len(homonyms) > 1 else ""
        )
        place = homonyms[0] if len(homonyms) == 1 else place
    if place:
        read[_LEVELS[place.level]], read["territory"] = place.code, place.label
    return []
