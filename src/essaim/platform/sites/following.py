"""Which version each site follows, and where its adaptation stands."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from essaim.platform.sites.models import AdaptationRevision, Site

if TYPE_CHECKING:
    from essaim.platform.programmes.models import Programme, ProtocolVersion


def latest_revisions(sites: Iterable[Site]) -> dict[int, AdaptationRevision]:
    """The last revision of each site that decided something, by site; one query."""
    return {revision.site_id: revision for revision in last_of(Q(site__in=list(sites)))}


def last_of(condition: Q) -> QuerySet[AdaptationRevision]:
    """The revisions that meet ``condition`` and that no later one of their site replaces."""
    last = AdaptationRevision.objects.filter(site=OuterRef("site")).order_by("-number").values("number")[:1]
    return AdaptationRevision.objects.filter(condition, number=Subquery(last))


def derogations_in(document: Mapping[str, Any]) -> dict[str, Any]:
    """What a revision says of its derogations, for lists to find them: how many are asked, refused, and until when."""
    found = [d["derogation"] for d in document.get("decisions", []) if d.get("derogation")]
    states = [one["state"] for one in found]
    ends = [one["until"] for one in found if one["state"] == "granted" and one.get("until")]
    return {
        "asked": states.count("requested"),
        "refused": states.count("refused"),
        "granted_until": min(ends, default=""),
    }


def sites_behind(programme: "Programme", target: "ProtocolVersion") -> QuerySet[Site]:
    """Live sites on a version published before ``target``, in the order in which they are taken."""
    return (
        Site.objects.filter(programme=programme, protocol_version__published_at__lte=target.published_at)
        .exclude(stage=Site.Stage.ENDED)
        .exclude(protocol_version=target)
        .order_by("pk")
    )


def following(version: "ProtocolVersion") -> QuerySet[Site]:
    """Live sites that follow this version, in the order in which they are taken."""
    return Site.objects.filter(protocol_version=version).exclude(stage=Site.Stage.ENDED).order_by("pk")


def locked_site(pk: int) -> Site:
    """The site as it is now, held until the transaction ends."""
    found = Site.objects.select_for_update(of=("self",)).select_related("programme", "protocol_version")
    return found.get(pk=pk)
