"""What screens show of many sites at once, in a bounded number of queries."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.db.models import Count, DateField, IntegerField, Min, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from essaim.platform.dates import bounds
from essaim.platform.sites.models import BudgetLine, Commitment, CopilMeeting, Milestone, Site, Wave
from essaim.platform.sites.territory import region_names

AMOUNTS = ("planned", "granted", "spent", "days_planned", "days_spent")


def site_table(
    sites: QuerySet[Site], filters: Mapping[str, str] = MappingProxyType({})
) -> list[tuple[Any, date | None]]:
    """Sites with ``late`` (milestones past due), each with the date of its next step or meeting (or ``None``).

    ``filters`` may hold ``stage``, ``region``, ``wave`` (a number), ``late`` (« 1 ») and ``text``.
    """
    today = timezone.localdate()
    waiting = Milestone.objects.filter(site=OuterRef("pk"), done_on=None).order_by().values("site")
    meetings = CopilMeeting.objects.filter(site=OuterRef("pk"), held_on__gte=today).order_by().values("site")
    table = (
        sites.filter(_condition(filters))
        .select_related("wave", "protocol_version")
        .prefetch_related("structures")
        .annotate(
            late=Subquery(
                waiting.filter(due__lt=today).annotate(n=Count("pk")).values("n"),
                output_field=IntegerField(),
            ),
            next_step=Subquery(
                waiting.filter(due__gte=today).annotate(d=Min("due")).values("d"), output_field=DateField()
            ),
            next_meeting=Subquery(meetings.annotate(d=Min("held_on")).values("d"), output_field=DateField()),
        )
    )
    if filters.get("late"):
        table = table.filter(late__gt=0)
    return [(site, _next_date(site)) for site in table]


def _condition(filters: Mapping[str, str]) -> Q:
    condition = Q()
    if filters.get("stage"):
        condition &= Q(stage=filters["stage"])
    if filters.get("region"):
        condition &= Q(region_code=filters["region"])
    if filters.get("wave", "").isdigit():
        condition &= Q(wave__number=int(filters["wave"]))
    if filters.get("text"):
        text = filters["text"]
        condition &= (
            Q(name__icontains=text) | Q(territory_name__icontains=text) | Q(structures__name__icontains=text)
        )
        return Q(pk__in=Site.objects.filter(condition).values("pk"))
    return condition


def _next_date(site: Any) -> date | None:
    return min((day for day in (site.next_step, site.next_meeting) if day), default=None)


def filter_choices(sites: QuerySet[Site]) -> dict[str, list[tuple[str, str]]]:
    """Values that the filters of the table offer: only those that some site has."""
    rows = list(
        sites.order_by().values_list("stage", "region_code", "wave__number", "wave__title").distinct()
    )
    names = region_names()
    stages, regions = {row[0] for row in rows}, {row[1] for row in rows if row[1]}
    waves = {(row[2], row[3]) for row in rows if row[2] is not None}
    return {
        "stage": [(value, str(label)) for value, label in Site.Stage.choices if value in stages],
        "region": sorted(((code, names[code]) for code in regions), key=lambda pair: pair[1]),
        "wave": [
            (str(number), f"{number}" + (f" – {title}" if title else "")) for number, title in sorted(waves)
        ],
    }


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of budget lines; ``None`` where no line says anything, so that unknown never reads as zero."""

    planned: Decimal | None
    granted: Decimal | None
    spent: Decimal | None
    days_planned: Decimal | None
    days_spent: Decimal | None


def totals(lines: Iterable[BudgetLine]) -> Totals:
    lines = list(lines)

    def total(name: str) -> Decimal | None:
        known = [getattr(line, name) for line in lines if getattr(line, name) is not None]
        return sum(known, Decimal(0)) if known else None

    return Totals(*(total(name) for name in AMOUNTS))


def money_of(commitments: Iterable[Commitment]) -> dict[str, Any]:
    """Commitments with their lines, totals by year and over all (lines must be prefetched)."""
    commitments = list(commitments)
    lines = [line for commitment in commitments for line in commitment.lines.all()]
    years = sorted({line.year for line in lines})
    return {
        "commitments": commitments,
        "years": [(year, totals(line for line in lines if line.year == year)) for year in years],
        "total": totals(lines) if lines else None,
        "ending": [c for c in commitments if c.is_ending],
    }


@dataclass(frozen=True, slots=True)
class WaveRow:
    """A wave with its sites; ``wave`` is ``None`` for the sites in no wave."""

    wave: Wave | None
    sites: list[Site]

    @property
    def opened(self) -> int:
        return sum(site.has_opened for site in self.sites)


def wave_plan(waves: Iterable[Wave], sites: Iterable[Site]) -> list[WaveRow]:
    """Waves in order, each with its sites, then the sites in no wave (when there are any)."""
    by_wave: dict[int | None, list[Site]] = {}
    for site in sites:
        by_wave.setdefault(site.wave_id, []).append(site)
    rows = [WaveRow(wave, by_wave.get(wave.pk, [])) for wave in waves]
    return [*rows, WaveRow(None, by_wave[None])] if None in by_wave else rows


def openings_by_year(sites: Iterable[Site]) -> list[tuple[int, int, int]]:
    """(year, openings that year, openings so far) over the sites whose opening is dated."""
    counts = Counter(bounds(site.opened_on)[0].year for site in sites if site.opened_on)
    so_far, rows = 0, []
    for year in sorted(counts):
        so_far += counts[year]
        rows.append((year, counts[year], so_far))
    return rows
