"""What belongs to a programme: every model that leads to it by foreign keys, in an order that can be written back.

Nothing is listed by hand, so a new model leaves with the programme from its first day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Field, ForeignKey, ManyToManyField, Model

SHARED = {"organisations.Organisation": "slug", "accounts.User": "email", "programmes.PolicyFrame": "slug"}
"""Models that several programmes share, and the field that names one of their rows on any site."""


@dataclass(frozen=True, slots=True)
class Owned:
    """A model of the programme; ``path`` is the look-up from the model to the programme (``site__programme``)."""

    model: type[Model]
    path: str

    @property
    def name(self) -> str:
        return f"{self.model._meta.app_label}.{self.model._meta.model_name}"


def owned_models() -> list[Owned]:
    """Every owned model, the programme first, each after those that its required foreign keys name."""
    programme = apps.get_model("programmes.Programme")
    paths: dict[type[Model], str] = {programme: ""}
    grown = True
    while grown:
        grown = False
        for model in _candidates():
            if model in paths:
                continue
            owner = _owner(model, paths)
            if owner is not None:
                step = paths[owner.related_model]  # type: ignore[index]
                paths[model] = f"{owner.name}__{step}" if step else owner.name
                grown = True
    return [Owned(model, path) for model, path in _in_order(paths)]


def _candidates() -> list[type[Model]]:
    return [
        model
        for domain in settings.DOMAINS
        for model in apps.get_app_config(domain).get_models()
        if model._meta.label not in SHARED
    ]


def _owner(model: type[Model], paths: dict[type[Model], str]) -> "ForeignKey[Any, Any] | None":
    """The foreign key by which a model belongs to the programme: required ones first, the shortest path first."""
    keys = [key for key in foreign_keys(model) if key.related_model in paths]
    keys.sort(key=lambda key: (key.null, paths[key.related_model].count("__"), key.name))  # type: ignore[index]
    return keys[0] if keys else None


def _in_order(paths: dict[type[Model], str]) -> Iterator[tuple[type[Model], str]]:
    waiting = dict(paths)
    while waiting:
        ready = [m for m in waiting if not any(_must_precede(key, waiting, m) for key in foreign_keys(m))]
        if not ready:
            raise ValueError(f"Required foreign keys in a circle: {[m._meta.label for m in waiting]}")
        for model in ready:
            yield model, waiting.pop(model)


def _must_precede(key: "ForeignKey[Any, Any]", waiting: dict[type[Model], str], model: type[Model]) -> bool:
    return key.related_model in waiting and key.related_model is not model and not key.null


def foreign_keys(model: type[Model]) -> "list[ForeignKey[Any, Any]]":
    return [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey)]


def plain_fields(model: type[Model]) -> "list[Field[Any, Any]]":
    """Fields that are neither the primary key nor a relation."""
    return [f for f in model._meta.concrete_fields if not f.primary_key and not isinstance(f, ForeignKey)]


def many_to_many(model: type[Model]) -> "list[ManyToManyField[Any, Any]]":
    return list(model._meta.many_to_many)
