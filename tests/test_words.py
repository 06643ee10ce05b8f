"""Sentences of the core in another language than French, and the habit that makes it possible."""

import ast
import copy
import json
import pickle
from pathlib import Path

import pytest

import essaim
from essaim.evaluation import EvaluationError
from essaim.evaluation.errors import some
from essaim.words import FRENCH, Told, Words, heard, kept, together, told, told_count

CORE = Path(essaim.__file__).parent
ENGLISH = {
    "Vague %(wave)s : %(value)s, %(why)s.": "Wave %(wave)s: %(value)s, %(why)s.",
    "trop peu d’unités": "too few units",
    "%(names)s et %(count)s autre": "%(names)s and %(count)s other",
    "%(names)s et %(count)s autres": "%(names)s and %(count)s others",
}
WORDS = Words(lambda text: ENGLISH.get(text, text), lambda a, b, n: ENGLISH[a if n == 1 else b], ".")
SAID = told("Vague %(wave)s : %(value)s, %(why)s.", wave=2, value=1.5, why=told("trop peu d’unités"))


def test_a_sentence_is_french_and_can_be_told_again() -> None:
    assert SAID == "Vague 2 : 1,5, trop peu d’unités."
    assert WORDS.again(SAID) == "Wave 2: 1.5, too few units."
    assert FRENCH.again(SAID) == SAID


def test_a_text_that_was_not_told_is_looked_for_as_it_is() -> None:
    assert WORDS.again("trop peu d’unités") == "too few units"
    assert WORDS.again("100 % ainsi") == "100 % ainsi"


def test_the_plural_is_that_of_the_language() -> None:
    assert some(["a", "b", "c"], 1) == "a et 2 autres"
    assert WORDS.again(some(["a", "b"], 1)) == "a and 1 other"
    assert told_count("%(count)s vague", "%(count)s vagues", 0) == "0 vague"


@pytest.mark.parametrize("again", [copy.deepcopy, lambda said: pickle.loads(pickle.dumps(said))])
def test_copies_remember_how_they_were_made(again: object) -> None:
    assert WORDS.again(again(SAID)) == WORDS.again(SAID)  # type: ignore[operator]


def test_what_is_kept_as_json_is_heard_again() -> None:
    stored = json.loads(json.dumps([kept(SAID), kept(together([SAID, "b"], " ; ")), kept("tel quel")]))
    assert [WORDS.again(heard(one)) for one in stored] == [
        "Wave 2: 1.5, too few units.",
        "Wave 2: 1.5, too few units. ; b",
        "tel quel",
    ]


def test_an_error_says_its_sentence() -> None:
    error = EvaluationError("Il manque %(missing)s.", missing="pre")
    assert str(error) == "Il manque pre."
    assert isinstance(error.said, Told)
    assert EvaluationError("100 %").said == "100 %"
    assert isinstance(EvaluationError(error.said).said, Told)


@pytest.mark.parametrize("package", ["evaluation", "protocol", "rollout"])
def test_no_error_is_worded_in_a_way_that_only_french_can_say(package: str) -> None:
    """Errors take a constant, a template with values, or a sentence already told: no f-string, no sum of texts."""
    wrong = []
    for path in sorted((CORE / package).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if call and node.func.id in {
                "EvaluationError",
                "OutsideLatitude",
                "PanelError",
                "RolloutError",
                "SaidError",
                "told",
            }:  # type: ignore[union-attr]
                first = node.args[0]  # type: ignore[union-attr]
                if isinstance(first, ast.JoinedStr | ast.BinOp):
                    wrong.append(f"{path.name}:{first.lineno}")
    assert wrong == []
