"""Plays the simulated histories through the services, in the order of the cycle, each act by the person who would."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from essaim.evaluation.simulate import Scenario, simulate
from essaim.platform.audit import writing_as
from essaim.platform.campaigns import services as campaigns
from essaim.platform.community import services as community
from essaim.platform.demo import network_life
from essaim.platform.demo.drawn_waves import play_drawn_waves
from essaim.platform.demo.stories import ACTIVITIES, LOCAL, STORIES, Story
from essaim.platform.evaluations import services as evaluations
from essaim.platform.organisations import services as organisations
from essaim.platform.programmes import services as programmes
from essaim.platform.sites import services as sites
from essaim.platform.territories import services as territories
from essaim.protocol.adaptation import Decision, Frame, decide, new_adaptation

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User
    from essaim.platform.campaigns.models import Application
    from essaim.platform.programmes.models import Programme
    from essaim.platform.territories.models import Study


@dataclass(frozen=True, slots=True)
class Actors:
    """Who acts: the head of the network, the person of the structure that receives, the evaluator."""

    head: "User"
    receiver: "User"
    evaluator: "User"
    today: date

    def day(self, days: int) -> date:
        return self.today + timedelta(days=days)


def play_all(people: Mapping[str, "User"]) -> list[str]:
    """Play every story that has not been played yet; ``people`` gives the person of each organisation.

    Returns the titles of the programmes whose story was played now.
    """
    users = get_user_model().objects
    played = []
    for story in STORIES:
        programme = programmes.programme_by_slug(story.programme)
        if any(site.simulated for site in sites.sites_of(programme)):
            continue
        actors = Actors(
            users.get(email=story.head),
            people[story.structure],
            people["equipe-d-evaluation-d-essai"],
            timezone.localdate(),
        )
        with transaction.atomic():
            _play(story, programme, actors)
        played.append(programme.title)
    return played


def _play(story: Story, programme: "Programme", actors: Actors) -> None:
    with writing_as(actors.head):
        _choose(story, programme, actors)
        application = _call(story, programme, actors)
        site = _graft(story, programme, actors, application)
    with writing_as(actors.evaluator):
        estimate = _evaluate(story, programme, actors)
        if story.drawn:
            play_drawn_waves(programme, by=actors.evaluator, today=actors.today)
    with writing_as(actors.receiver):
        _adapt(story, programme, actors, site)
        lesson = _learn(story, programme, actors, estimate)
        programmes.propose(
            programme,
            title=story.proposal["title"],
            text=story.proposal["text"],
            component_id=story.proposal["component"],
            by=actors.receiver,
            site=site,
            lesson=lesson,
            simulated=True,
        )
    if story.programme == network_life.PROGRAMME:
        network_life.play(programme, head=actors.head, receiver=actors.receiver, today=actors.today)


def _choose(story: Story, programme: "Programme", actors: Actors) -> None:
    """A study of the region's EPCI on the real data that the product ships, left for the committee to decide."""
    title = f"Où aller ensuite : {programme.title}"
    beginning = {
        "title": title,
        "unit": "epci",
        "scope": {"regions": [story.region]},
        "criteria": territories.starting_criteria(programme, "epci"),
        "k": 5,
        "seed": 2022,
    }
    study = territories.create_study(programme, title, beginning, actors.head)
    territories.run_study(study)
    if story is STORIES[0]:
        _weigh(study, actors)
        territories.describe_graft(programme, story.territory, ACTIVITIES, LOCAL)


def _weigh(study: "Study", actors: Actors) -> None:
    """A committee of three that answered in private and now looks at what it agrees on."""
    answers = {
        actors.head: ["need >= 60%"],
        actors.receiver: ["resources >= need"],
        actors.evaluator: ["need >= 30%"],
    }
    territories.hold_session(study, actors.head, answers, simulated=True)


def _call(story: Story, programme: "Programme", actors: Actors) -> "Application":
    """A call, an application, the teams that commit one by one, a decision with its reason."""
    campaign = campaigns.create_campaign(
        programme,
        title=story.call,
        mode=story.mode,
        opens_on=actors.day(-200),
        closes_on=actors.day(120),
        text="Appel d’essai : ce que le programme demande, ce qu’il apporte, et comment on y entre.",
        simulated=True,
    )
    campaigns.publish(campaign)
    application = campaigns.apply(
        campaign,
        organisations.organisation_by_slug(story.structure),
        actors.receiver,
        begun_on=actors.day(-180),
        territory_level=story.territory[0],
        territory_code=story.territory[1],
        contact_name=actors.receiver.name,
        contact_email=actors.receiver.email,
        simulated=True,
    )
    _walk(campaign.steps, application, actors)
    asked = {question["id"] for question in application.question_set.questions}
    campaigns.save_answers(application, {key: value for key, value in story.answers.items() if key in asked})
    _teams(application, actors)
    campaigns.submit(application, actors.receiver, on=actors.day(-120))
    campaigns.decide(
        application,
        "confirmed",
        "Toutes les équipes se sont engagées et les partenaires sont connus.",
        actors.head,
        on=actors.day(-110),
    )
    return application


