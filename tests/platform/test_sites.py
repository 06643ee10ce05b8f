"""Sites: what they hold, how they pass from stage to stage, and what nobody may do to them."""

import contextlib
import re
import zlib
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from essaim.platform import audit
from essaim.platform.community.models import Lesson
from essaim.platform.organisations.models import Membership
from essaim.platform.programmes import services as programmes
from essaim.platform.sites import services
from essaim.platform.sites.models import BudgetLine, Commitment, CopilMeeting, Milestone, Wave
from essaim.platform.sites.permissions import ABILITIES, roles_on_site, visible_sites
from essaim.protocol import load

DOCUMENT = {
    "format": "essaim/adaptation/1",
    "protocol": "p",
    "version": "1.0.0",
    "site": "s",
    "decisions": [],
}


@pytest.fixture
def network(make):
    """A head of network with its programme; ``.person`` is a manager."""
    head = make.organisation()
    head.programme = make.programme("Réseau d’essai", head=head)
    head.person = make.member(head)
    return head


def _published(programme, writer):
    return programmes.publish_document(programme, load("programmes/convergence/protocol.yaml"), by=writer)


# Identity


def test_a_site_keeps_the_name_and_region_of_its_territory(make) -> None:
    site = make.site(code="33063")
    assert (site.territory_name, site.region_code) == ("Bordeaux (33)", "75")


def test_an_arrondissement_folds_to_its_commune(make) -> None:
    assert make.site(code="75112").territory_code == "75056"


def test_an_unknown_code_is_refused(make) -> None:
    with pytest.raises(ValidationError, match="99999"):
        make.site(code="99999")


def test_a_site_may_have_no_known_territory(make) -> None:
    assert make.site().territory_code == ""


def test_two_sites_of_a_programme_have_two_names(make) -> None:
    site = make.site(name="Lille")
    with pytest.raises(ValidationError, match="déjà un site de ce nom"):
        make.site(site.programme, name="Lille")


def test_a_site_takes_no_wave_of_another_programme(make) -> None:
    foreign = services.create_wave(make.programme(), number=1)
    with pytest.raises(ValidationError, match="autre programme"):
        make.site(wave=foreign)


# Stages and the end


def test_opening_a_site_dates_its_opening(make) -> None:
    site = make.site()
    services.change_stage(site, "initial", on="2024-03")
    site.refresh_from_db()
    assert (site.stage, site.opened_on) == ("initial", "2024-03")
    assert [c.to_stage for c in site.stage_changes.all()] == ["exploration", "initial"]


def test_a_site_does_not_end_by_a_change_of_stage(make) -> None:
    with pytest.raises(ValidationError, match="leçon"):
        services.change_stage(make.site(), "ended", on="2024")


def test_closing_a_site_writes_its_lesson(make, writer) -> None:
    site = make.site()
    lesson = {
        "kind": "failed",
        "title": "Trop tôt",
        "learnt": "Le tissu manquait.",
        "evidence": "Bilan de fin.",
    }
    services.close_site(site, on="2025", reason="Financement arrêté", lesson=lesson, by=writer)
    site.refresh_from_db()
    assert (site.stage, site.closed_on) == ("ended", "2025")
    assert Lesson.objects.get(programme=site.programme).closing.site == site


def test_a_site_without_a_lesson_does_not_close(make, writer) -> None:
    site = make.site()
    empty = {"kind": "failed", "title": "", "learnt": "", "evidence": ""}
    with pytest.raises(ValidationError):
        services.close_site(site, on="2025", reason="Fin", lesson=empty, by=writer)
    site.refresh_from_db()
    assert site.stage == "exploration"


def test_a_closed_site_no_longer_changes(make, network, client, writer) -> None:
    site = make.site(network.programme)
    lesson = {"kind": "failed", "title": "T", "learnt": "L", "evidence": "E"}
    services.close_site(site, on="2025", reason="Fin", lesson=lesson, by=writer)
    client.force_login(network.person)
    assert client.get(reverse("sites:detail", args=[network.programme.slug, site.pk])).status_code == 200
    assert client.get(reverse("sites:stage", args=[network.programme.slug, site.pk])).status_code == 403


