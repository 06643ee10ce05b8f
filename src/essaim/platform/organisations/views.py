"""Pages of organisations and invitations."""

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from essaim.platform.http import Request
from essaim.platform.new_account import NewAccountForm
from essaim.platform.organisations import services
from essaim.platform.organisations.forms import InvitationForm, OrganisationForm
from essaim.platform.organisations.models import Invitation, Membership, Organisation
from essaim.platform.organisations.permissions import POLICY


def detail(request: Request, slug: str) -> HttpResponse:
    organisation = get_object_or_404(Organisation, slug=slug)
    POLICY.require(request.user, "view", organisation)
    can = POLICY.actions(request.user, organisation)
    people = organisation.memberships.select_related("user") if "view_people" in can else []
    invitations = [i for i in organisation.invitations.all() if i.is_open] if "invite" in can else []
    return render(
        request,
        "organisations/detail.html",
        {"organisation": organisation, "can": can, "people": people, "invitations": invitations},
    )


def edit(request: Request, slug: str) -> HttpResponse:
    organisation = get_object_or_404(Organisation, slug=slug)
    POLICY.require(request.user, "edit", organisation)
    form = OrganisationForm(request.POST or None, instance=organisation)
    if request.method == "POST" and form.is_valid():
        services.update_organisation(organisation, **form.cleaned_data)
        messages.success(request, _("Organisation enregistrée."))
        return redirect("organisations:detail", slug=slug)
    return render(request, "organisations/edit.html", {"organisation": organisation, "form": form})


def invite(request: Request, slug: str) -> HttpResponse:
    organisation = get_object_or_404(Organisation, slug=slug)
    POLICY.require(request.user, "invite", organisation)
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        link = request.build_absolute_uri(reverse("organisations:accept", args=["TOKEN"]))
        try:
            invitation = services.invite(organisation, by=request.user, link=link, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(
                request,
                _("Invitation envoyée à %(email)s. Le lien reste affiché ci-dessous.")
                % {"email": invitation.email},
            )
            return redirect("organisations:detail", slug=slug)
    return render(request, "organisations/invite.html", {"organisation": organisation, "form": form})


@require_POST
def withdraw(request: Request, slug: str, pk: int) -> HttpResponse:
    organisation = get_object_or_404(Organisation, slug=slug)
    POLICY.require(request.user, "invite", organisation)
    services.withdraw_invitation(get_object_or_404(organisation.invitations, pk=pk))
    messages.success(request, _("Invitation retirée : son lien n’ouvre plus rien."))
    return redirect("organisations:detail", slug=slug)


def remove(request: Request, slug: str, pk: int) -> HttpResponse:
    organisation = get_object_or_404(Organisation, slug=slug)
    POLICY.require(request.user, "change_member", organisation)
    membership = get_object_or_404(Membership, organisation=organisation, pk=pk)
    if request.method == "POST":
        try:
            services.remove_member(membership)
        except ValidationError as error:
            messages.error(request, error.messages[0])
        else:
            messages.success(request, _("%(name)s a quitté l’organisation.") % {"name": membership.user.name})
        return redirect("organisations:detail", slug=slug)
    return render(
        request, "organisations/remove.html", {"organisation": organisation, "membership": membership}
    )


@login_not_required
def accept(request: Request, token: str) -> HttpResponse:
    """Enter by an invitation link: with the account one has, or with a new one."""
    invitation = get_object_or_404(
        Invitation.objects.select_related("organisation", "invited_by"), token=token
    )
    known = request.user.is_authenticated
    form = NewAccountForm(request.POST or None) if not known else None
    if request.method == "POST" and invitation.is_open and (form is None or form.is_valid()):
        try:
            user = services.accept_invitation(
                invitation, user=request.user if known else None, **(form.cleaned_data if form else {})
            )
        except ValidationError as error:
            messages.error(request, error.messages[0])
        else:
            if not known:
                login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
            messages.success(
                request, _("Bienvenue dans %(organisation)s.") % {"organisation": invitation.organisation}
            )
            return redirect("home")
    return render(request, "organisations/accept.html", {"invitation": invitation, "form": form})
