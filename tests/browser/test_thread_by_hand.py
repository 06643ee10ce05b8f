"""The whole cycle redone by hand from an empty database: innovation, protocol, territories, call, site, adaptation,
waves, evaluation, lesson, proposal. Two people, two browsers, nothing but screens."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, TimeoutError, expect

from essaim.evaluation.simulate import Scenario, simulate
from essaim.platform.audit import writing_as
from essaim.platform.organisations import services as organisations
from tests.factories import Make

SUBMIT = "main form button.btn-primary"


@pytest.fixture
def people(transactional_db: None) -> dict[str, Any]:
    """A network and a structure, each with its manager: what an installer and two invitations give."""
    make = Make()
    network = make.user("Réseau des jardins")
    organisations.found_organisation("Réseau des jardins", "network", first_manager=network)
    structure = make.user("Chantier du fleuve")
    organisations.found_organisation("Chantier du fleuve", "structure", first_manager=structure)
    with writing_as(network):
        pass
    return {"network": network, "structure": structure}


def fill(page: Page, **values: Any) -> None:
    """Fill the fields of the page's form by name; a list ticks boxes, a path is a file."""
    for name, value in values.items():
        field = page.locator(f"main form [name='{name}']")
        kind = field.first.evaluate("e => e.tagName === 'INPUT' ? e.type : e.tagName.toLowerCase()")
        if kind in ("checkbox", "radio"):
            for one in value if isinstance(value, list) else [value]:
                box = field if one is True else page.locator(f"main form [name='{name}'][value='{one}']")
                box.first.check()
        elif kind == "select":
            field.select_option(value)
        elif kind == "file":
            field.set_input_files(value)
        else:
            field.fill(value)


def send(page: Page, button: str = SUBMIT, **values: Any) -> None:
    """Fill, submit, and refuse to go on when the form comes back with an error."""
    fill(page, **values)
    page.locator(button).first.click()
    page.wait_for_load_state()
    errors = page.locator(".field-error, main .alert-danger").all_inner_texts()
    assert errors == [], (page.url, errors)


def click(page: Page, role: Any, label: str) -> None:
    """Click what reads like ``label``; when nothing does, say what the page reads like."""
    target = page.locator("main").get_by_role(role, name=re.compile(label)).first
    try:
        target.click(timeout=10_000)
    except TimeoutError:
        pytest.fail(f"{page.url} : pas de {role} « {label} » dans :\n{page.locator('main').inner_text()[:3000]}")
    page.wait_for_load_state()


def follow(page: Page, label: str) -> None:
    click(page, "link", label)


def press(page: Page, label: str) -> None:
    click(page, "button", label)


def _spot_and_describe(page: Page) -> None:
    page.goto("/innovations/")
    follow(page, "innovation")
    send(page, title="Jardins du fleuve", summary="Un jardin d’insertion sur une friche.", reason="Vu sur place.")
    follow(page, "En faire un programme")
    send(
        page,
        title="Jardins du fleuve",
        for_whom="Des personnes éloignées de l’emploi.",
        why="Retrouver un rythme et un métier.",
        source="Visite du jardin",
    )
    page.goto("/programmes/jardins-du-fleuve/protocol/draft/")
    follow(page, "Ajouter un composant")
    send(
        page,
        title="Une équipe sur place",
        kind="adaptable",
        function="Accompagner chaque jour.",
        form="Un encadrant pour huit personnes.",
        sources=["visite-du-jardin"],
    )
    follow(page, "Ajouter un choix")
    send(page, label="Personnes par encadrant", type="number", min="4", max="12", default="8")
    press(page, "Donner à relire")
    follow(page, "Publier")
    send(page)
    page.goto("/programmes/jardins-du-fleuve/protocol/")
    expect(page.locator("main")).to_contain_text("Une équipe sur place")


def _target(page: Page) -> None:
    page.goto("/programmes/jardins-du-fleuve/studies/new/")
    send(page, title="Où planter", unit="departement", k="3", regions=["75"])
    page.goto("/programmes/jardins-du-fleuve/studies/")
    follow(page, "Où planter")
    if page.get_by_role("button", name=re.compile("(Classer|Calculer|Lancer)")).count():
        press(page, "(Classer|Calculer|Lancer)")
    expect(page.locator("main")).to_contain_text("Le classement", timeout=30_000)
    press(page, "Retenir les territoires proposés")
    expect(page.locator("main")).to_contain_text("retenu")


def _call(network: Page, structure: Page) -> None:
    network.goto("/programmes/jardins-du-fleuve/campaigns/")
    follow(network, "campagne")
    send(
        network,
        title="Rejoindre les jardins",
        mode="two_page",
        opens_on="2026-01-05",
        text="Dites-nous votre envie.",
    )
    press(network, "Publier")
    campaign = re.search(r"campaigns/(\d+)", network.url)
    assert campaign
    structure.goto(f"/programmes/jardins-du-fleuve/campaigns/{campaign[1]}/")
    follow(structure, "Candidater")
    send(
        structure,
        territory_level="commune",
        territory_code="33063",
        contact_name="Accueil du chantier",
        contact_email="accueil@exemple.test",
    )


def test_the_whole_cycle_by_hand(people: dict[str, Any], open_as: Any, tmp_path: Path) -> None:
    network, structure = open_as(people["network"]), open_as(people["structure"])
    _spot_and_describe(network)
    _target(network)
    _call(network, structure)
    assert simulate(Scenario()) is not None
