"""Everything can leave: a whole programme as a folder of YAML and CSV, and back, identically.

One CSV a model (rows numbered from 1 in their own order); long JSON documents as YAML files beside; files copied.
Organisations, persons and policy frames are named by what names them anywhere (slug, e-mail).
"""

import csv
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.files import File
from django.db import IntegrityError, transaction
from django.db.models import FileField, ForeignKey, JSONField, Model
from django.utils.translation import gettext as _

from essaim.platform.transfer.layout import (
    SHARED,
    Owned,
    foreign_keys,
    many_to_many,
    owned_models,
    plain_fields,
)

if TYPE_CHECKING:
    from essaim.platform.programmes.models import Programme

FORMAT = "essaim/programme/1"
_SEPARATOR = " ; "


class NotAnExport(ValueError):
    """The folder does not hold what ``export_programme`` writes; the message says what and where."""


def export_programme(programme: "Programme", folder: Path) -> None:
    """Write everything that belongs to ``programme`` into ``folder`` (created; must be empty or absent).

    Raises ``NotAnExport`` when the folder already holds something: nothing is ever overwritten.
    """
    if folder.exists() and any(folder.iterdir()):
        raise NotAnExport(
            _("Le dossier %(folder)s n’est pas vide : en choisir un autre.") % {"folder": folder}
        )
    folder.mkdir(parents=True, exist_ok=True)
    numbers: dict[tuple[type[Model], Any], int] = {}
    rows_of: dict[str, list[Model]] = {}
    models = owned_models()
    for owned in models:
        filters = {owned.path: programme} if owned.path else {"pk": programme.pk}
        rows_of[owned.name] = list(owned.model._default_manager.filter(**filters).order_by("pk").distinct())
        for number, row in enumerate(rows_of[owned.name], start=1):
            numbers[owned.model, row.pk] = number
    shared: dict[str, set[Any]] = {label: set() for label in SHARED}
    for owned in models:
        cells = [
            _cells(row, number, folder, numbers, shared) for number, row in enumerate(rows_of[owned.name], 1)
        ]
        _write_csv(folder / f"{owned.name}.csv", cells)
    for label, keys in shared.items():
        model = apps.get_model(label)
        found = model._default_manager.filter(pk__in=keys).order_by(SHARED[label])
        _write_csv(folder / f"{label.lower()}.csv", [_shared_cells(row) for row in found])
    head = {"format": FORMAT, "programme": programme.slug}
    (folder / "essaim.yaml").write_text(yaml.safe_dump(head, allow_unicode=True), encoding="utf-8")


def _cells(
    row: Model,
    number: int,
    folder: Path,
    numbers: dict[tuple[type[Model], Any], int],
    shared: dict[str, set[Any]],
) -> dict[str, str]:
    cells = {"number": str(number)}
    for field in plain_fields(type(row)):
        cells[field.name] = _plain(row, field, number, folder)
    for key in foreign_keys(type(row)):
        cells[key.name] = _reference(getattr(row, key.attname), key.related_model, numbers, shared)
    for relation in many_to_many(type(row)):
        keys = getattr(row, relation.name).order_by("pk").values_list("pk", flat=True)
        found = [_reference(pk, relation.related_model, numbers, shared) for pk in keys]
        cells[relation.name] = _SEPARATOR.join(found)
    return cells


def _plain(row: Model, field: Any, number: int, folder: Path) -> str:
    value = getattr(row, field.attname)
    if isinstance(field, FileField):
        return _copy_out(value, folder) if value else ""
    if isinstance(field, JSONField):
        return _document(row, field, value, number, folder)
    return "" if value is None else field.value_to_string(row)


def _document(row: Model, field: Any, value: Any, number: int, folder: Path) -> str:
    """A JSON value: a YAML file of its own, named in the cell; empty ones stay in the cell."""
    if value in (None, [], {}):
        return {None: "", "[]": "[]", "{}": "{}"}[None if value is None else str(value)]
    name = f"documents/{row._meta.app_label}.{row._meta.model_name}-{number:05d}-{field.name}.yaml"
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    text = yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=110)
    path.write_text(text, encoding="utf-8")
    return name


def _copy_out(value: Any, folder: Path) -> str:
    target = folder / "files" / value.name
    target.parent.mkdir(parents=True, exist_ok=True)
    with value.open("rb") as source, target.open("wb") as copy:
        shutil.copyfileobj(source, copy)
    return str(value.name)


def _reference(
    pk: Any, model: Any, numbers: dict[tuple[type[Model], Any], int], shared: dict[str, set[Any]]
) -> str:
    if pk is None:
        return ""
    label = model._meta.label
    if label in SHARED:
        shared[label].add(pk)
        return str(model._default_manager.values_list(SHARED[label], flat=True).get(pk=pk))
    return str(numbers.get((model, pk), ""))  # a row of another programme does not leave with this one


def _shared_cells(row: Model) -> dict[str, str]:
    if row._meta.label == "accounts.User":
        return {"email": row.email, "name": row.name}  # type: ignore[attr-defined]
    return {
        field.name: "" if getattr(row, field.attname) is None else field.value_to_string(row)
        for field in plain_fields(type(row))
    }


def _write_csv(path: Path, rows: list[dict[str, str]]) -> None:
    if not rows:
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


REFUSED = (
    ValidationError, ObjectDoesNotExist, IntegrityError, KeyError, ValueError, TypeError, OSError,
    RecursionError, yaml.YAMLError,
)  # fmt: skip
"""What a folder that somebody changed by hand provokes: said with its file and row."""


