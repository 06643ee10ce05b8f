"""Which version each site follows, and where its adaptation stands."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db.models import OuterRef, QuerySet, Subquery

from essaim.platform.sites.models import AdaptationRevision, Site

if TYPE_CHECKING:
    from essaim.platform.programmes.models import Programme, ProtocolVersion


def latest_revisions(sites: Iterable[Site]) -> dict[int, AdaptationRevision]:
    """The last revision of each site that decided something, by site; one query."""
    last = AdaptationRevision.objects.filter(site=OuterRef("site")).order_by("-number").values("number")[:1]
    found = AdaptationRevision.objects.filter(site__in=list(sites), number=Subquery(last))
    return {revision.site_id: revision for revision in found}


def sites_behind(programme: "Programme", target: "ProtocolVersion") -> QuerySet[Site]:
    """Live sites on a version published before ``target``, in the order in which they are taken."""
    return (
        Site.objects.filter(programme=programme, protocol_version__published_at__lte=target.published_at)
        .exclude(stage=Site.Stage.ENDED)
        .exclude(protocol_version=target)
        .order_by("pk")
    )


def locked_site(pk: int) -> Site:
    """The site as it is now, held until the transaction ends."""
    found = Site.objects.select_for_update(of=("self",)).select_related("programme", "protocol_version")
    return found.get(pk=pk)