def test_a_site_does_not_close_before_it_opened(make) -> None:
    with pytest.raises(ValidationError, match="avant d’avoir ouvert"):
        make.site(opened_on="2024", closed_on="2023")


# Waves


def test_a_drawn_wave_shows_its_proof(make) -> None:
    with pytest.raises(ValidationError, match="graine"):
        services.create_wave(make.programme(), number=1, method="drawn")


def test_a_chosen_wave_says_what_it_cannot_prove(make, network, client) -> None:
    services.create_wave(network.programme, number=1)
    client.force_login(network.person)
    page = client.get(reverse("sites:waves", args=[network.programme.slug])).content.decode()
    assert "ce n’est pas un essai randomisé par étapes" in page


# Adaptation


def test_revisions_are_numbered_hashed_and_never_change(make, writer) -> None:
    site = make.site()
    first = services.save_adaptation(site, DOCUMENT, writer)
    second = services.save_adaptation(site, {**DOCUMENT, "previous": first.sha256}, writer)
    assert (second.number, services.current_adaptation(site)) == (2, second)
    assert first.sha256 != second.sha256
    with pytest.raises(ValidationError, match="ne change plus"):
        first.save()


def test_two_people_do_not_overwrite_each_other(make, writer) -> None:
    site = make.site()
    first = services.save_adaptation(site, DOCUMENT, writer)
    services.save_adaptation(site, {**DOCUMENT, "previous": first.sha256, "revision": 2}, writer)
    with pytest.raises(ValidationError, match="entre-temps"):
        services.save_adaptation(site, {**DOCUMENT, "previous": first.sha256, "revision": 3}, writer)


def test_the_site_follows_the_version_its_adaptation_is_based_on(make, writer) -> None:
    programme = make.programme()
    version = _published(programme, writer)
    site = make.site(programme)
    services.save_adaptation(site, {**DOCUMENT, "version": version.number}, writer)
    site.refresh_from_db()
    assert site.protocol_version == version


# Fidelity


def test_a_receiver_fills_the_sheet_for_itself(make, network, client, writer) -> None:
    structure = make.organisation(kind="structure")
    version = _published(network.programme, writer)
    site = make.site(network.programme, structures=[structure], protocol_version=version)
    client.force_login(make.member(structure))
    url = reverse("sites:assess", args=[network.programme.slug, site.pk])
    field = next(name for name in client.get(url).context["form"].fields if name.startswith("m"))
    marker = services.markers_of(site)[0][1]
    value = {"boolean": "true", "likert": "2", "number": str(marker.scale.min or 1)}[marker.scale.type]
    client.post(url, {"at": "2026-01-05", field: value})
    entry = site.fidelity.get()
    assert (entry.assessor, entry.marker, entry.version) == ("self", marker.id, version.number)


def test_an_empty_sheet_records_nothing(make, network, client, writer) -> None:
    site = make.site(network.programme, protocol_version=_published(network.programme, writer))
    client.force_login(network.person)
    response = client.post(
        reverse("sites:assess", args=[network.programme.slug, site.pk]), {"at": "2026-01-05"}
    )
    assert "Aucun marqueur" in response.content.decode()
    assert not site.fidelity.exists()


# Rights


def test_an_animator_sees_only_the_sites_of_their_regions(make, network) -> None:
    here = make.site(network.programme, code="33063")
    there = make.site(network.programme, code="59350")
    animator = make.member(network, role="animator", regions=["75"])
    assert list(visible_sites(animator, network.programme)) == [here]
    assert roles_on_site(animator, there) == frozenset()


