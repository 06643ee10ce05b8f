"""The rules of fragility, read whole, and the questions as data."""

from dataclasses import replace
from datetime import date

import pytest
from django.core.exceptions import ValidationError

from essaim.platform.campaigns.fragility import RULES, Facts, assess
from essaim.platform.campaigns.questions import build_form, default_questions, readable, validate_questions

SOLID = Facts(
    mode="sequenced", begun_on=date(2026, 1, 5), submitted_on=date(2026, 3, 2), hurried_days=21, teams_committed=2,
    teams_refusing=(), exchange_planned=True, exchange_done=True, motives=("need", "money"), late_step="",
)  # fmt: skip


def _verdicts(facts: Facts) -> dict[str, str]:
    return {finding.rule.id: finding.verdict for finding in assess(facts)}


def test_a_prepared_application_shows_no_fragility() -> None:
    assert set(_verdicts(SOLID).values()) == {"sound"}


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("hurried", {"submitted_on": date(2026, 1, 25)}),
        ("management_alone", {"teams_committed": 0}),
        ("team_refusing", {"teams_refusing": ("Encadrement technique",)}),
        ("no_exchange", {"exchange_done": False}),
        ("money_alone", {"motives": ("money",)}),
        ("appointment_missed", {"late_step": "Présentation"}),
    ],
)
def test_each_rule_alone_shows_its_fragility(rule: str, change: dict) -> None:
    found = _verdicts(replace(SOLID, **change))
    assert [name for name, verdict in found.items() if verdict == "fragile"] == [rule]


def test_the_threshold_itself_is_not_hurried() -> None:
    assert _verdicts(replace(SOLID, submitted_on=date(2026, 1, 26)))["hurried"] == "sound"


def test_what_is_not_known_is_not_said_to_be_sound() -> None:
    found = _verdicts(replace(SOLID, submitted_on=None, motives=None))
    assert found["hurried"] == found["money_alone"] == "unknown"


def test_speed_is_no_fragility_where_the_network_asked_for_two_pages() -> None:
    assert "hurried" not in _verdicts(replace(SOLID, mode="two_page", submitted_on=SOLID.begun_on))


def test_every_rule_says_why_and_from_which_source() -> None:
    assert all(str(rule.why) and "22 mars 2022" in str(rule.source) for rule in RULES)


@pytest.mark.parametrize("mode", ["open_call", "two_page", "sequenced"])
def test_default_questions_are_valid_in_every_mode(mode: str) -> None:
    validate_questions(default_questions(mode))


@pytest.mark.parametrize(
    ("questions", "said"),
    [
        ([], "au moins une question"),
        ("du texte", "au moins une question"),
        ([{"id": "É", "label": "x", "type": "text"}], "Question 1\xa0: l’identifiant"),
        ([{"id": "a", "label": "x", "type": "text"}] * 2, "Question 2\xa0: l’identifiant «\xa0a\xa0»"),
        ([{"id": "a", "label": " ", "type": "text"}], "il manque le texte"),
        ([{"id": "a", "label": "x", "type": "fichier"}], "«\xa0fichier\xa0» n’existe pas"),
        ([{"id": "a", "label": "x", "type": "choice"}], "au moins deux réponses"),
    ],
)
def test_bad_definitions_are_refused_with_the_question_and_the_reason(questions, said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_questions(questions)
    assert said in " ".join(refused.value.messages)


def test_an_answer_out_of_the_choices_is_refused() -> None:
    question = {
        "id": "a",
        "label": "A",
        "type": "choice",
        "choices": [{"id": "x", "label": "X"}, {"id": "y", "label": "Y"}],
    }
    assert not build_form([question], {"a": "z"}).is_valid()


def test_answers_are_read_in_words() -> None:
    questions = default_questions("two_page")
    answers = readable(questions, {"motives": ["need", "money"]})
    assert answers[0].text == ""
    assert "financement" in answers[-1].text and "," in answers[-1].text
