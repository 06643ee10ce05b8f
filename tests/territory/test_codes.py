"""The shipped reference: counts of the vintage, memberships, codes that are no longer communes."""

import pytest

from essaim.territory import codes


def test_the_reference_holds_every_level_of_the_2026_vintage() -> None:
    counts = {level: len(codes.territories(level)) for level in codes.LEVELS}
    assert counts == {"commune": 34_969, "epci": 1_255, "departement": 109, "region": 26}


def test_a_commune_knows_its_department_region_and_epci() -> None:
    ajaccio = codes.commune("2A004")
    assert (ajaccio.name, ajaccio.department) == ("Ajaccio", "2A")
    assert codes.parent("2A004", "region") == "94"
    assert codes.epci(codes.parent("2A004", "epci") or "").kind == "CA"


def test_every_code_is_text_with_its_leading_zero() -> None:
    assert all(len(code) == 5 for code in codes.communes())
    assert "01001" in codes.communes()


@pytest.mark.parametrize("level", ["epci", "departement", "region"])
def test_the_members_of_a_level_share_out_communes_without_overlap(level: codes.Level) -> None:
    every = [c for code in codes.territories(level) for c in codes.members(level, code)]
    assert len(every) == len(set(every))
    outside = set(codes.communes()) - set(every)
    assert outside <= {c for c in codes.communes() if c[:2] in ("97", "98")} | {
        "22016",
        "29083",
        "29155",
        "85113",
    }


def test_the_population_of_a_territory_is_the_sum_of_its_communes() -> None:
    total = sum(codes.population("departement", d) or 0 for d in codes.territories("departement"))
    assert total == sum(c.population or 0 for c in codes.communes().values())
    assert codes.population("commune", "75056") == 2_103_778  # INSEE, populations de référence 2023


def test_arrondissements_and_merged_communes_fold_to_today() -> None:
    assert {codes.fold(c) for c in ("75101", "75120")} == {"75056"}
    assert codes.fold("13216") == "13055"
    assert codes.fold("69389") == "69123"
    assert codes.fold("01018") == "01033"  # Châtillon-en-Michaille, in Valserhône since 2019


def test_no_former_code_is_a_commune_and_each_leads_to_one() -> None:
    assert not set(codes.former_codes()) & set(codes.communes())
    assert all(f.commune in codes.communes() for f in codes.former_codes().values())


def test_what_is_unknown_is_none_and_never_zero() -> None:
    assert codes.commune("15031").area_km2 is None  # re-created in 2025, after the outlines' vintage
    assert codes.territory("departement", "987").area_km2 is None
    assert codes.departement("15").area_km2 == pytest.approx(5_726, rel=0.01)  # INSEE: 5 726 km²


def test_areas_agree_with_the_official_ones() -> None:
    mainland = sum(
        t.area_km2 or 0 for t in codes.territories("region").values() if not t.overseas and t.code < "975"
    )
    assert mainland == pytest.approx(543_940, rel=0.012)  # INSEE, cadastre (without large waters)


def test_an_unknown_code_says_how_to_mend_it() -> None:
    with pytest.raises(codes.UnknownCode, match=r"2A et 2B"):
        codes.departement("20")
    with pytest.raises(codes.UnknownCode, match=r"aujourd’hui : Paris \(75056\)"):
        codes.commune("75112")
    with pytest.raises(codes.UnknownCode, match="zéro initial"):
        codes.commune("1001")


def test_a_label_tells_homonyms_apart() -> None:
    assert codes.territory("commune", "97411").label == "Saint-Denis (974)"
    assert codes.territory("commune", "93066").label == "Saint-Denis (93)"


def test_the_vintage_names_sources_and_licences() -> None:
    assert all({"name", "version", "licence"} <= set(s) for s in codes.vintage()["sources"])
