"""Sites, waves, adaptations, money and fidelity: every write goes through here."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Model, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from essaim.platform.audit import writing_as
from essaim.platform.community.services import create_lesson
from essaim.platform.dates import bounds
from essaim.platform.organisations import services as organisations
from essaim.platform.organisations.permissions import organisation_ids
from essaim.platform.programmes.services import version_numbered
from essaim.platform.sites.following import (
    derogations_in,
    following,
    latest_revisions,
    locked_site,
    sites_behind,
)
from essaim.platform.sites.models import (
    AdaptationRevision,
    Closing,
    FidelityEntry,
    Site,
    StageChange,
    Wave,
)
from essaim.platform.sites.overview import site_table
from essaim.platform.sites.permissions import POLICY, visible_sites
from essaim.platform.sites.territory import fields_of
from essaim.platform.sites.waiting import todo_for
from essaim.protocol.codec import canonical_json, fingerprint

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User
    from essaim.platform.organisations.models import Organisation
    from essaim.platform.programmes.models import Programme
    from essaim.protocol.document import Component, Marker

__all__ = [
    "following",
    "latest_revisions",
    "locked_site",
    "sites_behind",
    "todo_for",
]  # other domains and the desk call them


# Reading


def sites_of(programme: "Programme") -> QuerySet[Site]:
    """All sites of a programme by name, with wave, protocol version and structures fetched."""
    return (
        Site.objects.filter(programme=programme)
        .select_related("wave", "protocol_version")
        .prefetch_related("structures")
    )


def received_by(user: Any) -> QuerySet[Site]:
    """Sites that the person's structures carry and that have not ended, with their programme."""
    mine = organisation_ids(user)
    found = Site.objects.filter(structures__in=mine).exclude(stage=Site.Stage.ENDED)
    return found.select_related("programme").distinct()


def followed_sites(user: Any, programme: "Programme") -> list[tuple[Any, date | None]]:
    """Rows of :func:`site_table` for the sites that the person follows: the late ones first, then by next date."""
    rows = site_table(visible_sites(user, programme))
    return sorted(rows, key=lambda row: (-(row[0].late or 0), row[1] or date.max, row[0].name))


def site_for(user: Any, pk: int, action: str = "view") -> Site:
    """The site when ``user`` may do ``action`` on it; 404 when it is foreign to them, 403 otherwise."""
    site = (
        Site.objects.select_related("programme", "wave", "protocol_version")
        .prefetch_related("structures", "programme__roles")
        .filter(pk=pk)
        .first()
    )
    if site is None:
        raise Http404
    POLICY.require(user, action, site)
    return site


def current_adaptation(site: Site) -> AdaptationRevision | None:
    """The last saved revision of the site's adaptation, or ``None`` when it has decided nothing yet."""
    return site.adaptations.select_related("author").order_by("-number").first()


def adaptation_summary(site: Site) -> dict[str, Any] | None:
    """The current revision with its decisions counted by status, or ``None``."""
    revision = current_adaptation(site)
    if revision is None:
        return None
    decisions = revision.document.get("decisions", [])
    asked = [d for d in decisions if (d.get("derogation") or {}).get("state") == "requested"]
    return {
        "revision": revision,
        "counts": Counter(decision["status"] for decision in decisions),
        "asked": len(asked),
    }


def fidelity_table(site: Site) -> list[dict[str, Any]]:
    """Markers of the site's protocol version, each with its latest observation by assessor."""
    latest: dict[tuple[str, str, str], FidelityEntry] = {}
    for entry in site.fidelity.all():  # newest first
        latest.setdefault((entry.component, entry.marker, entry.assessor), entry)
    return [
        {
            "component": component,
            "marker": marker,
            "by": {who: latest.get((component.id, marker.id, who)) for who in FidelityEntry.Assessor.values},
        }
        for component, marker in markers_of(site)
    ]


def markers_of(site: Site) -> list[tuple["Component", "Marker"]]:
    """(component, marker) of the version that the site follows, core components first."""
    if site.protocol_version is None:
        return []
    components = sorted(site.protocol_version.protocol.components, key=lambda c: c.kind != "core")
    return [(component, marker) for component in components for marker in component.markers]


