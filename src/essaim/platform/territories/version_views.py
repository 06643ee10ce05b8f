"""Versions of a study, frozen; two of them, of one study or of two, side by side."""

from itertools import zip_longest
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.formats import date_format

from essaim.platform.http import Request
from essaim.platform.programmes import services as programmes
from essaim.platform.territories import exports
from essaim.platform.territories.models import Version
from essaim.platform.territories.permissions import STUDY_POLICY
from essaim.platform.territories.version_reading import comparison_in_words
from essaim.platform.territories.views import file_response, page, study_for

if TYPE_CHECKING:
    from essaim.platform.programmes.models import Programme


def versions(request: Request, slug: str, pk: int) -> HttpResponse:
    found = study_for(request, slug, pk, "view")
    listed = list(found.versions.select_related("by").defer("inputs"))
    rows = list(zip_longest(listed, listed[1:]))
    others = len(_readable(request, found.programme)) > 1
    return page(request, found, "versions", rows=rows, others=others)


def compare(request: Request, slug: str) -> HttpResponse:
    """Choose two versions among the studies one may read, then see what moved and why."""
    programme = programmes.programme_for(request.user, slug)
    readable = _readable(request, programme)
    before, after = (_chosen(request, name, readable) for name in ("before", "after"))
    context = {"programme": programme, "choices": _choices(readable), "before": before, "after": after}
    if before is not None and after is not None:
        context |= comparison_in_words(before, after)
    return render(request, "territories/compare.html", context)


def _readable(request: Request, programme: "Programme") -> dict[int, Version]:
    """Versions of the programme's studies that the person may read, the last studies first."""
    every = Version.objects.filter(study__programme=programme).select_related("study")
    studies = programme.studies.defer("inputs", "result").select_related("programme")
    visible = {
        s.pk
        for s in studies.prefetch_related("programme__roles")
        if STUDY_POLICY.can(request.user, "view", s)
    }
    listed = every.defer("inputs", "result", "document", "study__inputs", "study__result")
    kept = [version for version in listed if version.study_id in visible]
    return {version.pk: version for version in sorted(kept, key=lambda v: (-v.study_id, -v.number))}


def _choices(readable: dict[int, Version]) -> list[tuple[int, str]]:
    return [
        (pk, f"{version.study.title} – {version.number} ({date_format(version.made_at, 'j F Y')})")
        for pk, version in readable.items()
    ]


def _chosen(request: Request, name: str, readable: dict[int, Version]) -> Version | None:
    """The version asked for; 404 when it is not one that the person may read."""
    asked = request.GET.get(name, "")
    if not asked:
        return None
    if not asked.isdigit() or int(asked) not in readable:
        raise Http404
    return readable[int(asked)]


def version_file(request: Request, slug: str, pk: int, number: int, kind: str) -> HttpResponse:
    """The YAML or the values of one version: what replays it."""
    found = study_for(request, slug, pk, "export")
    version = get_object_or_404(found.versions, number=number)
    name = f"{slug}-etude-{pk}-version-{number}"
    if kind == "study.yaml":
        return file_response(exports.study_yaml(version), "application/yaml", f"{name}.yaml")
    if kind == "data.csv":
        return file_response(exports.data_csv(version), "text/csv", f"{name}-donnees.csv")
    raise Http404
