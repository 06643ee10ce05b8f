"""The thirteen protocols are valid, sourced, and hold the mechanism that makes each programme different."""

import pytest

from essaim.protocol import Protocol
from essaim.protocol.document import Component, Parameter
from essaim.protocol.files import load
from essaim.protocol.latitude import latitude
from tests.programmes.library import ROOT, SLUGS, protocol

OURS = "essaim"
each_programme = pytest.mark.parametrize("slug", SLUGS)


def component(slug: str, id: str) -> Component:
    found = protocol(slug).component(id)
    assert found is not None, f"{slug} n’a pas de composant {id}"
    return found


def parameter(slug: str, component_id: str, id: str) -> Parameter:
    return next(p for p in component(slug, component_id).parameters if p.id == id)


def cited(version: Protocol) -> set[str]:
    """Sources cited anywhere in a protocol."""
    found = set(version.essence.sources)
    for part in version.components:
        found.update(part.sources)
        for inner in (*part.parameters, *part.markers):
            found.update(inner.sources)
    for name in ("variants", "roles", "prerequisites", "tools", "indicators"):
        found.update(s for item in getattr(version, name) for s in item.sources)
    if version.label:
        found.update(s for item in version.label.requirements for s in item.sources)
    if version.selection:
        found.update(version.selection.sources)
        found.update(
            s for item in (*version.selection.steps, *version.selection.criteria) for s in item.sources
        )
    return found


def test_there_is_one_folder_a_programme() -> None:
    assert sorted(SLUGS) == sorted(path.parent.name for path in ROOT.glob("*/protocol.yaml"))


@each_programme
def test_the_protocol_is_valid_and_named_after_its_folder(slug: str) -> None:
    assert protocol(slug).id == slug


@each_programme
def test_the_protocol_says_what_is_unknown(slug: str) -> None:
    assert protocol(slug).unknowns


@each_programme
def test_every_marker_is_said_to_be_our_proposal(slug: str) -> None:
    markers = [marker for part in protocol(slug).components for marker in part.markers]
    assert [marker.id for marker in markers if OURS not in marker.sources] == []


@each_programme
def test_a_bound_or_a_figure_never_rests_on_our_proposal_alone(slug: str) -> None:
    alone = [
        f"{part.id}.{held.id}"
        for part in protocol(slug).components
        for held in part.parameters
        if held.type in ("number", "duration")
        and (held.min, held.max, held.default) != (None, None, None)
        and set(held.sources) <= {OURS}
    ]
    assert alone == []


@each_programme
def test_declared_sources_are_used_by_the_programme(slug: str) -> None:
    used_elsewhere = (ROOT / slug / "programme.yaml").read_text(encoding="utf-8") + (
        ROOT / slug / "sites.csv"
    ).read_text(encoding="utf-8")
    cited_here = cited(protocol(slug))
    unused = [s.id for s in protocol(slug).sources if s.id not in cited_here and s.id not in used_elsewhere]
    assert unused == []


@each_programme
def test_the_reader_finds_every_source_and_unknown_in_sources_md(slug: str) -> None:
    page = (ROOT / slug / "SOURCES.md").read_text(encoding="utf-8")
    missing = [s.id for s in protocol(slug).sources if f"`{s.id}`" not in page]
    assert missing == []
    assert [text for text in protocol(slug).unknowns if text not in page] == []


@pytest.mark.parametrize("slug", ["convergence", "tapaj", "fermes-emmaus", "tzcld"])
def test_the_programmes_of_the_demonstration_are_the_richest(slug: str) -> None:
    assert len(protocol(slug).components) >= 9


def test_seve_replaced_the_open_call_by_three_steps_and_asks_the_whole_team() -> None:
    selection = protocol("seve-emploi").selection
    assert selection is not None
    assert selection.mode == "sequenced"
    assert [step.id for step in selection.steps] == ["presentation", "journee-d-echange", "accompagnement"]
    assert component("seve-emploi", "equipe-entiere").kind == "core"


def test_seve_states_its_four_principles() -> None:
    principles = [c.id for c in protocol("seve-emploi").components if c.title.startswith("Principe ")]
    assert len(principles) == 4


def test_groupements_attach_every_label_requirement_to_the_essence() -> None:
    label = protocol("groupements-de-createurs").label
    assert label is not None
    assert [requirement.component for requirement in label.requirements] == ["essence", "essence"]


def test_acor_refuses_a_second_candidate_for_an_offer() -> None:
    held = parameter("acor", "une-offre-un-candidat", "candidats-par-offre")
    allowed = latitude(protocol("acor"), "une-offre-un-candidat", held)
    assert allowed.objection(1) is None
    assert allowed.objection(2) is not None


def test_vita_air_describes_posts_and_persons_in_one_vocabulary() -> None:
    kinds = {
        id: component("vita-air", id).kind
        for id in (
            "competences-du-poste",
            "competences-de-la-personne",
            "vocabulaire-commun",
            "correspondance",
        )
    }
    assert set(kinds.values()) == {"core"}


def test_vita_air_knows_two_waves() -> None:
    assert len(parameter("vita-air", "deux-vagues", "vague").options) == 2


