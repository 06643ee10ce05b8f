from django.urls import path

from essaim.platform.campaigns import application_views, views

app_name = "campaigns"
_CAMPAIGNS = "programmes/<slug:slug>/campaigns"
_APPLICATIONS = "programmes/<slug:slug>/applications/<int:pk>"
urlpatterns = [
    path("campaigns/week/", application_views.week, name="week"),
    path(f"{_CAMPAIGNS}/", views.campaigns, name="campaigns"),
    path(f"{_CAMPAIGNS}/new/", views.create, name="create"),
    path(f"{_CAMPAIGNS}/<int:pk>/", views.campaign, name="campaign"),
    path(f"{_CAMPAIGNS}/<int:pk>/edit/", views.edit, name="edit"),
    path(f"{_CAMPAIGNS}/<int:pk>/steps/", views.edit_steps, name="edit_steps"),
    path(f"{_CAMPAIGNS}/<int:pk>/questions/", views.edit_questions, name="edit_questions"),
    path(f"{_CAMPAIGNS}/<int:pk>/publish/", views.publish, name="publish"),
    path(f"{_CAMPAIGNS}/<int:pk>/close/", views.close, name="close"),
    path(f"{_CAMPAIGNS}/<int:pk>/invite/", views.invite, name="invite"),
    path(f"{_CAMPAIGNS}/<int:pk>/applications/", views.applications, name="applications"),
    path(f"{_CAMPAIGNS}/<int:pk>/apply/", application_views.apply, name="apply"),
    path(f"{_APPLICATIONS}/", application_views.application, name="application"),
    path(f"{_APPLICATIONS}/edit/", application_views.edit, name="edit_application"),
    path(f"{_APPLICATIONS}/answers/", application_views.answers, name="answers"),
    path(f"{_APPLICATIONS}/submit/", application_views.submit, name="submit"),
    path(f"{_APPLICATIONS}/teams/", application_views.team, name="team"),
    path(
        f"{_APPLICATIONS}/teams/<int:commitment>/remove/", application_views.remove_team, name="remove_team"
    ),
    path(f"{_APPLICATIONS}/steps/<str:step>/", application_views.step, name="step"),
    path(f"{_APPLICATIONS}/decide/", application_views.decide, name="decide"),
    path(f"{_APPLICATIONS}/withdraw/", application_views.withdraw, name="withdraw"),
]
