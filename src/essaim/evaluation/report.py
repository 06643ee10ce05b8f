"""The report of an evaluation: what we can say first, then the figures, then the method; HTML, PDF, Word,
CSV.

Null and negative results take the same place as the others. A script that replays the numbers comes with it.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from essaim.evaluation.chart import event_study_svg, waves_svg
from essaim.evaluation.errors import EvaluationError
from essaim.evaluation.origin import Origin
from essaim.evaluation.reading import level_name, read_plainly, verdict
from essaim.evaluation.result import Estimate, Result
from essaim.evaluation.sensitivity import Sensitivity
from essaim.evaluation.sensitivity_chart import sensitivity_svg
from essaim.evaluation.solidity import Solidity
from essaim.evaluation.solidity_reading import Row, doubts, read_solidity, rows_of_effect, rows_of_nothing
from essaim.words import FRENCH, Words

HEADERS = ("", "Effet", "Intervalle : de", "à", "Bande : de", "à")

TITLES = {
    "simple": "Effet moyen",
    "event": "Effet selon le temps depuis l’ouverture",
    "group": "Effet par vague",
    "calendar": "Effet par période",
    "by": "Effet par valeur de l’attribut",
}

CSS = """
body { font: 16px/1.5 system-ui, sans-serif; color: #22313f; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2 { line-height: 1.2; break-after: avoid; } h2 { margin-top: 2rem; }
table { border-collapse: collapse; margin: 1rem 0; }
caption { text-align: left; font-weight: bold; break-after: avoid; }
thead, tr, figure { break-inside: avoid; } thead { break-after: avoid; }
th, td { padding: .2rem .7rem; border-bottom: 1px solid #d5dbe1; text-align: right; }
th:first-child, td:first-child { text-align: left; } .scroll { overflow-x: auto; }
tbody th { min-width: 8rem; }
figure { margin: 1rem 0; } svg { width: 100%; height: auto; }
@media screen { svg { min-width: 36rem; } }
.verdict { font-size: 1.2rem; border-left: .3rem solid #0b6e69; padding-left: 1rem; }
.simulated { border: 2px solid #b3261e; padding: .5rem 1rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; } p { overflow-wrap: break-word; }
@page { size: A4; margin: 2cm; @bottom-right { content: counter(page) " / " counter(pages); font-size: 9pt; } }
"""


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table of texts; the first column names the row."""

    title: str
    rows: tuple[tuple[str, ...], ...]
    headers: tuple[str, ...] = HEADERS


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the report: paragraphs, then a chart (SVG), then tables."""

    title: str
    paragraphs: tuple[str, ...] = ()
    chart: str = ""
    tables: tuple[Table, ...] = ()
    code: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A report ready to be rendered in any format."""

    title: str
    conclusion: str
    simulated: bool
    sections: tuple[Section, ...]


def build_report(
    result: Result,
    title: str = "Évaluation d’un déploiement par vagues",
    *,
    smallest: float | None = None,
    replay: str = "",
    solidity: Solidity | None = None,
) -> Report:
    """The report of a result, with its checks if given, and the origin of the panel if its provenance tells it.

    ``replay`` is the script or command that finds the numbers again.
    """
    origin = Origin.of(result)
    said = read_plainly(result, smallest, doubts=doubts(solidity, result))
    sections = [
        Section("Ce que l’on peut dire", _told(*said, origin.window)),
        Section("Mises en garde", (*origin.notes, *result.warnings) or ("Aucune.",)),
    ]
    if "event" in result.aggregations:
        sections.append(Section("À maturité égale", chart=event_study_svg(result)))
    if "group" in result.aggregations:
        sections.append(Section("D’une vague à l’autre", chart=waves_svg(result)))
    if solidity is not None:
        sections.append(solidity_section(solidity, result))
    sections.append(
        Section("Les chiffres", tables=tuple(_table(result, kind) for kind in result.aggregations))
    )
    sections.append(Section("Vagues", tables=(_waves(result),)))
    sections.append(_method(result, origin))
    if replay:
        sections.append(Section("Retrouver ces chiffres", code=replay))
    sections.append(
        Section(
            "Et maintenant",
            (
                "Quelle leçon tirer de ce résultat, quel qu’il soit ? Un résultat nul ou négatif se "
                "capitalise comme "
                "les autres : écrivez la leçon et, s’il y a lieu, le changement qu’elle propose au "
                "protocole.",
            ),
        )
    )
    return Report(title, verdict(result, smallest).value, result.facts.simulated, tuple(sections))


def _told(*sentences: str) -> tuple[str, ...]:
    return tuple(filter(None, sentences))


def solidity_section(found: Solidity, result: Result, words: Words = FRENCH) -> Section:
    """The checks: what they say, the sensitivity chart, then their numbers; French unless ``words`` says otherwise."""
    same = _effects(words.say("Le même effet, autrement"), rows_of_effect(found, result, words), words)
    tables = [same]
    nothing = rows_of_nothing(found, words)
    if nothing:
        tables.append(_effects(words.say("Là où l’on ne doit rien voir"), nothing, words))
    chart = ""
    if not isinstance(found.sensitivity, str):
        chart = sensitivity_svg(found.sensitivity, simulated=result.facts.simulated, words=words)
        tables.append(_bounds(found.sensitivity, words))
    return Section(words.say("Solidité"), tuple(read_solidity(found, result, words)), chart, tuple(tables))


def _effects(title: str, rows: list[Row], words: Words) -> Table:
    headers = ("", words.say("Effet"), words.say("Intervalle : de"), words.say("à"))
    return Table(title, tuple(_row(name, effect, words)[:4] for name, effect in rows), headers)


def _bounds(found: Sensitivity, words: Words) -> Table:
    """The intervals of the sensitivity chart."""
    relative = [
        (
            words.say(
                "écart admis : %(bound)s fois le plus grand vu avant", bound=words.number(b.bound, digits=1)
            ),
            b,
        )
        for b in found.relative
    ]
    smooth = [
        (words.say("pente qui change de %(bound)s au plus", bound=words.number(b.bound, digits=3)), b)
        for b in found.smooth
    ]
    rows = tuple((name, _shown(b.low, words), _shown(b.high, words)) for name, b in (*relative, *smooth))
    title = words.say("Si les courbes n’étaient pas parallèles")
    return Table(title, rows, ("", words.say("Intervalle : de"), words.say("à")))


def _shown(value: float | None, words: Words) -> str:
    if value is None or value != value:
        return words.say("non défini")
    return words.number(value, signed=True, digits=3)


def _row(name: str, effect: Estimate, words: Words = FRENCH) -> tuple[str, ...]:
    band = (effect.band_low, effect.band_high)
    bands = ("", "") if band == (None, None) else tuple(_shown(value, words) for value in band)
    interval = (effect.estimate, effect.conf_low, effect.conf_high)
    return (name, *(_shown(value, words) for value in interval), *bands)


def _table(result: Result, kind: str) -> Table:
    found = result.aggregations[kind]
    rows = [
        _row(str(key).replace("-", "−") if kind == "event" else str(key), effect) for key, effect in found.by
    ]
    rows.append(_row("ensemble", found.overall))
    rows += [_row(f"{one} − {other}", effect) for one, other, effect in found.differences]
    return Table(TITLES[kind], tuple(rows))


def _waves(result: Result) -> Table:
    rows = [(str(label), str(size)) for label, size in result.facts.waves]
    rows.append(("jamais exposées", str(result.facts.never)))
    return Table("Unités par vague", tuple(rows), ("Première exposition", "Unités"))


def _method(result: Result, origin: Origin) -> Section:
    made = result.provenance
    control = "jamais exposées" if made.get("control") == "nevertreated" else "pas encore exposées"
    inference = {
        "cr2": "erreurs CR2 et degrés de liberté de Satterthwaite",
        "analytic": "erreurs par fonctions d’influence",
        "bootstrap": "rééchantillonnage par multiplicateurs",
        "wild": "rééchantillonnage sauvage",
        "randomisation": "nouveaux tirages de l’ordre des vagues",
    }[str(made["inference"])]
    drawn = made.get("draw")
    seed = (
        f"tirage des vagues d’empreinte {drawn['fingerprint'][:16]}… et de graine {drawn['seed']}"
        if isinstance(drawn, dict)
        else f"graine {made['seed']}"
    )
    return Section(
        "Méthode",
        _told(
            "Effets par vague et par période de Callaway et Sant’Anna (2021), agrégés ; comparaison aux unités "
            f"{control} ; {inference} ; bandes simultanées {level_name(result)}.",
            origin.source,
            f"Essaim {made['essaim']}, empreinte des données {str(made['panel_sha256'])[:16]}…, {seed}.",
        ),
    )


def report_html(report: Report) -> str:
    """A page that stands alone."""
    return (
        f'<!doctype html>\n<html lang="fr"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(report.title)}</title><style>{CSS}</style></head>\n"
        f"<body><main>\n{report_body(report)}</main></body></html>\n"
    )


def report_body(report: Report) -> str:
    """The report without its page: no style, no script, for a site that has its own."""
    parts = [f"<h1>{escape(report.title)}</h1>"]
    if report.simulated:
        parts.append('<p class="simulated">Données simulées : rien ici ne parle d’un territoire réel.</p>')
    parts.append(f'<p class="verdict">Conclusion : {escape(report.conclusion)}.</p>')
    for section in report.sections:
        parts.append(f"<h2>{escape(section.title)}</h2>")
        parts += [f"<p>{escape(text)}</p>" for text in section.paragraphs]
        parts += [_html_chart(section)] if section.chart else []
        parts += [_html_table(table) for table in section.tables]
        parts += [f"<pre>{escape(section.code)}</pre>"] if section.code else []
    return "\n".join(parts) + "\n"


def _html_chart(section: Section) -> str:
    """The chart at a size that can be read, in a box that scrolls where the screen is narrower."""
    label = escape(section.title)
    return f'<figure class="scroll" role="region" tabindex="0" aria-label="{label}">{section.chart}</figure>'


def _html_table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' if name else "<td></td>" for name in table.headers)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(v)}</td>" for v in row[1:])
        + "</tr>\n"
        for row in table.rows
    )
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(table.title)}">'
        f"<table><caption>{escape(table.title)}</caption><thead><tr>{head}</tr></thead>\n"
        f"<tbody>{body}</tbody></table></div>"
    )


def report_pdf(report: Report) -> bytes:
    """The same page as a tagged PDF. Raises ``EvaluationError`` when the machine lacks Pango."""
    try:
        from weasyprint import HTML
    except OSError as error:
        raise EvaluationError(
            "Le PDF demande la bibliothèque Pango, absente de cette machine. Sur Debian : "
            "apt install libpango-1.0-0 libpangoft2-1.0-0. Le rapport HTML ou Word s’écrit sans elle."
        ) from error
    content: bytes = HTML(string=report_html(report)).write_pdf(pdf_variant="pdf/ua-1")
    return content


def add_table(document: Any, table: Table) -> None:
    """Add a titled table to a Word document."""
    document.add_heading(table.title, 2)
    grid = document.add_table(rows=1, cols=len(table.headers), style="Light Grid Accent 1")
    for row in (table.headers, *table.rows):
        cells = grid.rows[0].cells if row is table.headers else grid.add_row().cells
        for cell, text in zip(cells, row, strict=True):
            cell.text = text


def report_docx(report: Report) -> bytes:
    """The report for Word; the table of event times stands for the chart."""
    from docx import Document

    document = Document()
    document.core_properties.title = report.title
    document.core_properties.language = "fr-FR"
    document.add_heading(report.title, 0)
    if report.simulated:
        document.add_paragraph(
            "Données simulées : rien ici ne parle d’un territoire réel.", style="Intense Quote"
        )
    document.add_paragraph(f"Conclusion : {report.conclusion}.", style="Intense Quote")
    for section in report.sections:
        if not (section.paragraphs or section.tables or section.code):
            continue
        document.add_heading(section.title, 1)
        for text in section.paragraphs:
            document.add_paragraph(text)
        for table in section.tables:
            add_table(document, table)
        if section.code:
            document.add_paragraph(section.code)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def replay_script(
    panel: str,
    columns: Mapping[str, object],
    options: Mapping[str, object],
    digest: str,
    record: Mapping[str, object] | None = None,
    where: Mapping[str, object] | None = None,
) -> str:
    """A Python script that estimates again and checks the fingerprint of the data.

    ``columns`` and ``where`` are the arguments of ``read_panel``, ``options`` those of ``Options``, as JSON values;
    ``record`` is that of the draw of the waves, if there was one.
    """
    draw = "None"
    if record:
        draw = f"RecordedDraw.of(json.loads({json.dumps(record, ensure_ascii=False)!r}), options['draws'])"
    texts = (json.dumps(dict(d), ensure_ascii=False) for d in (columns, options, where or {}))
    column_text, option_text, where_text = texts
    return (
        "import json\n"
        "import sys\n\n"
        "from essaim.evaluation import Options, RecordedDraw, estimate\n"
        "from essaim.evaluation.pushdown import read_panel\n\n"
        f"columns = json.loads({column_text!r})\n"
        f"options = json.loads({option_text!r})\n"
        "try:\n"
        f"    panel = read_panel({panel!r}, columns, **json.loads({where_text!r}))\n"
        "except ValueError as error:\n"
        "    sys.exit(f'{error} Lancez ce script là où le panel se lit, depuis le dossier où il a été écrit.')\n"
        f"result = estimate(panel, Options(**options), {draw})\n"
        f"if result.provenance['panel_sha256'] != {digest!r}:\n"
        "    sys.exit('Ce n’est plus le même panel : les données ont changé.')\n"
        "print(json.dumps(result.to_json(), ensure_ascii=False, indent=2))\n"
    )
