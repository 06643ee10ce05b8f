"""Public pages of programmes and protocols: what is known, what is not, on screen and on paper."""

import builtins
import io

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from docx import Document

from essaim.platform.programmes import services
from essaim.protocol import loads


@pytest.fixture
def programme(make):
    programme = make.programme(visibility="public", title="Les ateliers")
    make.version(programme, make.protocol(unknowns=["Le coût n’est pas connu."]))
    return programme


def test_anybody_reads_the_essence_the_latitude_and_what_is_unknown(client, programme) -> None:
    page = client.get(reverse("programmes:protocol", args=[programme.slug])).content.decode()
    for words in (
        "Les habitants",
        "De 1 à 5\xa0jours.",
        "Au départ\xa0: 2\xa0jours.",
        "Le coût n’est pas connu.",
    ):
        assert words in page


def test_the_list_costs_as_much_for_many_programmes_as_for_one(
    client, make, programme, django_assert_max_num_queries
) -> None:
    for _number in range(5):
        make.version(make.programme(visibility="public"))
    with django_assert_max_num_queries(4):
        client.get(reverse("programmes:programmes"))


def test_the_word_file_holds_every_component(client, programme) -> None:
    answer = client.get(reverse("programmes:document_docx", args=[programme.slug, "1.0.0", "protocol"]))
    headings = [
        p.text for p in Document(io.BytesIO(answer.content)).paragraphs if p.style.name == "Heading 2"
    ]
    assert headings == ["Accueil", "Rythme"]


def test_the_yaml_file_is_the_protocol(client, programme) -> None:
    answer = client.get(reverse("programmes:protocol_yaml", args=[programme.slug, "1.0.0"]))
    assert loads(answer.content) == services.current_version(programme).protocol


def test_without_pango_the_pdf_names_the_packages_to_install(client, programme, monkeypatch) -> None:
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    answer = client.get(reverse("programmes:document_pdf", args=[programme.slug, "1.0.0", "protocol"]))
    assert answer.status_code == 503
    assert "libpango-1.0-0" in answer.content.decode()


def test_a_gate_needs_a_reason_and_an_existing_passage(make) -> None:
    innovation = services.spot(
        title="Idée", summary="Une idée.", owner=make.organisation(), reason="Elle plaît."
    )
    with pytest.raises(ValidationError, match="n’existe pas"):
        services.pass_gate(innovation, "generalised", reason="Vite.")
    services.pass_gate(innovation, "stopped", reason="Personne pour la porter.")
    innovation.refresh_from_db()
    assert [d.reason for d in innovation.decisions.all()] == ["Elle plaît.", "Personne pour la porter."]


@pytest.fixture
def labelled(make):
    """A programme whose protocol has a label of one requirement, reviewed by peers for three years."""
    tenir = {"id": "tenir", "text": "Tenir deux ans", "component": "rythme", "sources": ["cahier"]}
    tenir |= {"evidence": "Un bilan"}
    label = {
        "title": "Label Atelier",
        "reviewed_by": "Deux pairs",
        "valid_months": 36,
        "requirements": [tenir],
    }
    programme = make.programme(visibility="public", title="Les ateliers")
    make.version(programme, make.protocol(label=label))
    return programme


def words_of(client, programme, document, kind="document"):
    answer = client.get(reverse(f"programmes:{kind}", args=[programme.slug, "1.0.0", document]))
    if kind == "document":
        return answer.content.decode()
    file = Document(io.BytesIO(answer.content))
    cells = [cell.text for table in file.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(p.text for p in file.paragraphs), *cells])


@pytest.mark.parametrize("kind", ["document", "document_docx"])
def test_the_cahier_des_charges_says_what_is_fixed_free_and_asked(client, labelled, kind) -> None:
    words = words_of(client, labelled, "specification", kind)
    order = [
        "Ce qui est fixe",
        "Que chacun puisse entrer",
        "Ce qui est libre",
        "De 1 à 5\xa0jours.",
        "Tenir deux ans",
    ]
    assert all(one in words for one in order)
    assert (
        words.index("Ce qui est fixe")
        < words.index("Que chacun puisse entrer")
        < words.index("Ce qui est libre")
    )


@pytest.mark.parametrize("kind", ["document", "document_docx"])
def test_the_label_file_says_what_is_asked_who_reviews_until_when_and_leaves_room(
    client, labelled, kind
) -> None:
    words = words_of(client, labelled, "label", kind)
    for one in (
        "Tenir deux ans",
        "Un bilan",
        "Deux pairs",
        "36 mois",
        "Preuve jointe",
        "Personne à contacter",
    ):
        assert one in words


def test_what_the_label_does_not_say_is_to_be_asked(client, make) -> None:
    programme = make.programme(visibility="public")
    make.version(programme, make.protocol(label={"title": "Label"}))
    assert "inconnu\xa0: à demander au réseau" in words_of(client, programme, "label")


def test_the_label_file_is_a_pdf_named_after_the_programme(client, labelled) -> None:
    answer = client.get(reverse("programmes:document_pdf", args=[labelled.slug, "1.0.0", "label"]))
    assert answer.content.startswith(b"%PDF")
    assert answer["Content-Disposition"].endswith('-1.0.0-dossier-de-label.pdf"')
