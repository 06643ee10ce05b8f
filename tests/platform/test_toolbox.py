"""Tools are versioned, forked with their lineage, offered back, and their users are told; no active file enters."""

import io
import zipfile

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.test import override_settings
from django.urls import reverse

from essaim.platform.programmes import services as programmes
from essaim.platform.toolbox import services
from essaim.platform.toolbox.files import check_file


def text(content="Bonjour", name="fiche.txt"):
    return ContentFile(content.encode(), name=name)


def office(*names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return ContentFile(buffer.getvalue(), name="fiche.docx")


@pytest.fixture
def tool(make, writer):
    programme = make.programme()
    make.version(programme)
    return services.add_tool(programme, title="Fiche d’accueil", file=text(), by=writer)


@pytest.fixture
def structure(make):
    return make.organisation("Accueil", kind="structure")


@pytest.fixture
def site(make, tool, structure):
    return make.site(tool.programme, name="Bourg", structures=[structure])


@pytest.mark.parametrize(
    "file",
    [
        ContentFile(b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", name="dessin.svg"),
        ContentFile(b"<html></html>", name="page.html"),
        ContentFile(b"MZ\x90", name="programme.exe"),
        ContentFile(b"<html></html>", name="faux.pdf"),
        ContentFile(b"\x00\x01", name="fiche.txt"),
        ContentFile(b"", name="vide.txt"),
        ContentFile(b"PK\x03\x04abime", name="abime.docx"),
        office("[Content_Types].xml", "word/vbaProject.bin"),
        office("n’importe quoi"),
    ],
    ids=lambda file: file.name,
)
def test_what_is_active_or_not_what_it_says_does_not_enter(file) -> None:
    with pytest.raises(ValidationError):
        check_file(file)


def test_a_plain_office_document_enters() -> None:
    check_file(office("[Content_Types].xml", "word/document.xml"))


@override_settings(MAX_UPLOAD_BYTES=3)
def test_a_file_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(ValidationError, match="dépasse"):
        check_file(text())


def test_a_version_is_a_file_or_a_link(tool, writer) -> None:
    with pytest.raises(ValidationError, match="un fichier ou un lien"):
        services.add_version(tool, by=writer)
    assert services.add_version(tool, by=writer, url="https://exemple.test/outil").number == 2


def test_a_version_does_not_change(tool) -> None:
    with pytest.raises(ValidationError, match="ne change plus"):
        tool.latest.save()


def test_a_file_is_given_to_be_saved_and_never_shown(tool, make, login) -> None:
    client = login(make.member(tool.programme.roles.first().organisation))
    response = client.get(reverse("toolbox:download", args=[tool.programme.slug, tool.pk, 1]))
    assert response["Content-Disposition"].startswith("attachment")
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == (
        "application/octet-stream", "nosniff",
    )  # fmt: skip
    assert b"".join(response.streaming_content) == b"Bonjour"


def test_a_fork_keeps_its_lineage_and_its_own_life(tool, site, writer) -> None:
    own = services.fork(tool.latest, site, by=writer)
    services.add_version(own, by=writer, file=text("Salut"), note="Plus simple")
    assert (own.origin, own.latest.number, tool.latest.number) == (tool.latest, 2, 1)
    assert own.versions.get(number=1).source == tool.latest


def test_an_accepted_offer_becomes_the_next_version_of_the_network_with_credit(tool, site, writer) -> None:
    own = services.fork(tool.latest, site, by=writer)
    services.add_version(own, by=writer, file=text("Salut"))
    proposal = services.offer(own, text="Plus simple à remplir.", by=writer)
    draft = programmes.accept(proposal, reason="Utile à tous.", by=writer)
    assert tool.latest.note == "Reprise de Bourg, Écriture."
    assert tool.latest.source == own.latest
    (named,) = draft.protocol.tools
    assert (named.title, named.version) == ("Fiche d’accueil", "2")
    assert programmes.examine_draft(draft).is_ready


def test_a_version_is_offered_once(tool, site, writer) -> None:
    own = services.fork(tool.latest, site, by=writer)
    services.offer(own, text="Voilà.", by=writer)
    with pytest.raises(ValidationError, match="déjà proposée"):
        services.offer(own, text="Encore.", by=writer)


def test_those_who_use_or_forked_a_tool_are_told_when_it_moves(tool, site, structure, make, writer) -> None:
    person = make.member(structure)
    services.use(tool, site)
    own = services.fork(tool.latest, site, by=writer)
    assert services.todo_for(person) == []
    services.add_version(tool, by=writer, file=text("Mieux"))
    assert len(services.todo_for(person)) == 2
    services.use(tool, site)
    services.catch_up(own)
    assert services.todo_for(person) == []


def test_a_receiver_uses_and_forks_on_the_screen(tool, site, structure, make, login) -> None:
    client = login(make.member(structure))
    args = [tool.programme.slug, tool.pk]
    client.post(reverse("toolbox:use", args=args), {"site": site.pk})
    client.post(reverse("toolbox:fork", args=args), {"site": site.pk})
    page = client.get(reverse("toolbox:tool", args=args)).content.decode()
    assert "utilise la version 1" in page and "Ce que des sites en ont fait" in page


def test_the_toolbox_is_read_in_few_queries(tool, make, login, writer, django_assert_max_num_queries) -> None:
    for name in "abc":
        services.add_tool(tool.programme, title=name, file=text(), by=writer)
    client = login(make.member(tool.programme.roles.first().organisation))
    with django_assert_max_num_queries(12):
        client.get(reverse("toolbox:tools", args=[tool.programme.slug]))
