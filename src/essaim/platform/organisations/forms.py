"""What people type about organisations."""

from django import forms
from django.utils.translation import gettext_lazy as _

from essaim.platform.organisations.models import Membership, Organisation


class OrganisationForm(forms.ModelForm):
    website = forms.URLField(label=_("Site internet"), required=False, assume_scheme="https")

    class Meta:
        model = Organisation
        fields = ["name", "kind", "commune", "website", "note"]


class InvitationForm(forms.Form):
    email = forms.EmailField(label=_("Adresse électronique"))
    role = forms.ChoiceField(label=_("Rôle"), choices=Membership.Role)