@transaction.atomic
def import_programme(folder: Path) -> "Programme":
    """Write the programme of an exported folder; all or nothing.

    Persons who have no account here get one that nobody can log in with, so that authors keep their names.
    Raises ``NotAnExport`` when the folder is not an export, or when the programme already exists here.
    """
    head = _head(folder)
    programmes = apps.get_model("programmes.Programme")
    if programmes._default_manager.filter(slug=head["programme"]).exists():
        raise NotAnExport(
            _("Le programme « %(slug)s » existe déjà ici : rien n’a été importé.")
            % {"slug": head["programme"]}
        )
    _import_shared(folder)
    made: dict[tuple[type[Model], str], Model] = {}
    late: list[tuple[Model, ForeignKey[Any, Any], str]] = []
    for owned in owned_models():
        for line, cells in enumerate(_read_csv(folder / f"{owned.name}.csv"), start=2):
            try:
                made[owned.model, cells["number"]] = _import_row(owned, cells, folder, made, late)
            except REFUSED as error:
                raise NotAnExport(f"{owned.name}.csv, ligne {line} : {error}") from error
    for row, key, number in late:
        setattr(row, key.name, made[key.related_model, number])  # type: ignore[index]
        row.save()
    programme: Programme = programmes._default_manager.get(slug=head["programme"])
    return programme


def _head(folder: Path) -> dict[str, str]:
    try:
        head = yaml.safe_load((folder / "essaim.yaml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, RecursionError, yaml.YAMLError) as error:
        raise NotAnExport(
            _("%(folder)s n’est pas un export d’Essaim : essaim.yaml manque ou ne se lit pas.")
            % {"folder": folder}
        ) from error
    if not isinstance(head, dict) or head.get("format") != FORMAT or "programme" not in head:
        raise NotAnExport(_("essaim.yaml n’annonce pas le format %(format)s.") % {"format": FORMAT})
    return head


def _read_csv(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except (csv.Error, UnicodeDecodeError) as error:
        raise NotAnExport(
            _("%(file)s ne se lit pas : %(why)s") % {"file": path.name, "why": error}
        ) from error


def _import_shared(folder: Path) -> None:
    for label in SHARED:
        for line, cells in enumerate(_read_csv(folder / f"{label.lower()}.csv"), start=2):
            try:
                _import_known(label, cells)
            except REFUSED as error:
                raise NotAnExport(f"{label.lower()}.csv, ligne {line} : {error}") from error


def _import_known(label: str, cells: dict[str, str]) -> None:
    """Write a row shared by programmes, unless one of its natural key is here already."""
    model, natural = apps.get_model(label), SHARED[label]
    if model._default_manager.filter(**{natural: cells[natural]}).exists():
        return
    if label == "accounts.User":
        get_user_model().objects.create_user(cells["email"], None, name=cells["name"], is_active=False)
        return
    row = model(**{f.attname: f.to_python(cells[f.name]) for f in plain_fields(model)})
    row.full_clean()
    row.save()


def _import_row(
    owned: Owned,
    cells: dict[str, str],
    folder: Path,
    made: dict[tuple[type[Model], str], Model],
    late: list[tuple[Model, Any, str]],
) -> Model:
    row = owned.model()
    for field in plain_fields(owned.model):
        if not isinstance(field, FileField):
            setattr(row, field.attname, _value(field, cells[field.name], folder))
    for key in foreign_keys(owned.model):
        if cells[key.name]:
            target = _target(key.related_model, cells[key.name], made)
            if target is None:
                late.append((row, key, cells[key.name]))
            else:
                setattr(row, key.name, target)
    for field in plain_fields(owned.model):
        if isinstance(field, FileField) and cells[field.name]:
            with _inside(folder, f"files/{cells[field.name]}").open("rb") as source:
                getattr(row, field.name).save(cells[field.name], File(source), save=False)
    row.save()
    _keep_own_dates(row, cells, folder)
    for relation in many_to_many(owned.model):
        names = [name for name in cells[relation.name].split(_SEPARATOR) if name]
        getattr(row, relation.name).set([_target(relation.related_model, name, made) for name in names])
    return row


def _keep_own_dates(row: Model, cells: dict[str, str], folder: Path) -> None:
    """Dates that Django stamps when a row is saved are those of the origin, not of the import."""
    stamped = [
        f
        for f in plain_fields(type(row))
        if getattr(f, "auto_now", False) or getattr(f, "auto_now_add", False)
    ]
    if stamped:
        values = {field.attname: _value(field, cells[field.name], folder) for field in stamped}
        type(row)._default_manager.filter(pk=row.pk).update(**values)


def _value(field: Any, text: str, folder: Path) -> Any:
    if isinstance(field, JSONField):
        if text in ("", "[]", "{}"):
            return {"": None, "[]": [], "{}": {}}[text]
        return yaml.safe_load(_inside(folder, text).read_text(encoding="utf-8"))
    if text == "" and field.null:
        return None
    return field.to_python(text)


def _inside(folder: Path, name: str) -> Path:
    """A path of the export; refuses to leave the folder."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ValueError(_("« %(name)s » sort du dossier importé.") % {"name": name})
    return path


def _target(model: Any, name: str, made: dict[tuple[type[Model], str], Model]) -> Model | None:
    label = model._meta.label
    if label in SHARED:
        found: Model = model._default_manager.get(**{SHARED[label]: name})
        return found
    return made.get((model, name))
