"""The Word file of a report says what its page says: reservations, decisions, tables."""

import io
import re
from html import unescape

import docx
import polars as pl
import pytest
from django.urls import reverse

from essaim.evaluation.simulate import Scenario, simulate
from essaim.platform.evaluations import panels, services
from tests.platform.test_evaluations_for_whom import GIVEN


@pytest.fixture
def plan(make, evaluated_programme):
    """The plan of a programme that its evaluator, logged in, may answer; one site has opened."""
    make.site(evaluated_programme, stage="open")
    return make.plan(evaluated_programme)


def _texts(client, estimated) -> list[str]:
    url = reverse("evaluations:download", args=[estimated.plan.programme.slug, estimated.pk, "docx"])
    document = docx.Document(io.BytesIO(client.get(url).content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return [*(paragraph.text for paragraph in document.paragraphs), *cells]


def _lines_of_page(client, estimated) -> set[str]:
    """The sentences, headings, cells and items of the report on the page."""
    url = reverse("evaluations:report", args=[estimated.plan.programme.slug, estimated.pk])
    body = client.get(url).content.decode().split("</header>")[-1].split("Emporter, vérifier")[0]
    found = re.findall(r"<(?:p|h2|h3|li|th|td|dd)(?: [^>]*)?>([^<]+)</", body)
    return {unescape(line).strip() for line in found}


def test_word_holds_every_line_of_the_page(make, plan, client, with_checks) -> None:
    kind = pl.when(pl.col("unit").str.ends_with("1")).then(pl.lit("rural")).otherwise(pl.lit("urbain"))
    frame = simulate(Scenario(units=60, waves=(8, 8, 10), effect=1.0)).with_columns(type=kind)
    draft = panels.from_one_file(("p.csv", frame.write_csv().encode()))
    frozen = services.freeze_plan(plan)
    panel = services.add_panel(frozen, draft, title="P", source="Simulation", by=make.user())
    services.note_departure(frozen, what="Une vague de moins", why="Abandon", by=make.user())
    estimated = services.run_estimate(panel, by=make.user())
    client.post(reverse("evaluations:cost", args=[plan.programme.slug, estimated.pk]), GIVEN)
    estimated.refresh_from_db()
    text = "\n".join(_texts(client, estimated))
    for line in _lines_of_page(client, estimated) - {"En image"}:
        assert line.rstrip(".") in text or line.rstrip(".").lower() in text
    for line in (
        "1 site avait déjà ouvert quand le plan a été gelé.",
        "Une vague de moins – Abandon",
        "Revoir le protocole.",
        "urbain − rural",
        "Une unité d’effet vaut (euros)",
    ):
        assert line in text


def test_word_does_not_call_drawn_waves_that_do_not_follow_the_draw(make, plan, client) -> None:
    frozen = services.freeze_plan(plan)
    make.draw(frozen, "held")
    estimated = services.run_estimate(make.panel(frozen), by=make.user())
    text = "\n".join(_texts(client, estimated))
    assert "Tirées au sort" in text and "Ce panel ne suit pas le tirage" in text
