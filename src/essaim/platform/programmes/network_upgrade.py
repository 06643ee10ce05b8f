"""Carrying a whole network to a new version: foreseen in the background page by page, read and confirmed by a person,
then one transaction a site, so that a death at any point loses nothing.

A site moves by itself when nothing of it is disputed and no decision of it stops applying; the others are left as they
are, for their people. What is done is known by the steps written with each revision, so the work goes on where it was.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from essaim.platform.audit import writing_as
from essaim.platform.programmes.adapting import adaptation_on
from essaim.platform.programmes.models import (
    NetworkUpgrade,
    Programme,
    ProtocolVersion,
    SiteForecast,
    SiteUpgrade,
)
from essaim.platform.programmes.upgrading import settled
from essaim.platform.programmes.versions import current_version
from essaim.platform.sites import services as sites
from essaim.protocol import InvalidDocument, Protocol
from essaim.protocol.merge import Plan, Upgrade, prepare

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User
    from essaim.platform.sites.models import AdaptationRevision, Site

State = NetworkUpgrade.State
Outcome = SiteUpgrade.Outcome
PAGE = 200
"""Sites foreseen in one transaction."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would become of one site; ``upgrade`` is ``None`` when its adaptation cannot be read."""

    site: "Site"
    outcome: str
    upgrade: Upgrade | None
    from_version: str
    message: str = ""

    @property
    def kept_as(self) -> dict[str, Any]:
        """The fields of a forecast or of a step."""
        said = {
            "site": self.site,
            "from_version": self.from_version,
            "outcome": self.outcome,
            "message": self.message,
        }
        if self.upgrade is None:
            return said
        return said | {
            "kept": len(self.upgrade.kept),
            "conflicts": len(self.upgrade.conflicts),
            "retired": len(self.upgrade.retired),
            "to_reread": len(self.upgrade.to_reread),
        }


class Carrier:
    """Judges sites one after the other; each pair of versions is compared once."""

    def __init__(self, target: ProtocolVersion) -> None:
        self.target = target
        self._new: Protocol = target.protocol
        self._plans: dict[int, Plan] = {}

    def foresee(self, site: "Site", revision: "AdaptationRevision | None") -> Foreseen:
        """What becomes of ``site`` (its ``protocol_version`` fetched with it), without writing anything."""
        version = site.protocol_version
        assert version is not None, "only sites that follow a version are carried"
        try:
            plan = self._plan(version)
            upgrade = plan.apply(adaptation_on(plan.base, site, revision))
        except (InvalidDocument, ValueError) as error:
            return Foreseen(site, Outcome.FAILED, None, version.number, str(error))
        waits = upgrade.conflicts or any(one.decision.status != "kept" for one in upgrade.retired)
        return Foreseen(site, Outcome.WAITS if waits else Outcome.MOVED, upgrade, version.number)

    def _plan(self, version: ProtocolVersion) -> Plan:
        if version.pk not in self._plans:
            self._plans[version.pk] = prepare(version.protocol, self._new)
        return self._plans[version.pk]


def behind(programme: Programme, target: ProtocolVersion | None) -> int:
    """How many sites a passage to ``target`` would look at."""
    return sites.sites_behind(programme, target).count() if target else 0


def start(programme: Programme, *, by: "User") -> NetworkUpgrade:
    """Begin to foresee, in the background, what the version in force would change for each site behind it.

    Raises:
        ValidationError: no site is behind, or a passage is already under way.
    """
    target = current_version(programme)
    count = behind(programme, target)
    if target is None or not count:
        raise ValidationError(_("Tous les sites suivent déjà la version en vigueur."))
    for seen in programme.network_upgrades.filter(state=State.FORESEEN):
        _end(seen, State.STOPPED, _("Remplacé par un nouvel examen."))
    run = NetworkUpgrade(programme=programme, target=target, author=by, total=count)
    run.full_clean()
    run.save()
    _enqueue(run)
    return run


@transaction.atomic
def confirm(run: NetworkUpgrade, *, by: "User") -> None:
    """Carry the sites, now that somebody has read what is foreseen.

    Raises:
        ValidationError: it is not waiting for that, or another version came into force since it was foreseen.
    """
    run = _held(run)
    if run.state != State.FORESEEN:
        raise ValidationError(_("Ce passage n’attend pas de confirmation."))
    latest = current_version(run.programme)
    if latest is None or latest.pk != run.target_id:
        raise ValidationError(
            _("Une autre version est entrée en vigueur depuis cet examen : en faire un nouveau.")
        )
    run.state, run.author, run.confirmed_at, run.finished_at = State.WAITING, by, timezone.now(), None
    run.full_clean()
    run.save()
    _enqueue(run)


def _held(run: NetworkUpgrade) -> NetworkUpgrade:
    """The run as it is now, held until the transaction ends."""
    known = NetworkUpgrade.objects.select_for_update(of=("self",)).select_related("programme", "target")
    return known.get(pk=run.pk)


