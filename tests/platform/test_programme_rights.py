"""Rights on a programme follow the dated roles of organisations."""

from essaim.platform.programmes import services
from essaim.platform.programmes.permissions import roles_on_programme


def test_the_head_of_network_today_has_the_networks_rights(make) -> None:
    head = make.organisation()
    programme = make.programme(head=head)
    assert "network" in roles_on_programme(make.member(head), programme)
    assert "animator" in roles_on_programme(make.member(head, role="animator"), programme)


def test_a_role_that_has_ended_gives_nothing(make) -> None:
    former = make.organisation()
    programme = make.programme()
    services.add_role(programme, former, "co_steerer", start="2015-05", end="2017")
    assert roles_on_programme(make.member(former), programme) == {"public", "member"}


def test_a_sponsor_reads_as_a_funder(make) -> None:
    ministry = make.organisation(kind="authority")
    programme = make.programme()
    services.add_role(programme, ministry, "sponsor", start="2018")
    assert "funder" in roles_on_programme(make.member(ministry), programme)