def test_a_receiver_of_another_site_is_a_peer_without_the_money(make, network) -> None:
    mine, other = make.organisation(kind="structure"), make.organisation(kind="structure")
    make.site(network.programme, structures=[mine])
    site = make.site(network.programme, structures=[other])
    assert roles_on_site(make.member(mine), site) == {"peer"}
    assert "view_money" not in ABILITIES["peer"]["*"]


def test_nobody_invites_themselves_into_a_structure_that_has_people(make, network) -> None:
    structure = make.organisation(kind="structure")
    make.member(structure)
    site = make.site(network.programme, structures=[structure])
    with pytest.raises(ValidationError, match="déjà des membres"):
        services.invite_receiver(site, structure, email="a@b.fr", by=network.person, link="http://x/TOKEN")


def test_a_first_person_enters_a_new_structure_by_invitation(make, network, client, mailoutbox) -> None:
    site = make.site(network.programme, structure_names=["Nouvelle structure"])
    structure = site.structures.get()
    client.force_login(network.person)
    client.post(
        reverse("sites:invite", args=[network.programme.slug, site.pk, structure.pk]), {"email": "a@b.fr"}
    )
    assert mailoutbox[0].to == ["a@b.fr"]
    assert structure.invitations.get().role == Membership.Role.MANAGER


# The table


def test_the_table_needs_no_more_queries_for_more_sites(
    make, network, client, django_assert_max_num_queries
) -> None:
    for number in range(30):
        site = make.site(network.programme, code="33063", structure_names=[f"S{number}"])
        services.save_part(Milestone(site=site), title="Étape", due=date(2020, 1, 1))
    client.force_login(network.person)
    with django_assert_max_num_queries(14):
        page = client.get(reverse("sites:sites", args=[network.programme.slug]))
    assert page.context["late"] == 30


def test_the_table_shows_the_nearest_of_the_next_step_and_the_next_meeting(make, network, client) -> None:
    site = make.site(network.programme)
    soon, later = timezone.localdate() + timedelta(days=3), timezone.localdate() + timedelta(days=9)
    services.save_part(Milestone(site=site), title="Plus tard", due=later)
    services.save_part(CopilMeeting(site=site), title="COPIL", held_on=soon)
    client.force_login(network.person)
    rows = client.get(reverse("sites:sites", args=[network.programme.slug])).context["rows"]
    assert [next_date for _site, next_date in rows] == [soon]


def test_the_table_filters_by_region(make, network, client) -> None:
    make.site(network.programme, "Ici", code="33063")
    make.site(network.programme, "Là", code="59350")
    client.force_login(network.person)
    page = client.get(reverse("sites:sites", args=[network.programme.slug]), {"region": "32"})
    assert [site.name for site, _next in page.context["rows"]] == ["Là"]


def test_a_simulated_site_says_so_in_the_table(make, network, client) -> None:
    make.site(network.programme, simulated=True)
    client.force_login(network.person)
    assert (
        "simulé</span>" in client.get(reverse("sites:sites", args=[network.programme.slug])).content.decode()
    )


# Money


def test_unknown_money_is_not_zero(make) -> None:
    from essaim.platform.sites.overview import totals

    assert totals([BudgetLine(year=2024, planned=None)]).planned is None


def test_a_commitment_that_ends_within_a_year_is_announced() -> None:
    ends = (timezone.localdate() + timedelta(days=100)).isoformat()
    assert Commitment(start="2020", end=ends).is_ending
    assert not Commitment(start="2020", end="2021").is_ending


def test_a_stranger_does_not_give_money_to_a_site(make, network, client) -> None:
    site = make.site(network.programme)
    stranger = make.member(make.organisation())
    client.force_login(stranger)
    url = reverse("sites:commitment_new", args=[network.programme.slug]) + f"?site={site.pk}"
    assert client.post(url, {"funder": "X", "start": "2024"}).status_code == 404
    assert not Commitment.objects.exists()