def site_names(programme: "Programme") -> list[str]:
    return list(Site.objects.filter(programme=programme).values_list("name", flat=True))


def structures_of(site: Site) -> list[Any]:
    """Structures that receive the site, each with ``people``, the number of its members."""
    return list(site.structures.annotate(people=Count("memberships")))


def invite_receiver(site: Site, structure: "Organisation", *, email: str, by: "User", link: str) -> Any:
    """Invite the first person of a structure; a structure that has people invites its own."""
    if structure.memberships.exists():
        raise ValidationError(
            _("%(structure)s a déjà des membres : c’est à sa personne responsable d’inviter.")
            % {"structure": structure.name}
        )
    return organisations.invite(structure, email=email, role="manager", by=by, link=link)


# Sites


@transaction.atomic
def create_site(
    programme: "Programme",
    *,
    name: str,
    level: str = "",
    code: str = "",
    structures: Iterable["Organisation"] = (),
    structure_names: Sequence[str] = (),
    stage: str = Site.Stage.EXPLORATION,
    since: str = "",
    **fields: Any,
) -> Site:
    """A new site. ``level`` and ``code`` say the territory (both empty when unknown); ``since`` dates the stage.

    ``structure_names`` adds to ``structures`` those of these names, created when nobody knows them.
    """
    site = Site(programme=programme, name=name.strip(), stage=stage, **fields, **fields_of(level, code))
    _check_wave(site)
    site.full_clean()
    site.save()
    site.structures.set([*structures, *_named(structure_names)])
    _record_stage(site, "", stage, since or site.opened_on, "")
    return site


@transaction.atomic
def update_site(
    site: Site,
    *,
    level: str | None = None,
    code: str | None = None,
    structure_names: Sequence[str] | None = None,
    **fields: Any,
) -> Site:
    """Change what is known of a site; the stage changes by :func:`change_stage` only."""
    followed = Site.objects.values_list("protocol_version", flat=True).get(pk=site.pk)
    version = fields.get("protocol_version", site.protocol_version)
    if followed != (version and version.pk) and site.adaptations.exists():
        raise ValidationError({"protocol_version": _STAYS})
    if level is not None and code is not None:
        fields |= fields_of(level, code)
    for name, value in fields.items():
        setattr(site, name, value)
    _check_wave(site)
    site.full_clean()
    site.save()
    if structure_names is not None:
        site.structures.set(_named(structure_names))
    return site


_STAYS = gettext_lazy(
    "Ce site a pris des décisions sur sa version : la changer ici les ferait perdre de vue. "
    "Passer par sa page d’adaptation, qui les reporte sur la nouvelle version."
)


def _named(names: Sequence[str]) -> list["Organisation"]:
    return [organisations.structure_named(name) for name in names]


def _check_wave(site: Site) -> None:
    if site.wave and site.wave.programme_id != site.programme_id:
        raise ValidationError({"wave": _("Cette vague est celle d’un autre programme.")})
    if site.protocol_version and site.protocol_version.programme_id != site.programme_id:
        raise ValidationError({"protocol_version": _("Cette version est celle d’un autre programme.")})


def _record_stage(site: Site, before: str, after: str, on: str, note: str) -> StageChange:
    change = StageChange(site=site, from_stage=before, to_stage=after, on=on, note=note)
    change.full_clean()
    change.save()
    return change


@transaction.atomic
def change_stage(site: Site, to: str, *, on: str, note: str = "") -> StageChange:
    """Pass a site to another stage at a (partial) date; it ends by :func:`close_site`, which asks for a lesson."""
    site = Site.objects.select_for_update().get(pk=site.pk)
    if to == Site.Stage.ENDED:
        raise ValidationError(_("Un site se termine par sa page « Clore le site », qui demande une leçon."))
    if site.stage == Site.Stage.ENDED:
        raise ValidationError(_("Ce site est terminé : il ne change plus de stade."))
    if to == site.stage:
        raise ValidationError({"to": _("Le site est déjà à ce stade.")})
    change = _record_stage(site, site.stage, to, on, note)
    site.stage = to
    if to in Site.OPENED and not site.opened_on:
        site.opened_on = on
    site.full_clean()
    site.save()
    return change


