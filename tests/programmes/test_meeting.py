"""The meeting of 22 March 2022 is held whole, counts checked by hand against its minutes."""

from typing import Any

import pytest

from tests.programmes.library import SLUGS, document, every


def meeting() -> Any:
    return document("rencontre-2022")


def section(slug: str) -> Any:
    return next(s for s in meeting()["sections"] if s["slug"] == slug)


def names(slug: str, part: str = "speaker") -> list[str]:
    return [speaker["name"] for speaker in section(slug)["speakers"] if speaker["part"] == part]


def sheets() -> list[Any]:
    return [sheet for table in meeting()["annex"] for sheet in table["sheets"]]


def test_it_is_the_sixth_edition_on_22_march_2022() -> None:
    assert (meeting()["edition"], meeting()["date"]) == (6, "2022-03-22")


def test_it_has_an_introduction_three_round_tables_and_a_conclusion() -> None:
    kinds = [s["kind"] for s in meeting()["sections"]]
    assert kinds == ["introduction", "round_table", "round_table", "round_table", "conclusion"]


def test_two_people_introduce_and_one_concludes() -> None:
    assert names("introduction") == ["Michèle Pasteur", "Rachel Krupka"]
    assert names("conclusion") == ["Jean-Marie Marx"]


@pytest.mark.parametrize(
    ("slug", "count"), [("table-ronde-1", 3), ("table-ronde-2", 4), ("table-ronde-3", 3)]
)
def test_round_tables_gather_three_four_and_three_speakers(slug: str, count: int) -> None:
    assert len(names(slug)) == count


def test_the_third_round_table_is_opened_by_maylis_dupont() -> None:
    assert names("table-ronde-3", "opening") == ["Maÿlis Dupont"]
    assert not names("table-ronde-1", "opening")


def test_the_annex_holds_ten_sheets_four_four_two() -> None:
    assert [len(table["sheets"]) for table in meeting()["annex"]] == [4, 4, 2]


def test_vita_air_has_a_sheet_by_renaud_chenon_and_no_speaker() -> None:
    sheet = next(s for s in sheets() if s["programme"] == "vita-air")
    assert sheet["presented_by"]["name"] == "Renaud Chenon"
    assert "Renaud Chenon" not in [n for s in meeting()["sections"] for n in names(s["slug"])]
    assert "vita-air" not in list(every(meeting()["sections"], "programme"))


def test_cites_and_pic_were_spoken_of_and_have_no_sheet() -> None:
    spoken = set(every(section("table-ronde-3"), "programme"))
    without = spoken - {sheet["programme"] for sheet in sheets()}
    assert without == {"cites-de-l-emploi", "cent-pour-cent-inclusion"}


def test_people_and_programmes_are_declared() -> None:
    organisations = {o["slug"] for o in document("organisations")["organisations"]}
    assert set(every(meeting(), "organisation")) <= organisations
    assert set(every(meeting(), "about")) <= organisations
    assert set(every(meeting(), "programme")) <= set(SLUGS)


def test_teachings_are_attributed_to_someone_who_spoke_in_the_section_or_to_the_round_table() -> None:
    for part in meeting()["sections"]:
        present = {speaker["name"] for speaker in part["speakers"]}
        assert {t["by"] for t in part["teachings"]} <= present | {None}


def test_quotations_are_short() -> None:
    assert [q for q in every(meeting(), "quote") if len(q.split()) > 20] == []


def test_there_are_24_teachings_numbered_in_order_with_stable_keys() -> None:
    teachings = document("teachings")["teachings"]
    assert [t["number"] for t in teachings] == list(range(1, 25))
    assert len({t["slug"] for t in teachings}) == 24


def test_every_teaching_leads_back_to_the_meeting() -> None:
    sections = {s["slug"]: s for s in meeting()["sections"]}
    for teaching in document("teachings")["teachings"]:
        said = {t["slug"]: t for slug in teaching["where"] for t in sections[slug]["teachings"]}
        assert teaching["meeting"] and set(teaching["meeting"]) <= set(said), teaching["slug"]
        people = {sp["name"] for slug in teaching["where"] for sp in sections[slug]["speakers"]}
        assert set(teaching["by"]) <= people, teaching["slug"]
        assert {said[slug]["by"] for slug in teaching["meeting"]} - {None} <= set(teaching["by"])


def test_every_teaching_says_what_the_product_lets_people_do() -> None:
    for teaching in document("teachings")["teachings"]:
        assert teaching["title"] and teaching["sentence"] and teaching["product"], teaching["slug"]
        assert set(teaching["programmes"]) <= set(SLUGS)


def test_every_speaker_of_the_round_tables_is_heard_in_a_teaching() -> None:
    for part in meeting()["sections"]:
        heard = {t["by"] for t in part["teachings"]} | {t.get("about") for t in part["teachings"]}
        silent = [s for s in part["speakers"] if s["name"] not in heard and s["organisation"] not in heard]
        assert silent == []
