"""The site in English: what a reader whose browser asks for English sees, and the catalogue behind it."""

import io
import re
from collections import Counter
from collections.abc import Iterator
from html import unescape

import pytest
from babel.messages.catalog import Message
from babel.messages.mofile import write_mo
from django.test import Client
from django.urls import reverse
from django.utils import translation

from essaim.platform.dates import in_words
from essaim.platform.programmes.forms_protocol import FIELDS
from essaim.platform.toolbox.forms import ToolForm
from scripts import translations

ENGLISH = {"Accept-Language": "en"}
PAGES = [
    ("home", "To spread is not to copy: it is to graft."),
    ("cycle", "What was learnt, and the change it suggests for the protocol."),
    (
        "teachings",
        "A structure joins a spread when all its teams are mobilised; funding helps, without being enough.",
    ),
    ("account_login", "An account is opened by an invitation from your organisation."),
    ("programmes:programmes", "Social innovations that spread"),
    ("community:events", "Meetings"),
]
PLACEHOLDERS = re.compile(r"%\(\w+\)[sd]|%%|\{\w*\}|</?\w[^>]*>")


@pytest.fixture(autouse=True)
def _language_given_back() -> Iterator[None]:
    """A request leaves its language active in the thread: the next test must not inherit it."""
    with translation.override("fr"):
        yield


def _texts() -> list[Message]:
    return [message for message in translations.read() if message.id]


def _pairs(message: Message) -> list[tuple[str, str]]:
    """French and English, form by form."""
    if isinstance(message.id, tuple):
        return list(zip(message.id, message.string, strict=True))
    return [(message.id, str(message.string))]


def test_no_screen_quotes_an_option_of_the_command_line() -> None:
    """Only a whole command may be quoted: who reads a screen has no options to give."""
    texts = {text for message in _texts() for pair in _pairs(message) for text in pair}
    assert [text for text in texts if re.search(r"(^|\s)--[a-z]", text) and "essaim " not in text] == []


def test_french_signs_hold_to_their_words() -> None:
    assert translation.gettext("Supprimer « %(event)s » ?") == "Supprimer «\xa0%(event)s\xa0»\u202f?"
    assert translations.spaced("Voir https://x.fr/a?b : 3 %%, %(x)s ; oui") == (
        "Voir https://x.fr/a?b\xa0: 3\xa0%%, %(x)s\u202f; oui"
    )
    breakable = re.compile(r"« | »| [:;?!](?:\s|$)")
    for french, _english in (pair for message in _texts() for pair in _pairs(message)):
        assert not breakable.search(translations.spaced(french)), french


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "sentence"), PAGES, ids=[name for name, _ in PAGES])
def test_a_public_page_reads_in_english(client: Client, name: str, sentence: str) -> None:
    page = unescape(client.get(reverse(name), headers=ENGLISH).content.decode())
    assert '<html lang="en">' in page
    assert sentence in page
    assert "Skip to content" in page


@pytest.mark.django_db
@pytest.mark.parametrize("name", [name for name, _ in PAGES])
def test_no_french_sentence_of_the_screens_is_left_in_an_english_page(client: Client, name: str) -> None:
    page = unescape(client.get(reverse(name), headers=ENGLISH).content.decode())
    sentences = [
        french
        for message in _texts()
        for french, english in _pairs(message)
        if " " in french and french not in english and not PLACEHOLDERS.search(french)
    ]
    assert [french for french in sentences if f">{french}<" in page] == []


def test_the_desk_of_a_network_head_reads_in_english(make, login) -> None:
    programme = make.programme("Programme en français", head=(head := make.organisation()))
    page = unescape(login(make.member(head)).get(reverse("home"), headers=ENGLISH).content.decode())
    assert "What I have to do" in page
    assert "Log out" in page
    assert programme.title in page


@pytest.mark.django_db
def test_the_choice_of_a_language_outweighs_what_the_browser_asks(client: Client) -> None:
    client.post(reverse("set_language"), {"language": "fr", "next": "/"})
    page = unescape(client.get(reverse("home"), headers=ENGLISH).content.decode())
    assert '<html lang="fr">' in page
    assert "c’est faire greffe" in page


@pytest.mark.django_db
def test_french_is_served_when_nothing_is_asked(client: Client) -> None:
    assert '<html lang="fr">' in client.get(reverse("home")).content.decode()


def test_the_words_of_the_core_read_in_english(make, login) -> None:
    programme = make.programme(head=(head := make.organisation()))
    study = make.study(programme)
    address = reverse("territories:criteria", args=[programme.slug, study.pk])
    page = unescape(login(make.member(head)).get(address, headers=ENGLISH).content.decode())
    assert "declared local interest" in page
    assert "intérêt local déclaré" not in page


def test_a_help_with_values_reads_in_the_language_of_the_page() -> None:
    helps = [ToolForm.base_fields["file"].help_text, dict(FIELDS["parameters"])["unit"](None).help_text]
    with translation.override("en"):
        said = [str(text) for text in helps]
    assert said[0].startswith("Kinds accepted: ")
    assert said[1].startswith("For a duration: ")


def test_a_date_reads_in_the_language_of_the_page() -> None:
    with translation.override("en"):
        assert in_words("2022-03") == "March 2022"
    with translation.override("fr"):
        assert in_words("2022-03") == "mars 2022"


def test_every_text_of_the_catalogue_has_its_english() -> None:
    assert translations.missing(translations.read()) == []


def test_english_keeps_the_placeholders_and_marks_of_the_french() -> None:
    changed = [
        (french, english)
        for message in _texts()
        for french, english in _pairs(message)
        if Counter(PLACEHOLDERS.findall(french)) != Counter(PLACEHOLDERS.findall(english))
    ]
    assert changed == []


def test_english_uses_english_punctuation() -> None:
    """No French quotation marks, no space before a colon, a semicolon, a question mark or a percent sign."""
    french_habits = re.compile(r"[«»]|\w[ \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}][:;?!%](?!\()")
    texts = [english for message in _texts() for _french, english in _pairs(message)]
    examples = {text for text in texts if "0 ; 40" in text}  # shows what to type
    assert [text for text in texts if french_habits.search(text) and text not in examples] == []


def test_the_compiled_catalogue_is_the_written_one() -> None:
    compiled = io.BytesIO()
    write_mo(compiled, translations.read())
    assert compiled.getvalue() == translations.MO.read_bytes()