@transaction.atomic
def close_site(site: Site, *, on: str, reason: str, lesson: Mapping[str, Any], by: "User") -> Closing:
    """End a site, with what is learnt from it: an experiment may fail, never in silence.

    ``lesson`` holds ``kind``, ``title``, ``learnt`` and ``evidence`` as the community keeps them.
    """
    site = Site.objects.select_for_update().select_related("programme").get(pk=site.pk)
    if site.stage == Site.Stage.ENDED:
        raise ValidationError(_("Ce site est déjà terminé."))
    kept = create_lesson(site.programme, by=by, simulated=site.simulated, **lesson)
    closing = Closing(site=site, on=on, reason=reason, lesson=kept)
    closing.full_clean()
    closing.save()
    before, site.stage, site.closed_on = site.stage, Site.Stage.ENDED, on
    site.full_clean()
    site.save()
    _record_stage(site, before, Site.Stage.ENDED, on, reason)
    return closing


# Waves


def save_wave(wave: Wave, **fields: Any) -> Wave:
    for name, value in fields.items():
        setattr(wave, name, value)
    wave.full_clean()
    wave.save()
    return wave


def create_wave(programme: "Programme", *, number: int, **fields: Any) -> Wave:
    return save_wave(Wave(programme=programme, number=number), **fields)


def opened_sites(programme: "Programme") -> list[Site]:
    """Sites that have opened by today, those that closed since included, structures and versions fetched."""
    today = timezone.localdate()
    return [
        site
        for site in sites_of(programme)
        if site.stage in Site.OPENED or (site.opened_on and bounds(site.opened_on)[0] <= today)
    ]


def perhaps_opened_sites(programme: "Programme") -> list[Site]:
    """The opened sites, and those that nobody can say have not: of unknown stage, or ended without a date."""
    opened = opened_sites(programme)
    known = {site.pk for site in opened}
    doubtful = (Site.Stage.UNKNOWN, Site.Stage.ENDED)
    return [
        *opened,
        *(s for s in sites_of(programme) if s.stage in doubtful and not s.opened_on and s.pk not in known),
    ]


# What a site holds: team, COPIL, meetings, milestones, commitments, budget lines


def save_part(part: Model, **fields: Any) -> Model:
    """Create or change one row that belongs to a site; values are validated whole."""
    for name, value in fields.items():
        setattr(part, name, value)
    part.full_clean()
    part.save()
    return part


def add_part(site: Site, kind: str, **fields: Any) -> Model:
    """Add a row to what a site holds: ``team``, ``copil``, ``meetings`` or ``milestones``."""
    return save_part(getattr(site, kind).model(site=site), **fields)


def delete_part(part: Model) -> None:
    part.delete()


def mark_done(milestone: Any) -> None:
    """A milestone is done today, or no longer done when it was."""
    milestone.done_on = None if milestone.done_on else timezone.localdate()
    milestone.full_clean()
    milestone.save()


# Adaptation and fidelity


@transaction.atomic
def save_adaptation(site: Site, document: Mapping[str, Any], by: "User") -> AdaptationRevision:
    """Keep a new immutable revision of the site's adaptation; the site moves to the version it is based on.

    ``document`` is an ``Adaptation`` of the core as plain data. Errors: ``ValidationError`` when somebody saved
    another revision in between (``document["previous"]`` is not the current fingerprint).
    """
    site = Site.objects.select_for_update().get(pk=site.pk)
    current = current_adaptation(site)
    expected = document.get("previous", "")
    if current and expected and expected != current.sha256:
        raise ValidationError(
            _(
                "Quelqu’un a enregistré une autre révision entre-temps : recharger la page pour repartir de la "
                "sienne, rien n’a été écrasé."
            )
        )
    version = str(document.get("version", ""))
    revision = AdaptationRevision(
        site=site,
        number=current.number + 1 if current else 1,
        document=json.loads(canonical_json(dict(document))),
        sha256=fingerprint(dict(document)),
        base_version=version,
        author=by,
        **derogations_in(document),
    )
    revision.full_clean()
    revision.save()
    base = version_numbered(site.programme, version)
    if base and base.pk != site.protocol_version_id:
        site.protocol_version = base
        site.save()
    return revision