def test_tapaj_has_graded_and_reversible_thresholds() -> None:
    phases = parameter("tapaj", "seuils-gradues", "phases-ouvertes")
    assert [option.id for option in phases.options] == ["phase-1", "phase-2", "phase-3"]
    assert [o.id for o in parameter("tapaj", "seuils-gradues", "retour-possible").options] == [
        "toujours-possible"
    ]
    assert parameter("tapaj", "phase-2", "duree-maximale-du-contrat").max == 3


def test_tapaj_keeps_both_age_ranges_with_their_sources() -> None:
    ages = parameter("tapaj", "public", "tranche-d-age")
    assert [option.id for option in ages.options] == ["de-16-a-25-ans", "de-18-a-25-ans"]
    assert ages.default == "de-16-a-25-ans"
    assert {"seed", "charte-tapaj"} <= set(ages.sources)


def test_tapaj_is_paid_the_same_day_carried_by_a_care_centre_and_keeps_health_data_apart() -> None:
    for id in ("paye-le-jour-meme", "portage-medico-social", "donnees-de-sante-a-part", "tissu-economique"):
        assert component("tapaj", id).kind == "core"
    carriers = parameter("tapaj", "portage-medico-social", "structure-porteuse")
    assert [option.id for option in carriers.options] == ["caarud", "csapa"]


def test_fermes_hold_non_competition_as_an_invariant_and_leave_the_crops_free() -> None:
    assert component("fermes-emmaus", "non-concurrence").kind == "core"
    assert component("fermes-emmaus", "cartographie").kind == "core"
    assert component("fermes-emmaus", "activites-agricoles").kind == "adaptable"


def test_convergence_creates_no_structure_and_covers_three_domains() -> None:
    markers = component("convergence", "collectif-de-chantiers").markers
    assert "aucune-structure-creee" in [marker.id for marker in markers]
    domains = parameter("convergence", "charges-de-partenariat", "domaines")
    assert latitude(protocol("convergence"), "charges-de-partenariat", domains).objection(("sante",))


def test_convergence_has_a_low_density_variant_starting_from_seven_chantiers() -> None:
    held = parameter("convergence", "collectif-de-chantiers", "nombre-de-chantiers")
    where = (protocol("convergence"), "collectif-de-chantiers", held)
    assert latitude(*where).default is None
    assert latitude(*where, ["low_density"]).default == 7


def test_impact_jeunes_turns_on_the_booster_and_three_criteria() -> None:
    assert component("impact-jeunes", "booster").kind == "core"
    selection = protocol("impact-jeunes").selection
    assert selection is not None
    assert [c.id for c in selection.criteria] == ["interet-local", "besoins-urgents", "ressources"]


def test_innolab_passes_four_gates_and_keeps_the_reason_of_what_stops() -> None:
    selection = protocol("innolab").selection
    assert selection is not None
    assert [step.id for step in selection.steps] == ["reperage", "accompagnement", "evaluation", "essaimage"]
    assert component("innolab", "raison-de-l-arret").kind == "core"


def test_tzcld_is_chosen_under_the_law_with_habilitation_and_non_competition() -> None:
    selection = protocol("tzcld").selection
    assert selection is not None
    assert selection.mode == "law"
    for id in ("habilitation", "exhaustivite", "non-concurrence", "evaluation-par-maturite"):
        assert component("tzcld", id).kind == "core"
    assert parameter("tzcld", "exhaustivite", "duree-sans-emploi").min == 12


def test_cites_started_with_an_essence_and_no_component() -> None:
    first = load(ROOT / "cites-de-l-emploi" / "versions" / "0.1.0.yaml")
    assert first.components == ()
    assert first.essence == protocol("cites-de-l-emploi").essence


def test_cites_second_call_is_two_pages_and_one_criterion() -> None:
    selection = protocol("cites-de-l-emploi").selection
    assert selection is not None
    assert selection.mode == "two_page"
    assert [criterion.id for criterion in selection.criteria] == ["envie"]


def test_pic_pairs_the_right_to_error_with_the_duty_to_learn() -> None:
    for id in ("droit-a-l-erreur", "devoir-d-apprendre", "capitalisation-du-portefeuille"):
        assert component("cent-pour-cent-inclusion", id).kind == "core"


def test_the_accelerator_runs_the_whole_cycle() -> None:
    core = [c.id for c in protocol("ais-emploi").components if c.kind == "core"]
    assert core == ["reperer", "selectionner", "modeliser", "essaimer", "evaluer"]


def test_tapaj_first_threshold_is_low_and_going_back_is_not_a_choice() -> None:
    tapaj = protocol("tapaj")
    for id, allowed, beyond in (("seances-par-semaine", 1, 2), ("duree-de-la-seance", 4, 7)):
        held = latitude(tapaj, "phase-1", parameter("tapaj", "phase-1", id))
        assert held.objection(allowed) is None
        assert held.objection(beyond)
    back = parameter("tapaj", "seuils-gradues", "retour-possible")
    assert [option.id for option in back.options] == [back.default]


def test_impact_jeunes_stays_between_the_ages_of_its_source() -> None:
    for id in ("age-minimal", "age-maximal"):
        held = parameter("impact-jeunes", "tranche-d-age", id)
        assert (held.min, held.max) == (13, 30)


def test_the_second_phase_of_tzcld_lasts_what_the_law_says() -> None:
    held = parameter("tzcld", "cadre-legal", "duree-de-la-deuxieme-phase")
    assert (held.min, held.max, held.unit) == (5, 5, "an")
