"""Factories: small valid objects, made through the services as users would."""

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.text import slugify

from essaim.evaluation.simulate import Scenario, simulate
from essaim.platform.campaigns import services as campaigns
from essaim.platform.campaigns.models import Application, Campaign
from essaim.platform.evaluations import panels
from essaim.platform.evaluations import services as evaluations
from essaim.platform.evaluations import services_draws as draws
from essaim.platform.evaluations.models import EvaluationPlan, Panel, WaveDraw
from essaim.platform.organisations import services as organisations
from essaim.platform.organisations.models import Membership, Organisation
from essaim.platform.programmes import services as programmes
from essaim.platform.programmes.models import Programme
from essaim.platform.sites import services as sites
from essaim.platform.sites.models import Site
from essaim.platform.territories import services as territories
from essaim.platform.territories.models import Study
from essaim.protocol import Protocol

if TYPE_CHECKING:
    from essaim.platform.programmes.models import ProtocolVersion


class Make:
    """Makes valid objects; each method takes only what the test cares about."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def user(self, name: str = "", **fields: Any) -> Any:
        name = name or f"Personne {next(self._numbers)}"
        email = fields.pop("email", f"{slugify(name)}@exemple.test")
        return get_user_model().objects.create_user(email, "un mot de passe long", name=name, **fields)

    def organisation(self, name: str = "", kind: str = "network", **fields: Any) -> Organisation:
        name = name or f"Organisation {next(self._numbers)}"
        fields.setdefault("slug", slugify(name))
        return organisations.create_organisation(name=name, kind=kind, **fields)

    def member(self, organisation: Organisation | None = None, role: str = "manager", **fields: Any) -> Any:
        """A new user who belongs to ``organisation`` (a new one when none is given)."""
        regions = fields.pop("regions", ())
        user = self.user(**fields)
        organisations.add_member(organisation or self.organisation(), user, Membership.Role(role), regions)
        return user

    def programme(self, title: str = "", head: Organisation | None = None, **fields: Any) -> Programme:
        """A programme whose head of network is ``head`` (a new organisation when none is given)."""
        title = title or f"Programme {next(self._numbers)}"
        fields.setdefault("slug", slugify(title))
        fields.setdefault("summary", "Ce que fait ce programme.")
        programme = programmes.create_programme(title=title, **fields)
        programmes.add_role(programme, head or self.organisation(), "head")
        return programme

    def site(self, programme: Programme | None = None, name: str = "", **fields: Any) -> Site:
        """A site of ``programme`` (a new one when none is given); ``code`` is a commune unless ``level`` says."""
        if fields.get("code"):
            fields.setdefault("level", "commune")
        return sites.create_site(
            programme or self.programme(), name=name or f"Site {next(self._numbers)}", **fields
        )

    def protocol(self, version: str = "1.0.0", **fields: Any) -> Protocol:
        """Two components: ``accueil`` (core) and ``rythme`` (adaptable, 1 to 5 days a week, 2 at first)."""
        source = {"id": "cahier", "title": "Cahier des charges"}
        days = {"id": "jours", "label": "Jours par semaine", "type": "number", "unit": "jours", "step": 1}
        document = {
            "format": "essaim/protocol/1",
            "id": "protocole",
            "version": version,
            "title": "Le protocole",
            "essence": {"for_whom": "Les habitants", "why": "Apprendre ensemble", "sources": ["cahier"]},
            "sources": [source],
            "components": [
                {"id": "accueil", "kind": "core", "title": "Accueil", "function": "Que chacun puisse entrer",
                 "form": "Une porte ouverte", "sources": ["cahier"]},
                {"id": "rythme", "kind": "adaptable", "title": "Rythme", "function": "Tenir dans la durée",
                 "form": "Des journées régulières", "sources": ["cahier"],
                 "parameters": [{**days, "min": 1, "max": 5, "default": 2}]},
            ],
        }  # fmt: skip
        return Protocol.from_dict(document | fields)

    def version(
        self, programme: Programme, protocol: Protocol | None = None, **fields: Any
    ) -> "ProtocolVersion":
        """A published version of the programme's protocol."""
        author = fields.pop("by", None) or self.user()
        return programmes.publish_document(programme, protocol or self.protocol(), by=author, **fields)

    def campaign(
        self, programme: Programme | None = None, state: str = "published", **fields: Any
    ) -> Campaign:
        """A campaign open since yesterday; by default a path by steps."""
        fields.setdefault("title", f"Campagne {next(self._numbers)}")
        fields.setdefault("mode", "sequenced")
        fields.setdefault("opens_on", timezone.localdate() - timedelta(days=1))
        fields.setdefault("text", "Venez essayer avec nous.")
        return campaigns.create_campaign(programme or self.programme(), state=state, **fields)

    def application(self, campaign: Campaign | None = None, by: Any = None, **fields: Any) -> Application:
        """An application of a new structure for Bordeaux, begun today by its manager."""
        organisation = fields.pop("organisation", None) or self.organisation(kind="structure")
        fields.setdefault("territory_level", "commune")
        fields.setdefault("territory_code", "33063")
        fields.setdefault("contact_name", "Une personne")
        fields.setdefault("contact_email", "contact@exemple.test")
        by = by or self.member(organisation)
        return campaigns.apply(campaign or self.campaign(), organisation, by, **fields)

    def written(self, application: Application) -> Application:
        """The same application with an answer to each question."""
        answers = {}
        for question in application.question_set.questions:
            if question["type"] == "choices":
                answers[question["id"]] = [question["choices"][0]["id"]]
            else:
                answers[question["id"]] = "2026-12-01" if question["type"] == "date" else "Une réponse."
        return campaigns.save_answers(application, answers)

    def plan(self, programme: Programme | None = None, **fields: Any) -> EvaluationPlan:
        """A draft of an evaluation plan."""
        fields = {
            "question": "Le programme fait-il baisser le chômage ?",
            "outcome": "taux de chômage (%)",
            "unit": "département",
            "comparison": "Départements jamais exposés, aux courbes parallèles avant.",
            "waves": "Trois vagues choisies.",
            "if_positive": "Étendre.",
            "if_null": "Revoir le protocole.",
            "if_negative": "Arrêter.",
            "if_unknown": "Attendre une vague de plus.",
            **fields,
        }
        return evaluations.create_plan(programme or self.programme(), by=self.user(), **fields)

    def panel(self, plan: EvaluationPlan | None = None, **scenario: Any) -> Panel:
        """A simulated panel kept for ``plan``; ``scenario`` as ``essaim.evaluation.simulate`` takes it."""
        frame = simulate(Scenario(**{"units": 60, "waves": (8, 8, 10), **scenario}))
        draft = panels.from_one_file(("panel.csv", frame.write_csv().encode()))
        return evaluations.add_panel(
            plan or self.plan(), draft, title="Panel simulé", source="Simulation", by=self.user()
        )

    def draw(self, plan: EvaluationPlan | None = None, state: str = "draft", **fields: Any) -> WaveDraw:
        """A draw of 24 territories into three waves; ``state``: draft, published or held."""
        names = [f"T{i:02};Territoire {i};{'AB'[i % 2]};{'pilote' if not i else ''}" for i in range(24)]
        fields = {
            "table": "\n".join(["code;nom;strate;imposé", *names]),
            "capacities": "9, 8, 8",
            "method": "stratified",
            "keep": 10,
            "seed_rule": "Les numéros du prochain loto.",
            "seed_on": timezone.localdate(),
            **fields,
        }
        found = draws.save_draw(plan or self.plan(), None, by=self.user(), **fields)
        if state != "draft":
            found = draws.publish_draw(found, timezone.now() - timedelta(days=1))
        return draws.hold_draw(found, "3 12 27 33 41 7") if state == "held" else found

    def study(self, programme: Programme | None = None, ranked: bool = False, **fields: Any) -> Study:
        """A study of the départements on two shipped criteria, four sought; ``ranked`` when asked."""
        criteria = [
            {"key": "far_share", "family": "need", "indicator": "far_share"},
            {"key": "population", "family": "resources", "indicator": "population"},
        ]
        document = {"unit": "departement", "k": 4, "criteria": criteria, "samples": 500}
        document |= {"weights": ["need >= resources"]} | fields.pop("document", {})
        title = fields.pop("title", f"Étude {next(self._numbers)}")
        author = fields.pop("by", None) or self.user()
        study = territories.create_study(programme or self.programme(), title, document, author, **fields)
        return territories.run_study(study) if ranked else study