def _enqueue(run: NetworkUpgrade) -> None:
    from essaim.platform.programmes.tasks import carry_network  # the task calls this module

    carry_network.enqueue(run.pk)


@transaction.atomic
def stop(run: NetworkUpgrade) -> None:
    """Ask the passage to stop after the sites in hand, or give up one that waits to be confirmed."""
    run = _held(run)
    if run.is_active or run.state == State.FORESEEN:
        done = _("Arrêté à votre demande ; les sites déjà passés le restent.")
        _end(run, State.STOPPED, done if run.confirmed_at else _("Abandonné avant toute écriture."))


@transaction.atomic
def resume(run: NetworkUpgrade) -> None:
    """Take a stopped or interrupted work up again; the sites already seen are not seen twice."""
    run = _held(run)
    if run.is_active or run.state == State.FORESEEN:
        return
    run.state, run.message, run.finished_at = State.WAITING, "", None
    run.full_clean()
    run.save()
    _enqueue(run)


def carry_on(pk: int) -> None:
    """What the task does: foresee what has no forecast or, once confirmed, carry what has no step, until the last one
    or a stop."""
    run = NetworkUpgrade.objects.select_related("programme", "target", "author").get(pk=pk)
    if not run.is_active:
        return
    with writing_as(run.author):
        run.state = State.RUNNING
        run.save()
        carrier = Carrier(run.target)
        if run.confirmed_at is None:
            while _foresee(run, carrier):
                pass
            return
        for site_pk in _remaining(run):
            if not _carry(run, site_pk, carrier):
                return
        _end(run, State.DONE, "")


@transaction.atomic
def _foresee(run: NetworkUpgrade, carrier: Carrier) -> bool:
    """The forecasts of the next page of sites, all or none. ``False`` when nothing is left to foresee, or on a stop."""
    run = _held(run)
    if not run.is_active:
        return False
    left = sites.sites_behind(run.programme, run.target).exclude(pk__in=run.forecasts.values("site"))
    found = list(left.select_related("protocol_version")[:PAGE])
    if not found:
        _end(run, State.FORESEEN, "")
        return False
    revisions = sites.latest_revisions(found)
    judged = [carrier.foresee(site, revisions.get(site.pk)) for site in found]
    SiteForecast.objects.bulk_create(SiteForecast(run=run, **one.kept_as) for one in judged)
    return True


def _remaining(run: NetworkUpgrade) -> Iterator[int]:
    """The sites left, asked anew each time: one that joins meanwhile is taken too."""
    last = 0
    while True:
        behind = sites.sites_behind(run.programme, run.target).filter(pk__gt=last)
        following = behind.exclude(pk__in=run.steps.values("site")).values_list("pk", flat=True).first()
        if following is None:
            return
        last = following
        yield last


@transaction.atomic
def _carry(run: NetworkUpgrade, site_pk: int, carrier: Carrier) -> bool:
    """One site, whole: its revision and its step, or neither. ``False`` when the passage is to stop."""
    if not _held(run).is_active:
        return False
    site = sites.locked_site(site_pk)
    if site.protocol_version_id == run.target.pk or run.steps.filter(site=site).exists():
        return True  # moved by its people, or by another worker, since it was listed
    found = carrier.foresee(site, sites.current_adaptation(site))
    if found.upgrade is not None and found.outcome == Outcome.MOVED:
        found = _moved(found, found.upgrade, run)
    step = SiteUpgrade(run=run, **found.kept_as)
    step.full_clean()
    step.save()
    return True


def _moved(found: Foreseen, upgrade: Upgrade, run: NetworkUpgrade) -> Foreseen:
    """Write the site's next revision; a refusal leaves the site as it is and says why."""
    try:
        with transaction.atomic():
            sites.save_adaptation(found.site, settled(upgrade, {}).to_dict(), run.author)
    except ValidationError as error:
        return replace(found, outcome=Outcome.FAILED, message=" ".join(error.messages))
    return found


def _end(run: NetworkUpgrade, state: str, message: str) -> None:
    run.state, run.message, run.finished_at = state, message, timezone.now()
    run.save()


def give_up(pk: int) -> None:
    """What becomes of a passage whose every worker died."""
    run = NetworkUpgrade.objects.select_related("author").get(pk=pk)
    with writing_as(run.author):
        _end(
            run,
            State.FAILED,
            _("Interrompu trop de fois. Ce qui est fait est fait : reprendre continue de là."),
        )


def tally(run: NetworkUpgrade) -> Counter[str]:
    """How many sites so far, by outcome: foreseen, then carried once the passage is confirmed."""
    done = run.steps if run.confirmed_at else run.forecasts
    return Counter(done.values_list("outcome", flat=True))
