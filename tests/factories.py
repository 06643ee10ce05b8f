"""Factories: small valid objects, made through the services as users would."""

import itertools
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.text import slugify

from essaim.platform.organisations import services as organisations
from essaim.platform.organisations.models import Membership, Organisation
from essaim.platform.programmes import services as programmes
from essaim.platform.programmes.models import Programme
from essaim.platform.sites import services as sites
from essaim.platform.sites.models import Site


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
