"""Organisations, memberships and invitations: every write goes through here."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from essaim.platform.audit import writing_as
from essaim.platform.organisations.models import Invitation, Membership, Organisation

if TYPE_CHECKING:
    from essaim.platform.accounts.models import User


def create_organisation(**fields: Any) -> Organisation:
    organisation = Organisation(**fields)
    organisation.full_clean()
    organisation.save()
    return organisation


@transaction.atomic
def found_organisation(name: str, kind: str, *, first_manager: "User") -> Organisation:
    """The organisation of that name, created when it is new, with its first manager."""
    with writing_as(first_manager):
        known = Organisation.objects.filter(name=name).first()
        organisation = known or create_organisation(name=name, slug=slugify(name)[:50], kind=kind)
        add_member(organisation, first_manager, Membership.Role.MANAGER)
    return organisation


def update_organisation(organisation: Organisation, **fields: Any) -> Organisation:
    for name, value in fields.items():
        setattr(organisation, name, value)
    organisation.full_clean()
    organisation.save()
    return organisation


def add_member(
    organisation: Organisation, user: "User", role: str, regions: Sequence[str] = ()
) -> Membership:
    membership = Membership(organisation=organisation, user=user, role=role, regions=list(regions))
    membership.full_clean()
    membership.save()
    return membership


def remove_member(membership: Membership) -> None:
    """End a membership; an organisation keeps at least one manager, or nobody could let the next one in."""
    managers = membership.organisation.memberships.filter(role=Membership.Role.MANAGER)
    if membership.role == Membership.Role.MANAGER and managers.count() == 1:
        raise ValidationError(
            _("%(name)s est la seule personne responsable : nommer d’abord quelqu’un d’autre.")
            % {"name": membership.user.name}
        )
    membership.delete()


@transaction.atomic
def invite(
    organisation: Organisation,
    *,
    email: str,
    role: str,
    by: "User",
    link: str,
    regions: Sequence[str] = (),
) -> Invitation:
    """Invite a person by e-mail. ``link`` is the page's address with ``TOKEN`` where the token goes."""
    invitation = Invitation(
        organisation=organisation, email=email.lower(), role=role, invited_by=by, regions=list(regions)
    )
    if organisation.memberships.filter(user__email=invitation.email).exists():
        raise ValidationError({"email": _("Cette personne fait déjà partie de l’organisation.")})
    invitation.full_clean()
    invitation.save()
    send_mail(
        _("%(name)s vous invite à rejoindre %(organisation)s sur Essaim")
        % {"name": by.name, "organisation": organisation.name},
        _(
            "Bonjour,\n\n%(name)s vous invite à rejoindre %(organisation)s sur Essaim.\n"
            "Ce lien vous est personnel ; il est valable trente jours :\n%(link)s\n"
        )
        % {
            "name": by.name,
            "organisation": organisation.name,
            "link": link.replace("TOKEN", invitation.token),
        },
        None,
        [invitation.email],
    )
    return invitation


def withdraw_invitation(invitation: Invitation) -> None:
    invitation.withdrawn_at = timezone.now()
    invitation.save()


@transaction.atomic
def accept_invitation(
    invitation: Invitation, *, user: "User | None" = None, name: str = "", password: str = ""
) -> "User":
    """Enter the organisation with ``user``, or with a new account opened for the invited address.

    Errors: ``ValidationError`` when the link no longer opens, or when ``user`` is not the person invited.
    """
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if not invitation.is_open:
        raise ValidationError(
            _("Ce lien a déjà servi ou n’est plus valable : demander une nouvelle invitation.")
        )
    if user is None:
        user = get_user_model().objects.create_user(invitation.email, password, name=name)
    elif user.email != invitation.email:
        raise ValidationError(
            _("Cette invitation est adressée à %(email)s : se connecter avec ce compte.")
            % {"email": invitation.email}
        )
    with writing_as(user):
        add_member(invitation.organisation, user, invitation.role, invitation.regions)
        invitation.accepted_at = timezone.now()
        invitation.save()
    return user


def organisation_by_slug(slug: str) -> Organisation:
    return Organisation.objects.get(slug=slug)


def find_organisation(slug: str) -> Organisation | None:
    return Organisation.objects.filter(slug=slug).first()


def structure_named(name: str, *, source: str = "", simulated: bool = False) -> Organisation:
    """The organisation of this name (case does not count), or a new receiving structure."""
    name = name.strip()
    known = Organisation.objects.filter(name__iexact=name).order_by("pk").first()
    if known:
        return known
    stem = slug = slugify(name)[:40] or "structure"
    number = 2
    while Organisation.objects.filter(slug=slug).exists():
        slug, number = f"{stem}-{number}", number + 1
    return create_organisation(
        slug=slug, name=name, kind=Organisation.Kind.STRUCTURE, source=source, simulated=simulated
    )


def organisations_of_kinds(*kinds: str) -> QuerySet[Organisation]:
    """Organisations of these kinds, by name."""
    return Organisation.objects.filter(kind__in=kinds)
