"""A protocol that starts with an essence and no component: published, received, grown from what a site adds."""

from essaim.platform.programmes import adapting, services, upgrading
from essaim.platform.sites import services as sites
from essaim.protocol.adaptation import Frame

FRAME = Frame(
    what="content", when="preparation", planning="planned_proactive", decided_by=("team",), level="organisation",
    nature=("adding",), reasons=("recipient_needs",), fidelity="consistent",
)  # fmt: skip


def test_what_a_site_adds_becomes_the_first_component_and_the_site_keeps_its_own(make, writer) -> None:
    programme = make.programme()
    draft = services.start_protocol(
        programme, for_whom="Les voisins", why="S’entraider", source="Charte", by=writer
    )
    first = services.publish_draft(services.submit_draft(draft), by=writer)
    site = make.site(programme)
    sites.update_site(site, protocol_version=first)
    added = {"title": "Le café", "function": "Se rencontrer", "form": "Le mardi"}
    adapting.add_component(site, **added, frame_answers=FRAME, by=writer)

    proposal = services.propose(
        programme,
        title="Le café",
        text="Se rencontrer",
        proposed_form="Une fois par semaine",
        by=writer,
        site=site,
    )
    draft = services.accept(proposal, reason="Il fait venir.", by=writer)
    second = services.publish_draft(services.submit_draft(draft), by=writer)

    assert second.number == "1.1.0"
    assert [(c.title, c.credits[0].name) for c in second.protocol.components] == [
        ("Le café", proposal.credit)
    ]
    work = upgrading.start(site, second)
    forms = {d.addition.form for d in work.upgrade.result.decisions if d.addition}
    forms |= {
        d.addition.form for conflict in work.upgrade.conflicts for d in conflict.decisions if d.addition
    }
    assert forms == {"Le mardi"}
