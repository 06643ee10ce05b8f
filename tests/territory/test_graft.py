"""The graft test: one line of the rule a test, and a finding that reopens when the offer changes."""

from dataclasses import replace

import pytest

from essaim.territory.graft import FINDINGS, Activity, Finding, Graft, GraftError, Need, Service, graft

FARM = Activity("maraichage", "Maraîchage", ("emploi",), ("sortants",), ("legumes",))
HELP = Activity("sante", "Accès à la santé", ("sante",), ("sortants",))
NEEDS = (Need("sante", 100.0, "essai", "2024"), Need("emploi", 50.0, "essai", "2024"))


def offer(places: float | None, **more: object) -> Service:
    return Service("s1", "Acteur A", "Permanence", ("sante",), places=places, **more)  # type: ignore[arg-type]


def finding(activity: Activity, needs: tuple[Need, ...], *services: Service) -> Finding:
    return graft("33063", [activity], needs, services).verdicts[0].finding


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        (0.0, "adds"),
        (19.0, "adds"),
        (20.0, "complements"),
        (89.0, "complements"),
        (90.0, "duplicates"),
        (None, "complements"),
    ],
)
def test_the_share_of_the_need_that_is_covered_decides(places: float | None, expected: str) -> None:
    assert finding(HELP, NEEDS, offer(places)) == expected


def test_no_offer_and_a_known_need_is_an_addition() -> None:
    assert finding(HELP, NEEDS) == "adds"


def test_no_offer_and_an_unknown_need_proves_nothing() -> None:
    assert finding(HELP, ()) == "unknown"
    assert finding(HELP, (Need("sante", None, "essai", "2024"),)) == "unknown"


def test_no_need_at_all_is_a_duplicate() -> None:
    assert finding(HELP, (Need("sante", 0.0, "essai", "2024"),)) == "duplicates"


def test_selling_what_a_local_actor_sells_competes_whatever_the_need() -> None:
    farmer = Service("f1", "Ferme voisine", "Paniers", market=("legumes", "oeufs"))
    verdict = graft("33063", [FARM], NEEDS, [farmer]).verdicts[0]
    assert verdict.finding == "competes"
    assert verdict.actors == ("Ferme voisine",)
    assert "legumes" in verdict.reason


def test_a_partner_is_no_rival() -> None:
    farmer = Service("f1", "Ferme voisine", "Paniers", market=("legumes",), partner=True)
    assert finding(FARM, NEEDS, farmer) == "adds"


def test_growing_something_else_ends_the_competition() -> None:
    farmer = Service("f1", "Ferme voisine", "Paniers", market=("legumes",))
    assert finding(replace(FARM, market=("fromage",)), NEEDS, farmer) == "adds"


def test_an_offer_for_another_public_does_not_count() -> None:
    assert finding(HELP, NEEDS, offer(100.0, publics=("familles",))) == "adds"
    assert finding(HELP, NEEDS, offer(100.0, publics=("familles", "sortants"))) == "duplicates"


def test_the_actors_concerned_are_named_once() -> None:
    two = (offer(30.0), Service("s2", "Acteur A", "Équipe mobile", ("sante",), places=10.0))
    verdict = graft("33063", [HELP], NEEDS, two).verdicts[0]
    assert verdict.actors == ("Acteur A",)
    assert verdict.services == ("s1", "s2")
    assert verdict.coverage == pytest.approx(0.4)


def test_the_order_of_the_offer_changes_nothing() -> None:
    two = (offer(30.0), Service("s2", "Acteur B", "Équipe", ("sante",), places=10.0))
    assert graft("x", [HELP], NEEDS, two) == graft("x", [HELP], NEEDS[::-1], two[::-1])


def test_a_finding_is_reopened_when_the_offer_changes() -> None:
    before: Graft = graft("x", [HELP], NEEDS, [offer(30.0)])
    assert not graft("x", [HELP], NEEDS, [offer(30.0)]).changed_since(before.fingerprint)
    assert graft("x", [HELP], NEEDS, [offer(31.0)]).changed_since(before.fingerprint)


def test_activities_that_say_nothing_are_refused() -> None:
    with pytest.raises(GraftError, match="deux fois"):
        graft("x", [HELP, HELP], NEEDS, [])
    with pytest.raises(GraftError, match="à quel besoin"):
        graft("x", [replace(HELP, themes=())], NEEDS, [])


def test_every_finding_has_its_french_words() -> None:
    assert set(FINDINGS) == {"adds", "complements", "duplicates", "competes", "unknown"}
