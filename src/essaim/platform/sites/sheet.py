"""What a funder reads on one page: sites, waves, money, and what nobody knows."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from essaim.platform.sites import overview
from essaim.platform.sites.models import Site

if TYPE_CHECKING:
    from essaim.platform.programmes.models import Programme


def sheet_of(programme: "Programme") -> dict[str, Any]:
    sites = list(Site.objects.filter(programme=programme).select_related("wave"))
    commitments = list(programme.commitments.select_related("site").prefetch_related("lines"))
    stages = Counter(site.stage for site in sites)
    return {
        "programme": programme,
        "on": timezone.localdate(),
        "total": len(sites),
        "simulated": sum(site.simulated for site in sites),
        "any_simulated": any(s.simulated for s in sites) or any(c.simulated for c in commitments),
        "stages": [(label, stages[value]) for value, label in Site.Stage.choices if stages[value]],
        "waves": overview.wave_plan(programme.waves.all(), sites),
        "years": overview.openings_by_year(sites),
        "money": overview.money_of(commitments),
        "unknowns": _unknowns(programme, sites, commitments),
    }


def _unknowns(programme: "Programme", sites: list[Site], commitments: list[Any]) -> list[str]:
    """What the page cannot say, in words: an empty cell must not pass for a zero."""
    said = []
    if programme.sites_completeness != "complete":
        said.append(_("La liste des sites n’est pas donnée pour complète par ses sources."))
    undated = sum(site.has_opened and not site.opened_on for site in sites)
    if undated:
        said.append(
            ngettext(
                "Date d’ouverture inconnue pour %(count)s site.",
                "Date d’ouverture inconnue pour %(count)s sites.",
                undated,
            )
            % {"count": undated}
        )
    unstaged = sum(site.stage in (Site.Stage.OPEN, Site.Stage.UNKNOWN) for site in sites)
    if unstaged:
        said.append(
            ngettext(
                "Stade de mise en œuvre non précisé pour %(count)s site.",
                "Stade de mise en œuvre non précisé pour %(count)s sites.",
                unstaged,
            )
            % {"count": unstaged}
        )
    unfunded = len(sites) - len({c.site_id for c in commitments if c.site_id})
    if unfunded:
        said.append(
            ngettext(
                "Aucun financement enregistré pour %(count)s site.",
                "Aucun financement enregistré pour %(count)s sites.",
                unfunded,
            )
            % {"count": unfunded}
        )
    if not any(c.site_id is None for c in commitments):
        said.append(_("Le coût du travail propre du réseau (ingénierie, animation) n’est pas enregistré."))
    lines = [line for c in commitments for line in c.lines.all()]
    unspent = sum(line.spent is None for line in lines)
    if unspent:
        said.append(
            ngettext(
                "Dépense non renseignée pour %(count)s ligne de budget.",
                "Dépense non renseignée pour %(count)s lignes de budget.",
                unspent,
            )
            % {"count": unspent}
        )
    return said
