"""The toolbox: tools and their versions, forks and offers, and who is to be told that a tool moved."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from essaim.platform.programmes import services as programmes
from essaim.platform.sites.services import received_by
from essaim.platform.todo import Todo
from essaim.platform.toolbox.files import check_file, fingerprint
from essaim.platform.toolbox.models import Tool, ToolUse, ToolVersion
from essaim.platform.toolbox.permissions import POLICY

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User
    from essaim.platform.programmes.models import Programme, Proposal
    from essaim.platform.sites.models import Site
    from essaim.protocol.document import Tool as ProtocolTool


def tools_of(programme: "Programme") -> QuerySet[Tool]:
    """Every tool by title, with its site, its versions, its origin and its uses fetched."""
    return (
        Tool.objects.filter(programme=programme)
        .select_related("site", "origin__tool__site")
        .prefetch_related("versions", "uses")
    )


def tool_for(user: Any, slug: str, pk: int, action: str = "view") -> Tool:
    """The tool when ``user`` may do ``action`` on it; 404 when it is foreign to them, 403 otherwise."""
    found = Tool.objects.select_related(
        "programme", "site__programme", "origin__tool__site"
    ).prefetch_related(
        "versions__author", "versions__source__tool__site", "programme__roles", "site__structures"
    )
    tool = found.filter(pk=pk, programme__slug=slug).first()
    if tool is None:
        raise Http404
    POLICY.require(user, action, tool)
    return tool


def not_yet_here(programme: "Programme") -> list["ProtocolTool"]:
    """Tools that the protocol in force names and that the toolbox does not hold yet."""
    version = programmes.current_version(programme)
    held = set(programme.tools.filter(site=None).values_list("protocol_id", flat=True))
    return [tool for tool in version.protocol.tools if tool.id not in held] if version else []


@transaction.atomic
def add_tool(
    programme: "Programme", *, title: str, by: "User", file: Any = None, url: str = "", **fields: Any
) -> Tool:
    """A tool of the network with its first version, a file or a link.

    Raises:
        ValidationError: neither or both were given, or the file is one the toolbox does not take.
    """
    tool = Tool(programme=programme, title=title, **fields)
    tool.full_clean()
    tool.save()
    add_version(tool, by=by, file=file, url=url)
    return tool


@transaction.atomic
def add_version(
    tool: Tool,
    *,
    by: "User",
    file: Any = None,
    url: str = "",
    note: str = "",
    source: ToolVersion | None = None,
) -> ToolVersion:
    """The next version of a tool; the earlier ones stay to be read. Errors as :func:`add_tool`."""
    tool = Tool.objects.select_for_update(of=("self",)).get(pk=tool.pk)
    last = tool.versions.order_by("-number").first()
    version = ToolVersion(
        tool=tool, number=last.number + 1 if last else 1, url=url, note=note, source=source, author=by
    )
    if file:
        check_file(file)
        version.filename, version.size, version.sha256 = file.name[-200:], file.size, fingerprint(file)
        version.file = file
    version.full_clean()
    version.save()
    return version


@transaction.atomic
def fork(version: ToolVersion, site: "Site", *, by: "User") -> Tool:
    """The site's own tool, begun from ``version``; its lineage stays.

    Raises:
        ValidationError: the site is of another programme.
    """
    if site.programme_id != version.tool.programme_id:
        raise ValidationError(_("Ce site est celui d’un autre programme."))
    begun = version.tool
    own = Tool(
        programme=begun.programme,
        site=site,
        origin=version,
        title=begun.title,
        kind=begun.kind,
        description=begun.description,
        simulated=site.simulated,
    )
    own.full_clean()
    own.save()
    _copy(version, own, by=by, note=_("Copie de départ."))
    return own


def _copy(version: ToolVersion, tool: Tool, *, by: "User", note: str) -> ToolVersion:
    if not version.file:
        return add_version(tool, by=by, url=version.url, note=note, source=version)
    with version.file.open("rb") as stream:
        copy = ContentFile(stream.read(), name=version.filename)
    return add_version(tool, by=by, file=copy, note=note, source=version)


def use(tool: Tool, site: "Site") -> ToolUse:
    """The site uses the last version of the tool; it will be told of the next ones.

    Raises:
        ValidationError: the site is of another programme.
    """
    if site.programme_id != tool.programme_id:
        raise ValidationError(_("Ce site est celui d’un autre programme."))
    used = ToolUse.objects.filter(site=site, tool=tool).first() or ToolUse(site=site, tool=tool)
    used.version = tool.latest
    used.full_clean()
    used.save()
    return used


def stop_using(tool: Tool, site: "Site") -> None:
    for used in ToolUse.objects.filter(site=site, tool=tool):
        used.delete()


def catch_up(tool: Tool) -> Tool:
    """The site has read what became of the tool it started from: its fork now answers to the last version of it."""
    if tool.origin:
        tool.origin = tool.origin.tool.latest
        tool.full_clean()
        tool.save()
    return tool


@transaction.atomic
def offer(tool: Tool, *, text: str, by: "User") -> "Proposal":
    """Offer a site's tool back to the network: a proposal, discussed and decided as any other.

    Raises:
        ValidationError: the tool is not a site's, or its last version is already offered.
    """
    if tool.site is None:
        raise ValidationError(_("Cet outil est déjà celui du réseau."))
    last = tool.latest
    if last.proposals.exists():  # type: ignore[attr-defined]
        raise ValidationError(_("Cette version est déjà proposée : la discussion est ouverte ou close."))
    return programmes.propose(
        tool.programme,
        title=_("Outil : %(title)s") % {"title": tool.title},
        text=text,
        by=by,
        site=tool.site,
        tool_version=last,
        simulated=tool.simulated,
    )


def taken_over(proposal: "Proposal", *, by: "User") -> ToolVersion:
    """What an accepted offer becomes: the next version of the tool it was forked from, or a new tool of the network."""
    version: ToolVersion = proposal.tool_version  # type: ignore[assignment]
    already = version.taken_over.filter(tool__site=None).first()  # type: ignore[attr-defined]
    if already:
        return already  # type: ignore[no-any-return]
    mine = version.tool
    theirs = mine.origin.tool if mine.origin and mine.origin.tool.site_id is None else None
    if theirs is None:
        theirs = Tool(
            programme=mine.programme,
            title=mine.title,
            kind=mine.kind,
            description=mine.description,
            simulated=mine.simulated,
        )
        theirs.full_clean()
        theirs.save()
    note = _("Reprise de %(who)s.") % {"who": proposal.credit}
    return _copy(version, theirs, by=by, note=note)


def todo_for(user: Any) -> list[Todo]:
    """Tools that moved since the person's sites took them, or since they forked them."""
    mine = list(received_by(user))
    if not mine:
        return []
    used = ToolUse.objects.filter(site__in=mine).select_related("site__programme", "version")
    forked = Tool.objects.filter(site__in=mine, origin__isnull=False).select_related(
        "site__programme", "origin__tool"
    )
    moved = [
        *(
            (one.tool, one.tool, one.site, one.version.number)
            for one in used.prefetch_related("tool__versions")
        ),
        *(
            (one.origin.tool, one, one.site, one.origin.number)
            for one in forked.prefetch_related("origin__tool__versions")
            if one.origin and one.site
        ),
    ]
    return [
        Todo(
            _("Regarder la version %(number)s de l’outil « %(title)s »")
            % {"number": tool.latest.number, "title": tool.title},
            reverse("toolbox:tool", args=[site.programme.slug, shown.pk]),
            f"{site.programme.title} – {site.name}",
        )
        for tool, shown, site, number in moved
        if tool.latest.number > number
    ]
