"""Loads the demonstration through the services, as users would; a second load changes nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import transaction

from essaim.platform.audit import writing_as
from essaim.platform.community import services as community
from essaim.platform.demo import history, official, targeting
from essaim.platform.demo.people import LOADER, PASSWORD, PEOPLE, Person
from essaim.platform.demo.stories import STORIES, STRUCTURES
from essaim.platform.organisations import services as organisations
from essaim.platform.programmes import services as programmes
from essaim.platform.sites import services as sites

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User

Say = Callable[[str], None]


class NotTheDemonstration(RuntimeError):
    """Demonstration accounts have a public password: they are never created on a real site."""


def load(say: Say, data: Path | None = None) -> None:
    """Load programmes, accounts, simulated histories, and targeting studies on real data; ``data``: a folder of
    official files, brought in first.

    Raises ``NotTheDemonstration`` outside the demonstration's settings.
    """
    if not settings.DEMO:
        raise NotTheDemonstration("La démonstration ne se charge que sous ses propres réglages.")
    loader = _loader()
    with writing_as(loader):
        for folder in sorted(settings.PROGRAMMES_DIR.glob("*/protocol.yaml")):
            load_programme(folder.parent, loader, say)
        say("Programmes : les treize protocoles sont chargés.")
        community.load_event(settings.PROGRAMMES_DIR / "rencontre-2022.yaml")
        with transaction.atomic():
            _accounts()
        say("Comptes d’essai : prêts.")
        for programme in programmes.all_programmes():
            sites.load_known_sites(programme, programme.known_sites)
        with transaction.atomic():
            _evaluator()
    people_of = {person.organisation: get_user_model().objects.get(email=person.email) for person in PEOPLE}
    for title in history.play_all(people_of):
        say(f"Histoire simulée : {title}.")
    heads = {story.programme: get_user_model().objects.get(email=story.head) for story in STORIES}
    if data is not None:
        with writing_as(loader):
            official.bring_folder(data, loader, say)
    for title in targeting.make_studies(heads, loader):
        say(f"Étude : {title}.")


def load_programme(folder: Path, loader: "User", say: Say) -> None:
    """Load a shipped programme; a database that holds another text under the same number keeps its own."""
    try:
        with transaction.atomic():
            programmes.load_folder(folder, by=loader)
    except ValidationError as error:
        if folder.name not in {programme.slug for programme in programmes.all_programmes()}:
            raise
        say(f"{' '.join(error.messages)} Cette base garde le sien.")


def people() -> tuple[Person, ...]:
    """Who may enter in one click: the accounts of the demonstration, nobody elsewhere."""
    return PEOPLE if settings.DEMO else ()


def _loader() -> "User":
    """The account in whose name the demonstration is loaded; nobody can log in with it."""
    users = get_user_model().objects
    known = users.filter(email=LOADER).first()
    return known or users.create_user(LOADER, None, name="Chargement de la démonstration", is_active=False)


def _accounts() -> None:
    users = get_user_model().objects
    password = make_password(PASSWORD)  # slow on purpose, and the same for all: once is enough
    for slug, (name, kind) in STRUCTURES.items():
        if organisations.find_organisation(slug) is None:
            organisations.create_organisation(slug=slug, name=name, kind=kind, simulated=True)
    for person in PEOPLE:
        if users.filter(email=person.email).exists():
            continue
        user = users.create_user(person.email, name=person.name)
        user.password = password
        user.save()
        organisation = organisations.organisation_by_slug(person.organisation)
        organisations.add_member(organisation, user, person.role, person.regions)


def _evaluator() -> None:
    """The evaluation team of the demonstration evaluates the programmes of the thread."""
    team = organisations.organisation_by_slug("equipe-d-evaluation-d-essai")
    for story in STORIES:
        programme = programmes.programme_by_slug(story.programme)
        if not any(role.organisation_id == team.pk for role in programme.roles.all()):
            programmes.add_role(programme, team, "evaluator")
