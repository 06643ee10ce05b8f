from django.urls import path

from essaim.platform.accounts import views

urlpatterns = [path("profile/", views.profile, name="account_profile")]
