"""The draw of the waves: declared, published, held, taken by the sites; every write goes through here."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import polars as pl
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from essaim.opendata.safety import UnsafeFile
from essaim.opendata.whole_table import read_whole
from essaim.platform.evaluations.lists import whole_numbers
from essaim.platform.evaluations.models import EvaluationPlan, WaveDraw
from essaim.platform.sites import services as sites
from essaim.platform.telling import tell
from essaim.rollout.allocation import Draw, Request, declared, draw, public_seed, replay, request_from
from essaim.rollout.errors import CapacityError, MethodError, RolloutError
from essaim.rollout.table import HEADERS, named, read_territories

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User

MOST_TERRITORIES = 500
#: The field that a refusal is about; the table when it is none of these.
FIELDS: dict[type[RolloutError], str] = {CapacityError: "capacities", MethodError: "method"}
LIVE = (WaveDraw.State.DRAFT, WaveDraw.State.PUBLISHED, WaveDraw.State.HELD)


# Reading


def draw_of(plan: EvaluationPlan, pk: int) -> WaveDraw:
    found = plan.draws.select_related("plan__programme", "author").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def public_draw(fingerprint: str) -> WaveDraw:
    """The draw published under this fingerprint, for anybody; 404 when there is none."""
    found = (
        WaveDraw.objects.select_related("plan__programme")
        .filter(fingerprint=fingerprint, published_at__isnull=False)
        .order_by("-pk")
        .first()
    )
    if found is None:
        raise Http404
    return found


def live_draw(plan: EvaluationPlan) -> WaveDraw | None:
    return plan.draws.filter(state__in=LIVE).first()


def held_draw(plan: EvaluationPlan) -> WaveDraw | None:
    """The draw that gave the plan its waves, if one was held."""
    return plan.draws.filter(state=WaveDraw.State.HELD).first()


def cancelled_before(found: WaveDraw) -> QuerySet[WaveDraw]:
    """The draws of the plan that were published then cancelled before this one: to draw again is seen by all."""
    return found.plan.draws.filter(state=WaveDraw.State.CANCELLED, pk__lt=found.pk).order_by("pk")


def request_of(found: WaveDraw) -> tuple[Request, dict[str, str]]:
    """What would be drawn, and the names of territories. Raises ``ValidationError`` (field → message)."""
    try:
        frame = named(read_whole(found.table.strip().encode()), _("Tableau"))
        covariates = [name for name in frame.columns if name not in HEADERS]
        if found.method != WaveDraw.Method.CONSTRAINED:
            covariates = []
        rows, _waves = read_territories(frame, covariates, _("Tableau"))
        if len(rows) > MOST_TERRITORIES:
            raise ValidationError({"table": _("%(most)s territoires au plus.") % {"most": MOST_TERRITORIES}})
        request = declared(Request(rows, _places(found.capacities), found.method, keep=found.keep / 100))  # type: ignore[arg-type]
    except UnsafeFile as error:
        raise ValidationError({"table": f"{error.message} {error.mend}"}) from error
    except RolloutError as error:
        raise ValidationError({FIELDS.get(type(error), "table"): tell(error.said)}) from error
    names = frame["name"].fill_null("") if "name" in frame.columns else pl.Series([""] * frame.height)
    return request, dict(zip((t.code for t in rows), names.to_list(), strict=True))


def _places(text: str) -> tuple[int, ...]:
    try:
        return whole_numbers(text)
    except ValueError as error:
        raise CapacityError(_("Donner un nombre de places par vague, par exemple 8, 8, 10.")) from error


def rehearsal(request: Request) -> Draw:
    """A draw with a seed that is not the one to come, to see what balance and constraint will be like."""
    return draw(request, 0)


def replayed(found: WaveDraw) -> Draw | None:
    """The draw made again from its record, or ``None`` when the record does not give what it says."""
    try:
        return replay(found.record)
    except RolloutError:
        return None


def known_before(found: WaveDraw) -> dict[str, Any]:
    """The file that anybody can download from the publication on; ``essaim rollout draw`` reads it."""
    return {
        "fingerprint": found.fingerprint,
        "inputs": found.inputs,
        "drawn": False,
        "published_at": found.published_at.isoformat(timespec="seconds") if found.published_at else None,
        "seed_rule": found.seed_rule,
        "seed_on": found.seed_on.isoformat(),
    }


def table_of_sites(plan: EvaluationPlan) -> str:
    """The sites of the programme that have not opened, as a table to start from: code, name, stratum (region)."""
    opened = {site.pk for site in sites.opened_sites(plan.programme)}
    lines = [
        ";".join((site.territory_code, site.territory_name.replace(";", ","), site.region_code, ""))
        for site in sites.sites_of(plan.programme)
        if site.territory_code and site.pk not in opened
    ]
    return "\n".join(["code;nom;strate;imposé", *lines])


# Writing


def save_draw(plan: EvaluationPlan, found: WaveDraw | None, *, by: "User", **fields: Any) -> WaveDraw:
    """Declare or correct what will be drawn; one live draw a plan. Raises ``ValidationError``."""
    if found is None:
        if live_draw(plan) is not None:
            raise ValidationError(
                _("Ce plan a déjà un tirage : l’annuler, avec sa raison, avant d’en préparer un autre.")
            )
        found = WaveDraw(plan=plan, author=by, simulated=plan.simulated)
    if found.state != WaveDraw.State.DRAFT:
        raise ValidationError(_("L’empreinte de ce tirage est publiée : ses données ne changent plus."))
    for name, value in fields.items():
        setattr(found, name, value)
    request, names = request_of(found)
    found.inputs, found.names = request.canonical(), names
    found.full_clean()
    found.save()
    return found


@transaction.atomic
def publish_draw(found: WaveDraw, at: datetime | None = None) -> WaveDraw:
    """Publish the fingerprint of what will be drawn: from here on anybody reads it and it changes no more.

    ``at``: when, now if it is not told. The seed must be known on a later day: nobody can have tried it.
    """
    found, at = _locked(found, WaveDraw.State.DRAFT, _("Ce tirage est déjà publié.")), at or timezone.now()
    if found.seed_on <= timezone.localdate(at):
        raise ValidationError(
            _(
                "La graine doit être connue un jour à venir : connue dès la publication, elle aurait pu être essayée "
                "avant. Changer ce jour, et au besoin le résultat public, puis publier."
            )
        )
    request = request_from({"inputs": found.inputs})
    if WaveDraw.objects.filter(fingerprint=request.fingerprint()).exists():
        raise ValidationError(
            _(
                "Ces données ont déjà été publiées pour un tirage : les tirer de nouveau jusqu’à ce que le résultat "
                "plaise ne serait plus un tirage."
            )
        )
    found.fingerprint = request.fingerprint()
    found.published_at = at
    found.state = WaveDraw.State.PUBLISHED
    return _kept(found)


@transaction.atomic
def hold_draw(found: WaveDraw, public_text: str, today: date | None = None) -> WaveDraw:
    """Draw with the seed that the announced public result gives; not before the announced day."""
    found = _locked(
        found, WaveDraw.State.PUBLISHED, _("Seul un tirage dont l’empreinte est publiée peut être fait.")
    )
    if (today or timezone.localdate()) < found.seed_on:
        raise ValidationError(
            {"public_text": _("Le résultat public annoncé n’est pas encore connu : attendre le jour dit.")}
        )
    try:
        made = draw(request_from({"inputs": found.inputs}), public_seed(public_text))
    except RolloutError as error:
        raise ValidationError({"public_text": tell(error.said)}) from error
    found.public_text = " ".join(public_text.split())
    found.held_at = timezone.now()
    found.record = {
        **made.to_dict(found.public_text),
        "published_at": known_before(found)["published_at"],
        "seed_rule": found.seed_rule,
        "seed_on": found.seed_on.isoformat(),
        "held_at": found.held_at.isoformat(timespec="seconds"),
    }
    found.state = WaveDraw.State.HELD
    return _kept(found)


@transaction.atomic
def cancel_draw(found: WaveDraw, because: str) -> None:
    """Erase a draft; a published draw stays in view with the reason why it was cancelled."""
    found = WaveDraw.objects.select_for_update().get(pk=found.pk)
    if found.state == WaveDraw.State.DRAFT:
        found.delete()
        return
    if found.state == WaveDraw.State.CANCELLED:
        raise ValidationError(_("Ce tirage est déjà annulé."))
    if not because.strip():
        raise ValidationError({"because": _("Dire pourquoi : le tirage reste visible avec cette raison.")})
    found.cancelled_because, found.cancelled_at = because.strip(), timezone.now()
    found.state = WaveDraw.State.CANCELLED
    _kept(found)


@transaction.atomic
def place_waves(found: WaveDraw, openings: Sequence[str], first_number: int) -> dict[str, list[str]]:
    """Make the drawn waves of the programme and put the sites of these territories in them.

    ``openings``: planned opening of each wave (partial dates). Returns names: ``placed`` sites, ``opened`` sites that
    keep their wave, ``without_site`` territories.
    """
    found = _locked(found, WaveDraw.State.HELD, _("Seul un tirage fait donne des vagues."))
    programme = found.plan.programme
    waves = {
        number: _wave(found, number, first_number, opens_on) for number, opens_on in enumerate(openings, 1)
    }
    said: dict[str, list[str]] = {"placed": [], "opened": [], "without_site": []}
    by_code = {row["code"]: row["wave"] for row in found.record["allocation"]}
    opened = {site.pk for site in sites.opened_sites(programme)}
    met = set()
    for site in sites.sites_of(programme):
        if site.territory_code not in by_code:
            continue
        met.add(site.territory_code)
        if site.pk in opened:
            said["opened"].append(site.name)
            continue
        sites.update_site(site, wave=waves[by_code[site.territory_code]])
        said["placed"].append(site.name)
    said["without_site"] = [found.names.get(code) or code for code in sorted(set(by_code) - met)]
    found.applied_at = timezone.now()
    _kept(found)
    return said


def _wave(found: WaveDraw, number: int, first_number: int, opens_on: str) -> Any:
    programme, number = found.plan.programme, first_number + number - 1
    fields: Mapping[str, Any] = {
        "opens_on": opens_on,
        "method": "drawn",
        "draw_seed": str(found.record["seed"]),
        "draw_inputs": found.fingerprint,
        "simulated": found.simulated,
    }
    wave = programme.waves.filter(number=number).first()
    if wave is None:
        return sites.create_wave(programme, number=number, **fields)
    if wave.sites.filter(pk__in=[site.pk for site in sites.opened_sites(programme)]).exists():
        raise ValidationError(
            {
                "first_number": _(
                    "La vague %(number)s a déjà des sites ouverts : commencer à un autre numéro."
                )
                % {"number": number}
            }
        )
    return sites.save_wave(wave, **fields)


def _locked(found: WaveDraw, state: str, otherwise: str) -> WaveDraw:
    found = WaveDraw.objects.select_for_update().select_related("plan__programme").get(pk=found.pk)
    if found.state != state:
        raise ValidationError(otherwise)
    return found


def _kept(found: WaveDraw) -> WaveDraw:
    found.full_clean()
    found.save()
    return found