def record_fidelity(
    site: Site, *, component: str, marker: str, value: Any, assessor: str, **fields: Any
) -> FidelityEntry:
    """Keep one observation of a marker, under the protocol version that the site follows.

    ``value``: what was seen or, when nothing could be, the :class:`FidelityEntry.Unseen` that says why.
    """
    if site.protocol_version is None:
        raise ValidationError(_("Ce site ne suit encore aucune version du protocole : lui en donner une."))
    why = value if isinstance(value, FidelityEntry.Unseen) else ""
    entry = FidelityEntry(
        site=site,
        component=component,
        marker=marker,
        value=None if why else value,
        unseen=why,
        assessor=assessor,
        version=site.protocol_version.number,
        **fields,
    )
    entry.full_clean()
    entry.save()
    return entry


@transaction.atomic
def record_sheet(
    site: Site, observations: Iterable[tuple[str, str, Any]], *, assessor: str, **fields: Any
) -> list[FidelityEntry]:
    """Keep the (component, marker, value) of one sheet, all or none."""
    return [
        record_fidelity(site, component=component, marker=marker, value=value, assessor=assessor, **fields)
        for component, marker, value in observations
    ]


# Sites known from elsewhere

_STATUS_TO_STAGE = {
    "active": Site.Stage.OPEN,
    "project": Site.Stage.EXPLORATION,
    "closed": Site.Stage.ENDED,
    "unknown": Site.Stage.UNKNOWN,
    "": Site.Stage.UNKNOWN,
}


@transaction.atomic
def load_known_sites(
    programme: "Programme", rows: Sequence[Mapping[str, Any]], *, by: "User | None" = None
) -> list[Site]:
    """Create the real sites that sources name (``programmes/<slug>/sites.csv``); those already there stay as they are.

    A row holds ``name``, ``structure``, ``commune_code`` or ``departement``, ``opened_on``, ``closed_on``, ``status``
    (active, project, closed, unknown), ``source``, ``note``; what is empty is unknown. ``by`` writes (the person of
    ``audit.writing_as`` when none is named).
    """
    if by is not None:
        with writing_as(by):
            return load_known_sites(programme, rows)
    known = set(Site.objects.filter(programme=programme).values_list("name", flat=True))
    return [_known_site(programme, row) for row in rows if row["name"].strip() not in known]


def _known_site(programme: "Programme", row: Mapping[str, Any]) -> Site:
    level, code = _territory_of(row)
    structure = (row.get("structure") or "").strip()
    source = _source_text(row)
    return create_site(
        programme,
        name=row["name"],
        level=level,
        code=code,
        structures=[organisations.structure_named(structure, source=source)] if structure else [],
        stage=_STATUS_TO_STAGE[row.get("status") or ""],
        opened_on=row.get("opened_on") or "",
        closed_on=row.get("closed_on") or "",
        note=row.get("note") or "",
        source=source,
        wave=row.get("wave"),
    )


def _territory_of(row: Mapping[str, Any]) -> tuple[str, str]:
    for level, column in (
        ("commune", "commune_code"),
        ("epci", "epci_code"),
        ("departement", "departement"),
    ):
        if row.get(column):
            return level, row[column]
    return "", ""


def _source_text(row: Mapping[str, Any]) -> str:
    """The source in words: a text, or citations ``{"title", "publisher", "date"}`` joined."""
    citations = row.get("sources")
    if not citations:
        return row.get("source") or ""
    shown = (
        c if isinstance(c, str) else ", ".join(str(c[k]) for k in ("title", "publisher", "date") if c.get(k))
        for c in citations
    )
    return " ; ".join(shown)


@transaction.atomic
def import_sites(programme: "Programme", rows: Sequence[Mapping[str, Any]]) -> list[Site]:
    """Write the rows of a confirmed preview (``imports.read_sites``); waves named by number are created as chosen."""
    waves = {wave.number: wave for wave in Wave.objects.filter(programme=programme)}
    for number in sorted({row["wave_number"] for row in rows if row.get("wave_number")} - set(waves)):
        waves[number] = create_wave(programme, number=number)
    return load_known_sites(
        programme, [{**row, "wave": waves.get(row.get("wave_number") or 0)} for row in rows]
    )