def _walk(steps: list[dict[str, Any]], application: "Application", actors: Actors) -> None:
    for number, step in enumerate(steps):
        campaigns.record_step(application, step["id"], actors.head, done_on=actors.day(-170 + 12 * number))


def _teams(application: "Application", actors: Actors) -> None:
    for number, (kind, team, people, committed) in enumerate(
        [
            ("management", "Direction", 2, "yes"),
            ("support", "Accompagnement social", 4, "yes"),
            ("technical", "Encadrement technique", 3, "partly"),
        ]
    ):
        campaigns.commit_team(
            application,
            kind=kind,
            team=team,
            people=people,
            committed=committed,
            on=actors.day(-150 + number),
        )


def _graft(story: Story, programme: "Programme", actors: Actors, application: "Application") -> Any:
    """A wave, a site, its COPIL and team, its milestones and its money."""
    wave = sites.create_wave(
        programme,
        number=9,
        title="Vague d’essai",
        opens_on=actors.day(-60).isoformat()[:7],
        simulated=True,
        note="Territoires choisis sur candidature, non tirés au sort.",
    )
    level, code = story.territory
    site = sites.create_site(
        programme,
        name=story.site,
        level=level,
        code=code,
        structures=[application.organisation],
        stage="initial",
        since=actors.day(-60).isoformat(),
        opened_on=actors.day(-60).isoformat(),
        wave=wave,
        protocol_version=programmes.current_version(programme),
        simulated=True,
    )
    for function, organisation in story.copil:
        sites.add_part(site, "copil", name=f"{function} (simulé)", organisation=organisation)
    sites.add_part(
        site,
        "meetings",
        held_on=actors.day(-75),
        title="Installation du comité de pilotage",
        minutes="Carte des besoins et de l’offre présentée et discutée.",
        decisions="Ouvrir le site\nRevoir la carte de l’offre dans six mois",
    )
    sites.add_part(site, "team", role="Coordination", fte="0.5")
    for title, days in [
        ("Première auto-évaluation de fidélité", -5),
        ("Comité de pilotage", 20),
        ("Bilan de la première année", 300),
    ]:
        sites.add_part(site, "milestones", title=title, due=actors.day(days))
    return site


def _adapt(story: Story, programme: "Programme", actors: Actors, site: Any) -> None:
    """The site's own variant, with the reason for it."""
    version = programmes.current_version(programme)
    if version is None:
        raise ValueError(f"{programme} n’a pas de protocole publié.")
    protocol = version.protocol
    frame = Frame(
        what="content",
        when="preparation",
        planning="planned_proactive",
        decided_by=("team", "community"),
        level="organisation",
        nature=("tailoring",),
        reasons=story.reasons,
        reason_text=story.reason_text,
        fidelity="consistent",
    )
    decision = Decision(
        status="adapted", frame=frame, decided_on=actors.day(-70).isoformat(),
        recorded_by=actors.receiver.name, **story.decision,
    )  # fmt: skip
    adaptation = new_adaptation(protocol, site.name, story.territory_types)
    sites.save_adaptation(site, decide(adaptation, protocol, decision).to_dict(), actors.receiver)


def _evaluate(story: Story, programme: "Programme", actors: Actors) -> Any:
    """A plan, frozen, then a simulated panel and its estimate (a task: the worker does it)."""
    plan = evaluations.create_plan(
        programme,
        by=actors.evaluator,
        question=story.question,
        outcome=story.outcome,
        unit="territoire × trimestre",
        comparison="Les territoires qui ne sont pas encore entrés dans le programme.",
        waves="Vagues choisies sur candidature ; panel simulé de trois vagues.",
        smallest_effect=0.5,
        if_positive="Poursuivre l’essaimage et publier ce qui le rend possible.",
        if_null="Écrire la leçon et revoir la dose et la durée avant toute nouvelle vague.",
        if_negative="Suspendre les ouvertures et chercher pourquoi avec les sites.",
        if_unknown="Prolonger l’observation : dire ce qu’il faudrait pour conclure.",
        simulated=True,
    )
    plan = evaluations.freeze_plan(plan)
    frame = simulate(Scenario(units=80, waves=(6, 8, 12), effect=story.effect, seed=len(story.outcome)))
    panel = evaluations.add_panel(
        plan,
        evaluations.read_panel("panel-simule.csv", frame.write_csv().encode()),
        title="Panel simulé",
        source="Simulé par Essaim pour la démonstration.",
        by=actors.evaluator,
        simulated=True,
    )
    return evaluations.run_estimate(panel, by=actors.evaluator)


def _learn(story: Story, programme: "Programme", actors: Actors, estimate: Any) -> Any:
    """The lesson: from the estimate when it is a null result, from the site otherwise."""
    if story.lesson["kind"] == "null_result":
        return evaluations.write_lesson(estimate, by=actors.evaluator, **story.lesson)
    return community.create_lesson(programme, by=actors.receiver, simulated=True, **story.lesson)