def test_the_funders_page_lists_what_is_unknown(make, network, client) -> None:
    make.site(network.programme, stage="open")
    client.force_login(network.person)
    unknowns = client.get(reverse("sites:funder_sheet", args=[network.programme.slug])).context["unknowns"]
    assert "Date d’ouverture inconnue pour 1 site." in unknowns


def test_the_funders_page_is_one_pdf_page(make, network, client) -> None:
    for number in (1, 2, 3):
        wave = services.create_wave(network.programme, number=number)
        make.site(network.programme, wave=wave)
    client.force_login(network.person)
    response = client.get(reverse("sites:funder_sheet_pdf", args=[network.programme.slug]))
    assert response["Content-Type"] == "application/pdf"
    assert _pages(response.content) == 1


def _pages(pdf: bytes) -> int:
    """Pages of a PDF, whose objects WeasyPrint compresses."""
    read = pdf
    for stream in re.findall(rb"stream\n(.*?)\nendstream", pdf, re.S):
        with contextlib.suppress(zlib.error):
            read += zlib.decompress(stream)
    return len(re.findall(rb"/Type ?/Page\b", read))


def test_without_pango_the_page_names_the_package(make, network, client, monkeypatch) -> None:
    monkeypatch.setattr("builtins.__import__", _without_weasyprint)
    client.force_login(network.person)
    url = reverse("sites:funder_sheet_pdf", args=[network.programme.slug])
    assert "libpango-1.0-0" in client.get(url, follow=True).content.decode()


_import = __import__


def _without_weasyprint(name, *args, **kwargs):
    if name == "weasyprint":
        raise OSError("cannot load library 'libpango-1.0-0'")
    return _import(name, *args, **kwargs)


# What waits


def test_a_receiver_sees_its_late_steps_and_a_stranger_nothing(make) -> None:
    structure = make.organisation(kind="structure")
    site = make.site(structures=[structure])
    services.save_part(Milestone(site=site), title="Réunir le quartier", due=date(2020, 1, 1))
    late = [todo for todo in services.todo_for(make.member(structure)) if todo.is_late]
    assert [todo.title for todo in late] == ["Réunir le quartier"]
    assert services.todo_for(make.member(make.organisation())) == []


def test_an_animator_sees_this_weeks_steps_of_their_region(make, network) -> None:
    soon = timezone.localdate() + timedelta(days=5)
    for name, code in (("Ici", "33063"), ("Ailleurs", "59350")):
        site = make.site(network.programme, name, code=code)
        services.save_part(Milestone(site=site), title=f"Visite {name}", due=soon)
    animator = make.member(network, role="animator", regions=["75"])
    assert [todo.title for todo in services.todo_for(animator)] == ["Visite Ici"]


def test_a_done_step_no_longer_waits(make) -> None:
    structure = make.organisation(kind="structure")
    site = make.site(structures=[structure])
    milestone = services.save_part(Milestone(site=site), title="Étape", due=date(2020, 1, 1))
    services.mark_done(milestone)
    assert "Étape" not in [todo.title for todo in services.todo_for(make.member(structure))]


# History


def test_every_change_of_a_site_is_signed(make, network) -> None:
    site = make.site(network.programme)
    with audit.writing_as(network.person):
        services.update_site(site, note="Relu")
    assert audit.history(site)[0].actor == network.person


def test_waves_are_unique_by_number(make) -> None:
    programme = make.programme()
    services.create_wave(programme, number=1)
    with pytest.raises(ValidationError):
        services.create_wave(programme, number=1)
    assert Wave.objects.filter(programme=programme).count() == 1


def test_sites_that_have_opened_are_counted_whatever_became_of_them(make) -> None:
    programme = make.programme()
    make.site(programme, "Ouvert", stage="open")
    make.site(programme, "Fermé", stage="ended", opened_on="2019", closed_on="2021")
    make.site(programme, "Projet", opened_on="2999")
    assert [site.name for site in services.opened_sites(programme)] == ["Fermé", "Ouvert"]
