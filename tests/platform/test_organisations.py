"""Organisations, memberships, invitations."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from essaim.platform.organisations import services
from essaim.platform.organisations.models import Membership


def test_an_invitation_opens_an_account_and_a_membership_once(make, client, mailoutbox) -> None:
    organisation = make.organisation("Structure d’accueil", kind="structure")
    manager = make.member(organisation)
    client.force_login(manager)
    client.post(
        reverse("organisations:invite", args=[organisation.slug]),
        {"email": "Nouvelle@exemple.test", "role": "member"},
    )
    client.logout()
    link = re.search(r"http://testserver(\S+)", mailoutbox[0].body).group(1)
    assert client.get(link).status_code == 200
    response = client.post(link, {"name": "Nouvelle Personne", "password": "une longue phrase de passe"})
    assert response.status_code == 302
    membership = Membership.objects.get(user__email="nouvelle@exemple.test")
    assert membership.organisation == organisation
    client.logout()
    client.post(link, {"name": "Intruse", "password": "une longue phrase de passe"})
    assert Membership.objects.filter(organisation=organisation).count() == 2


def test_an_expired_invitation_opens_nothing(make) -> None:
    organisation = make.organisation()
    manager = make.member(organisation)
    invitation = services.invite(
        organisation, email="a@b.fr", role="member", by=manager, link="http://x/TOKEN"
    )
    invitation.expires_at = timezone.now() - timedelta(days=1)
    invitation.save()
    with pytest.raises(ValidationError):
        services.accept_invitation(invitation, name="A", password="une longue phrase de passe")


def test_an_invitation_is_only_for_the_person_invited(make) -> None:
    organisation = make.organisation()
    manager = make.member(organisation)
    invitation = services.invite(
        organisation, email="a@b.fr", role="member", by=manager, link="http://x/TOKEN"
    )
    with pytest.raises(ValidationError, match=re.escape("a@b.fr")):
        services.accept_invitation(invitation, user=make.user("Autre"))


def test_an_organisation_keeps_at_least_one_manager(make) -> None:
    organisation = make.organisation()
    manager = make.member(organisation)
    with pytest.raises(ValidationError):
        services.remove_member(manager.memberships.get())
