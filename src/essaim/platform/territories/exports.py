"""What leaves a study: the YAML that replays it, its data and its ranking as tables."""

import csv
import io
from typing import Any

from django.utils.translation import gettext as _

from essaim.platform.territories.models import Study, Version
from essaim.platform.territories.ranking import read_document
from essaim.platform.territories.reading import STATUSES
from essaim.territory.study import to_yaml

BOM = "\ufeff"  # spreadsheets read UTF-8 with it


def study_yaml(study: "Study | Version") -> str:
    """The document as the command line reads it."""
    return to_yaml(read_document(study.document))


def data_csv(study: "Study | Version") -> str:
    """The values the ranking was made from: one row a territory, one column an indicator (its key)."""
    inputs = study.inputs or {"codes": [], "names": [], "columns": {}}
    keys = list(inputs["columns"])
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["code", "name", *keys])
    columns = [inputs["columns"][key]["values"] for key in keys]
    for code, name, *values in zip(inputs["codes"], inputs["names"], *columns, strict=True):
        writer.writerow([code, _safe(name), *("" if value is None else value for value in values)])
    return out.getvalue()


def ranking_csv(study: Study) -> str:
    """The ranking for a spreadsheet: semicolons, decimal commas, the label of a simulated ranking in each row."""
    keys = [criterion["key"] for criterion in study.document["criteria"]]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(
        [_("place"), _("code"), _("territoire"), _("statut"), _("part des poids (%)"), _("marge basse (%)"),
         _("marge haute (%)"), _("rang au score à points"), *(_("note %(key)s") % {"key": k} for k in keys),
         _("décision"), _("raison"), _("simulé")]
    )  # fmt: skip
    decisions = {decision.code: decision for decision in study.decisions.all()}
    for place, row in enumerate(study.rows(), 1):
        writer.writerow(_ranking_row(place, row, keys, decisions.get(row["code"]), study))
    return BOM + out.getvalue()


def _ranking_row(place: int, row: dict[str, Any], keys: list[str], decision: Any, study: Study) -> list[Any]:
    kept = "" if decision is None else _("retenu") if decision.kept else _("non retenu")
    shares = [_comma(100 * row[name]) for name in ("top_share", "top_low", "top_high")]
    notes = [_comma(row["notes"][key]) for key in keys]
    reason = _safe(decision.reason) if decision else ""
    simulated = _("simulé") if study.is_simulated else ""
    return [
        place, row["code"], _safe(row["name"]), STATUSES[row["status"]], *shares, row["point_rank"], *notes, kept,
        reason, simulated,
    ]  # fmt: skip


def _comma(value: float) -> str:
    return f"{value:.4f}".replace(".", ",")


def _safe(text: str) -> str:
    """Text that a spreadsheet will not take for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text
