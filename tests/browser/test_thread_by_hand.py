"""The whole cycle redone by hand from an empty database: innovation, protocol, territories, call, site, adaptation,
waves, evaluation, lesson, proposal. Two people, two browsers, nothing but screens."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, TimeoutError, expect

from essaim.evaluation.simulate import Scenario, simulate
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
        pytest.fail(
            f"{page.url} : pas de {role} « {label} » dans :\n{page.locator('main').inner_text()[:3000]}"
        )
    page.wait_for_load_state()


def follow(page: Page, label: str) -> None:
    click(page, "link", label)


def press(page: Page, label: str) -> None:
    click(page, "button", label)


def _spot_and_describe(page: Page) -> None:
    page.goto("/innovations/")
    follow(page, "innovation")
    send(
        page,
        title="Jardins du fleuve",
        summary="Un jardin d’insertion sur une friche.",
        reason="Vu sur place.",
    )
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
    follow(page, "Retenir les territoires proposés")
    press(page, "Retenir")
    expect(page.locator("main")).to_contain_text("retenu")


def _call(network: Page, structure: Page) -> None:
    network.goto("/programmes/jardins-du-fleuve/campaigns/")
    follow(network, "Préparer une campagne")
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
    application = structure.url
    follow(structure, "Écrire les réponses")
    send(structure, wish="Nous voulons essayer.", partners="La mission locale.", motives=["need"])
    structure.goto(application)
    follow(structure, "Noter l’engagement d’une équipe")
    send(structure, team="Direction", kind="management", people="2", committed="yes")
    structure.goto(application)
    follow(structure, "Déposer la candidature")
    send(structure)
    network.goto(application)
    follow(network, "Décider")
    send(network, outcome="confirmed", reason="L’équipe et les partenaires sont là.")
    expect(network.locator("main")).to_contain_text("L’équipe et les partenaires sont là.")


def _graft_and_adapt(network: Page, structure: Page) -> None:
    network.goto("/programmes/jardins-du-fleuve/waves/")
    follow(network, "Ajouter une vague")
    send(network, number="1", title="Première vague", opens_on="2026-03", method="chosen")
    expect(network.locator("main")).to_contain_text("Première vague")
    network.goto("/programmes/jardins-du-fleuve/sites/")
    follow(network, "Ajouter un site")
    fill(network, name="Jardin de Bordeaux", level="commune", place="33063")
    fill(network, structure_names="Chantier du fleuve", opened_on="2026-03")
    network.locator("[name=wave]").select_option(index=1)
    network.locator("[name=protocol_version]").select_option(index=1)
    send(network)
    follow(network, "Ajouter un membre|membre au COPIL")
    send(network, name="Présidence du comité", role="Présidence", organisation="Commune")
    structure.goto("/")
    structure.get_by_role("link", name="Jardin de Bordeaux").first.click()
    follow(structure, "Voir et décider")
    follow(structure, "(Décider|Revoir).*Personnes par encadrant")
    fill(structure, status="adapted", value="6")
    fill(
        structure,
        frame_what="content",
        frame_when="preparation",
        frame_planning="planned_proactive",
        frame_decided_by=["team"],
        frame_level="organisation",
        frame_nature=["tailoring"],
        frame_reasons=["recipient_needs"],
        frame_reason_text="Des groupes plus petits pour commencer.",
        frame_fidelity="consistent",
    )
    send(structure)
    expect(structure.locator("main")).to_contain_text("Des groupes plus petits pour commencer.")


def _evaluate(network: Page, panel: Path) -> None:
    network.goto("/programmes/jardins-du-fleuve/evaluations/")
    follow(network, "Écrire un plan")
    send(
        network,
        question="Les jardins changent-ils le retour à l’emploi ?",
        outcome="Retour à l’emploi",
        unit="territoire × trimestre",
        comparison="Les territoires pas encore entrés.",
        waves="Une première vague choisie.",
        smallest_effect="0.5",
        if_positive="Continuer.",
        if_null="Écrire la leçon.",
        if_negative="Suspendre.",
        if_unknown="Prolonger.",
    )
    plan = network.url
    follow(network, "Geler le plan")
    send(network)
    network.goto(plan)
    follow(network, "Ajouter un panel")
    send(network, title="Panel simulé", source="Simulé pour l’essai.", outcome=panel, simulated=True)
    press(network, "Garder ce panel")
    follow(network, "Estimer les effets")
    send(network)
    expect(network.locator("main")).to_contain_text("Ce que l’on peut dire", timeout=60_000)
    expect(network.locator("main")).to_contain_text("simulé")
    follow(network, "L’écrire")
    send(
        network,
        kind="null_result",
        title="Rien de démontré à cette échelle",
        learnt="Il faut plus de territoires.",
        evidence="Le rapport du panel simulé.",
    )


def _propose(structure: Page, network: Page) -> None:
    structure.goto("/programmes/jardins-du-fleuve/proposals/")
    follow(structure, "Proposer un changement")
    send(
        structure,
        title="Dire six plutôt que huit",
        component_id="une-equipe-sur-place",
        text="Six personnes par encadrant au départ.",
        proposed_form="Un encadrant pour six personnes.",
    )
    network.goto("/programmes/jardins-du-fleuve/proposals/")
    follow(network, "Dire six plutôt que huit")
    follow(network, "Décider")
    send(network, decision="accept", reason="Plusieurs sites le disent.")
    network.goto("/programmes/jardins-du-fleuve/protocol/draft/")
    expect(network.locator("main")).to_contain_text("Dire six plutôt que huit")


def test_the_whole_cycle_by_hand(people: dict[str, Any], open_as: Any, tmp_path: Path) -> None:
    network, structure = open_as(people["network"]), open_as(people["structure"])
    panel = tmp_path / "panel.csv"
    simulate(Scenario(units=40, waves=(5, 6))).write_csv(panel)
    _spot_and_describe(network)
    _target(network)
    _call(network, structure)
    _graft_and_adapt(network, structure)
    _evaluate(network, panel)
    _propose(structure, network)
