"""Carrying a whole network to a new version: one transaction a site, so that a death at any point loses nothing.

A site moves by itself when nothing of it is disputed and no decision of it stops applying; the others are left as they
are, for their people. What is done is known by the steps written with each revision, so the work goes on where it was.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from essaim.platform.audit import writing_as
from essaim.platform.programmes.adapting import adaptation_on
from essaim.platform.programmes.models import NetworkUpgrade, Programme, ProtocolVersion, SiteUpgrade
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


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would become of one site; ``upgrade`` is ``None`` when its adaptation cannot be read."""

    site: "Site"
    outcome: str
    upgrade: Upgrade | None
    message: str = ""

    @property
    def counts(self) -> dict[str, int]:
        if self.upgrade is None:
            return {}
        return {
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
        try:
            plan = self._plan(site)
            upgrade = plan.apply(adaptation_on(plan.base, site, revision))
        except (InvalidDocument, ValueError) as error:
            return Foreseen(site, Outcome.FAILED, None, str(error))
        waits = upgrade.conflicts or any(one.decision.status != "kept" for one in upgrade.retired)
        return Foreseen(site, Outcome.WAITS if waits else Outcome.MOVED, upgrade)

    def _plan(self, site: "Site") -> Plan:
        version = site.protocol_version
        assert version is not None, "only sites that follow a version are carried"
        if version.pk not in self._plans:
            self._plans[version.pk] = prepare(version.protocol, self._new)
        return self._plans[version.pk]


def foresee(programme: Programme, target: ProtocolVersion) -> list[Foreseen]:
    """What a passage to ``target`` would do to each site behind it; nothing is written."""
    behind = list(sites.sites_behind(programme, target).select_related("protocol_version"))
    revisions = sites.latest_revisions(behind)
    carrier = Carrier(target)
    return [carrier.foresee(site, revisions.get(site.pk)) for site in behind]


def start(programme: Programme, *, by: "User") -> NetworkUpgrade:
    """Begin the passage of the network to the version in force, in the background.

    Raises:
        ValidationError: no site is behind, or a passage is already under way.
    """
    target = current_version(programme)
    behind = sites.sites_behind(programme, target).count() if target else 0
    if target is None or not behind:
        raise ValidationError(_("Tous les sites suivent déjà la version en vigueur."))
    run = NetworkUpgrade(programme=programme, target=target, author=by, total=behind)
    run.full_clean()
    run.save()
    _enqueue(run)
    return run


def _enqueue(run: NetworkUpgrade) -> None:
    from essaim.platform.programmes.tasks import carry_network  # the task calls this module

    carry_network.enqueue(run.pk)


@transaction.atomic
def stop(run: NetworkUpgrade) -> None:
    """Ask the passage to stop after the site in hand; what is done stays done."""
    run = NetworkUpgrade.objects.select_for_update().get(pk=run.pk)
    if run.is_active:
        _end(run, State.STOPPED, _("Arrêté à votre demande ; les sites déjà passés le restent."))


@transaction.atomic
def resume(run: NetworkUpgrade) -> None:
    """Take a stopped or interrupted passage up again; the sites already seen are not seen twice."""
    run = NetworkUpgrade.objects.select_for_update().get(pk=run.pk)
    if run.is_active:
        return
    run.state, run.message, run.finished_at = State.WAITING, "", None
    run.full_clean()
    run.save()
    _enqueue(run)


def carry_on(pk: int) -> None:
    """What the task does: every site that has no step yet, until the last one or a stop."""
    run = NetworkUpgrade.objects.select_related("programme", "target", "author").get(pk=pk)
    if not run.is_active:
        return
    with writing_as(run.author):
        run.state = State.RUNNING
        run.save()
        carrier = Carrier(run.target)
        for site_pk in _remaining(run):
            if not _carry(run, site_pk, carrier):
                return
        _end(run, State.DONE, "")


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
    if not NetworkUpgrade.objects.select_for_update().get(pk=run.pk).is_active:
        return False
    site = sites.locked_site(site_pk)
    if site.protocol_version_id == run.target.pk or run.steps.filter(site=site).exists():
        return True  # moved by its people, or by another worker, since it was listed
    found = carrier.foresee(site, sites.current_adaptation(site))
    if found.upgrade is not None and found.outcome == Outcome.MOVED:
        found = _moved(found, found.upgrade, run)
    step = SiteUpgrade(
        run=run,
        site=site,
        from_version=site.protocol_version.number if site.protocol_version else "",
        outcome=found.outcome,
        message=found.message,
        **found.counts,
    )
    step.full_clean()
    step.save()
    return True


def _moved(found: Foreseen, upgrade: Upgrade, run: NetworkUpgrade) -> Foreseen:
    """Write the site's next revision; a refusal leaves the site as it is and says why."""
    try:
        with transaction.atomic():
            sites.save_adaptation(found.site, settled(upgrade, {}).to_dict(), run.author)
    except ValidationError as error:
        return Foreseen(found.site, Outcome.FAILED, upgrade, " ".join(error.messages))
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
    """How many sites so far, by outcome."""
    return Counter(run.steps.values_list("outcome", flat=True))
