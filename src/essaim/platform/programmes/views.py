"""Public pages of programmes and protocols, and their presentation; documents are in ``views_documents``."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from essaim.platform.http import Request
from essaim.platform.programmes import services
from essaim.platform.programmes.forms import ProgrammeForm
from essaim.platform.programmes.lives import histories, lives
from essaim.platform.programmes.models import Programme, ProtocolVersion
from essaim.platform.programmes.permissions import POLICY
from essaim.platform.programmes.reading import read
from essaim.platform.programmes.views_documents import published_version


@login_not_required
def programmes(request: Request) -> HttpResponse:
    published = (
        ProtocolVersion.objects.filter(state=ProtocolVersion.State.PUBLISHED)
        .order_by("-published_at", "-pk")
        .only("number", "programme_id")
    )
    cards: dict[bool, list[dict[str, object]]] = {True: [], False: []}
    found = Programme.objects.prefetch_related(
        "roles", Prefetch("versions", queryset=published, to_attr="published")
    )
    for programme in found:
        can = POLICY.actions(request.user, programme)
        if "view" in can:
            number = programme.published[0].number if programme.published else ""  # type: ignore[attr-defined]
            cards["view_network" in can].append({"programme": programme, "number": number})
    return render(request, "programmes/programmes.html", {"mine": cards[True], "others": cards[False]})


@login_not_required
def detail(request: Request, slug: str) -> HttpResponse:
    programme = services.programme_for(request.user, slug)
    version = services.current_version(programme)
    innovation = services.innovation_of(programme)
    context = {
        "programme": programme,
        "can": POLICY.actions(request.user, programme),
        "version": version,
        "protocol": version.protocol if version else None,
        "roles": programme.roles.select_related("organisation"),
        "frames": programme.frames.select_related("frame"),
        "innovation": innovation,
        "decisions": innovation.decisions.all() if innovation else [],
    }
    return render(request, "programmes/detail.html", context)


def edit(request: Request, slug: str) -> HttpResponse:
    programme = services.programme_for(request.user, slug, "edit")
    form = ProgrammeForm(request.POST or None, instance=programme)
    if request.method == "POST" and form.is_valid():
        services.update_programme(programme, **form.cleaned_data)
        messages.success(request, _("Présentation enregistrée."))
        return redirect("programmes:detail", slug=slug)
    context = {
        "programme": programme,
        "form": form,
        "title": _("Modifier la présentation"),
        "submit": _("Enregistrer"),
        "back": reverse("programmes:detail", args=[slug]),
    }
    return render(request, "programmes/edit.html", context)


@login_not_required
def protocol(request: Request, slug: str, number: str = "") -> HttpResponse:
    """The version in force, or the one of this number."""
    programme = services.programme_for(request.user, slug, "view_protocol")
    current = services.current_version(programme)
    version = published_version(programme, number) if number else current
    if version is None:
        can = POLICY.actions(request.user, programme)
        return render(request, "programmes/protocol_none.html", {"programme": programme, "can": can})
    context = {
        "programme": programme,
        "version": version,
        "reading": read(version.protocol),
        "lives": lives(version),
        "histories": histories(version),
        "is_current": version == current,
        "can": POLICY.actions(request.user, programme),
    }
    return render(request, "programmes/protocol.html", context)


@login_not_required
def versions(request: Request, slug: str) -> HttpResponse:
    programme = services.programme_for(request.user, slug, "view_protocol")
    published = services.published_versions(programme)
    rows = list(zip(published, [*published[1:], None], strict=True))
    return render(request, "programmes/versions.html", {"programme": programme, "rows": rows})


@login_not_required
def compare(request: Request, slug: str, old: str, new: str) -> HttpResponse:
    """What changed from a published version to another."""
    programme = services.programme_for(request.user, slug, "view_protocol")
    before, after = published_version(programme, old), published_version(programme, new)
    context = {
        "programme": programme,
        "old": before,
        "new": after,
        "groups": services.compare(before, after),
    }
    return render(request, "programmes/compare.html", context)
