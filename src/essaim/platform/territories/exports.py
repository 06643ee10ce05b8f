"""What leaves a study: the YAML that replays it, its data and its ranking as tables."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from xlsxwriter import Workbook

from essaim.platform.opendata import services as opendata
from essaim.platform.territories import reading
from essaim.platform.territories.models import Study, Version
from essaim.platform.territories.ranking import read_document
from essaim.platform.territories.reading import STATUSES
from essaim.territory.codes import LEVELS
from essaim.territory.features import collection, geometry
from essaim.territory.study import to_yaml

BOM = "\ufeff"  # spreadsheets read UTF-8 with it


def study_yaml(study: "Study | Version") -> str:
    """The document as the command line reads it; its first lines say how, and what is simulated."""
    lines = [_("# Se rejoue avec : essaim territory rank ETUDE.yaml --values DONNEES.csv")]
    if labels := (study.result or {}).get("simulated"):
        lines.append(
            _("# Simulé : les valeurs de %(labels)s sont inventées.") % {"labels": ", ".join(labels)}
        )
    document = read_document(study.document)
    if isinstance(study, Study) and study.portfolio:
        lines.insert(1, _("# et sa vague avec : essaim territory portfolio ETUDE.yaml --values DONNEES.csv"))
        document = replace(document, wave=study.plan)
    return "\n".join([*lines, to_yaml(document)])


def data_csv(study: "Study | Version") -> str:
    """The values the ranking was made from: one row a territory, one column an indicator (its key).

    A column of invented values is headed « key [simulé] », which the command line reads as such.
    """
    inputs = study.inputs or {"codes": [], "names": [], "columns": {}}
    keys = list(inputs["columns"])
    invented = {key for key in keys if inputs["columns"][key]["measure"].get("simulated")}
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["code", "name", *(f"{key} [simulé]" if key in invented else key for key in keys)])
    columns = [inputs["columns"][key]["values"] for key in keys]
    for code, name, *values in zip(inputs["codes"], inputs["names"], *columns, strict=True):
        writer.writerow([code, _safe(name), *("" if value is None else value for value in values)])
    return out.getvalue()


def ranking_csv(study: Study) -> str:
    """The ranking for a spreadsheet: semicolons, decimal commas, the label of a simulated ranking in each row."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(ranking_headers(study))
    for row in ranking_rows(study):
        writer.writerow([_comma(cell) if isinstance(cell, float) else cell for cell in row])
    return BOM + out.getvalue()


def ranking_headers(study: Study) -> list[str]:
    keys = [criterion["key"] for criterion in study.document["criteria"]]
    return [
        _("place"), _("code"), _("territoire"), _("statut"), _("part des poids (%)"), _("marge basse (%)"),
        _("marge haute (%)"), _("rang au score à points"), *(_("note %(key)s") % {"key": k} for k in keys),
        _("décision"), _("raison"), _("simulé"),
    ]  # fmt: skip


def ranking_rows(study: Study) -> Iterator[list[Any]]:
    """The cells of each territory, best first; shares as percentages, notes from 0 to 1."""
    keys = [criterion["key"] for criterion in study.document["criteria"]]
    decisions = {decision.code: decision for decision in study.decisions.all()}
    for place, row in enumerate(study.rows(), 1):
        decision = decisions.get(row["code"])
        kept = "" if decision is None else _("retenu") if decision.kept else _("non retenu")
        yield [
            place, row["code"], _safe(row["name"]), str(STATUSES[row["status"]]),
            *(100.0 * row[name] for name in ("top_share", "top_low", "top_high")), row["point_rank"],
            *(float(row["notes"][key]) for key in keys), kept, _safe(decision.reason) if decision else "",
            _("simulé") if study.is_simulated else "",
        ]  # fmt: skip


def ranking_xlsx(study: Study) -> bytes:
    """Three sheets: the ranking, the values it was made from, what the study states with sources and dates."""
    out = io.BytesIO()
    with Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        bold = book.add_format({"bold": True})
        _sheet(book, _("Classement"), [ranking_headers(study), *ranking_rows(study)], bold)
        _sheet(book, _("Données"), list(csv.reader(io.StringIO(data_csv(study)))), bold, text=2)
        _sheet(book, _("Étude"), list(_stated(study)), bold)
    return out.getvalue()


def _sheet(book: Any, name: str, rows: list[list[Any]], bold: Any, text: int | None = None) -> None:
    """A sheet; with ``text``, the columns after the first ``text`` hold numbers written as text."""
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            numeric = text is not None and number > 0 and column >= text and cell != ""
            sheet.write(number, column, float(cell) if numeric else cell, bold if number == 0 else None)
    sheet.autofit(400)


def _stated(study: Study) -> Iterator[list[str]]:
    yield [_("Étude"), study.title]
    yield [_("Périmètre"), reading.scope_in_words(study.document)]
    if study.is_simulated:
        yield [_("Simulé"), ", ".join(study.ranking_simulated) or _("oui")]
    for sentence in reading.weights_in_words(study.document):
        yield [_("Poids"), sentence]
    yield [_("Critère"), _("Famille"), _("Pourquoi"), _("Source"), _("Date"), _("Niveau d’observation")]
    for row in reading.criteria_in_words(study, {}):
        measure = row["measure"] or {}
        told = [measure.get(name, "") for name in ("source", "date", "level")]
        yield [row["label"], str(row["family"]), row["criterion"].get("reason", ""), *told]
    provenance = (study.result or {})["provenance"]
    yield [_("Empreintes"), provenance["study_sha256"], provenance["data_sha256"], study.result_sha256]


def ranking_geojson(study: Study) -> str:
    """The ranking on a map: outlines shipped or imported, else the mean point of each territory's people."""
    rows = study.rows()
    shapes = _shapes(study, [row["code"] for row in rows])
    kept = {decision.code: decision.kept for decision in study.decisions.all()}
    told = [
        (
            shapes[row["code"]],
            {
                "place": place,
                **{
                    name: row[name] for name in ("code", "name", "status", "top_share", "top_low", "top_high")
                },
                "kept": kept.get(row["code"]),
                "simulated": study.is_simulated,
            },
        )
        for place, row in enumerate(rows, 1)
        if row["code"] in shapes
    ]
    about = {"title": study.title, "simulated": study.is_simulated, "source": reading.source_of(study)}
    return json.dumps(collection(told, **about), ensure_ascii=False)


def _shapes(study: Study, codes: list[str]) -> dict[str, Any]:
    """A geometry by code. Errors: ``ValidationError`` when nothing says where these territories are."""
    level = next((level for level in LEVELS if level == study.document["unit"]), None)
    if level is not None:
        return {code: geometry(level, code) for code in codes}
    features = opendata.Available(study.programme).contours(codes)
    if not features:
        raise ValidationError(
            _("Aucun contour n’est importé pour cette unité : importer ceux de la source officielle d’abord.")
        )
    return {feature["properties"]["code"]: feature["geometry"] for feature in features}


def _comma(value: float) -> str:
    return f"{value:.4f}".replace(".", ",")


def _safe(text: str) -> str:
    """Text that a spreadsheet will not take for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text
