"""Who may do what with a campaign and with an application.

The receiving side sees its own applications only; the network sees an application once it is no longer a draft;
a regional animator sees those of their regions.
"""

from typing import TYPE_CHECKING, Any

from essaim.platform.campaigns.models import Application, Campaign
from essaim.platform.organisations.permissions import memberships, organisation_ids
from essaim.platform.programmes.permissions import animator_regions, roles_on_programme
from essaim.platform.rights import ANY_STATE, Policy, actions

if TYPE_CHECKING:
    from essaim.platform.organisations.models import Organisation

_READ = actions("view")
CAMPAIGN_ABILITIES = {
    "network": {
        ANY_STATE: actions("view", "edit"),
        "draft": actions("publish"),
        "announced": actions("invite", "view_applications", "close"),
        "open": actions("invite", "view_applications", "close"),
        "closed": actions("view_applications"),
    },
    "animator": {
        ANY_STATE: _READ,
        "announced": actions("invite", "view_applications"),
        "open": actions("invite", "view_applications"),
        "closed": actions("view_applications"),
    },
    "receiver": {"announced": _READ, "open": actions("view", "apply"), "closed": _READ},
    "funder": {"announced": _READ, "open": _READ, "closed": _READ},
    "evaluator": {"announced": _READ, "open": _READ, "closed": _READ},
    "partner": {"announced": _READ, "open": _READ, "closed": _READ},
    "member": {"announced": _READ, "open": _READ, "closed": _READ},
    "public": {"announced": _READ, "open": _READ, "closed": _READ},
}

APPLICATION_ABILITIES = {
    "receiver": {
        ANY_STATE: _READ,
        "draft": actions("edit", "submit", "withdraw", "commit_team"),
        "in_path": actions("edit", "submit", "withdraw", "commit_team"),
        "submitted": actions("withdraw", "commit_team"),
        "confirmed": actions("withdraw", "commit_team"),
    },
    "network": {
        "in_path": actions("view", "record_step", "decide"),
        "submitted": actions("view", "record_step", "decide"),
        "confirmed": _READ,
        "declined": _READ,
        "withdrawn": _READ,
    },
    "animator": {
        "in_path": actions("view", "record_step"),
        "submitted": actions("view", "record_step"),
        "confirmed": _READ,
        "declined": _READ,
        "withdrawn": _READ,
    },
}

RECEIVING_KINDS = frozenset({"structure", "authority", "other"})


def eligible_organisations(user: Any, campaign: Campaign) -> "list[Organisation]":
    """Organisations in whose name the user may apply: a receiving kind, invited when the campaign asks for it."""
    mine = [
        membership.organisation
        for membership in memberships(user)
        if membership.role != "animator" and membership.organisation.kind in RECEIVING_KINDS
    ]
    if campaign.audience != Campaign.Audience.INVITED:
        return mine
    invited = {invitation.organisation_id for invitation in campaign.invitations.all()}
    return [organisation for organisation in mine if organisation.pk in invited]


def _campaign_roles(user: Any, campaign: Campaign) -> frozenset[str]:
    roles = set(roles_on_programme(user, campaign.programme))
    if campaign.audience != Campaign.Audience.PUBLIC:
        roles.discard("public")
    if campaign.audience == Campaign.Audience.INVITED:
        roles.discard("member")
    if eligible_organisations(user, campaign):
        roles.add("receiver")
    return frozenset(roles)


def _application_roles(user: Any, application: Application) -> frozenset[str]:
    programme = application.campaign.programme
    roles = roles_on_programme(user, programme) & {"network"}
    if application.region in animator_regions(user, programme):
        roles |= {"animator"}
    if application.organisation_id in organisation_ids(user, "manager", "member"):
        roles |= {"receiver"}
    return roles


CAMPAIGN_POLICY: Policy[Campaign] = Policy(
    abilities=CAMPAIGN_ABILITIES, roles=_campaign_roles, state=lambda campaign: campaign.phase
)
APPLICATION_POLICY: Policy[Application] = Policy(
    abilities=APPLICATION_ABILITIES, roles=_application_roles, state=lambda application: application.state
)
