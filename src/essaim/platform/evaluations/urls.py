from django.urls import path

from essaim.platform.evaluations import draw_views, panel_views, report_views, sizing_views, views

app_name = "evaluations"
_BASE = "programmes/<slug:slug>/evaluations/"
urlpatterns = [
    path(_BASE, views.plans, name="plans"),
    path(f"{_BASE}new/", views.create, name="create"),
    path(f"{_BASE}<int:pk>/", views.plan, name="plan"),
    path(f"{_BASE}<int:pk>/edit/", views.edit, name="edit"),
    path(f"{_BASE}<int:pk>/freeze/", views.freeze, name="freeze"),
    path(f"{_BASE}<int:pk>/departures/new/", views.departure, name="departure"),
    path(f"{_BASE}<int:pk>/panels/new/", panel_views.panel_new, name="panel_new"),
    path(f"{_BASE}<int:pk>/panels/held/", panel_views.panel_held, name="panel_held"),
    path(f"{_BASE}<int:pk>/panels/confirm/", panel_views.panel_confirm, name="panel_confirm"),
    path(f"{_BASE}<int:pk>/panels/give-up/", panel_views.panel_give_up, name="panel_give_up"),
    path(f"{_BASE}<int:pk>/panels/<int:panel>/", panel_views.panel, name="panel"),
    path(f"{_BASE}<int:pk>/panels/<int:panel>/panel.csv", panel_views.panel_csv, name="panel_csv"),
    path(f"{_BASE}<int:pk>/panels/<int:panel>/maturity/", panel_views.maturity_view, name="maturity"),
    path(f"{_BASE}<int:pk>/panels/<int:panel>/estimate/", panel_views.estimate, name="estimate"),
    path(f"{_BASE}<int:pk>/power/", sizing_views.power, name="power"),
    path(f"{_BASE}<int:pk>/capacity/", sizing_views.capacity, name="capacity"),
    path(f"{_BASE}<int:pk>/draws/new/", draw_views.new, name="draw_new"),
    path(f"{_BASE}<int:pk>/draws/<int:draw>/", draw_views.draw, name="draw"),
    path(f"{_BASE}<int:pk>/draws/<int:draw>/edit/", draw_views.edit, name="draw_edit"),
    path(f"{_BASE}<int:pk>/draws/<int:draw>/publish/", draw_views.publish, name="draw_publish"),
    path(f"{_BASE}<int:pk>/draws/<int:draw>/hold/", draw_views.hold, name="draw_hold"),
    path(f"{_BASE}<int:pk>/draws/<int:draw>/cancel/", draw_views.cancel, name="draw_cancel"),
    path(f"{_BASE}<int:pk>/draws/<int:draw>/waves/", draw_views.place, name="draw_place"),
    path("draws/<slug:fingerprint>/", draw_views.public, name="draw_public"),
    path("draws/<slug:fingerprint>/draw.json", draw_views.public_json, name="draw_json"),
    path(f"{_BASE}reports/<int:pk>/", report_views.report, name="report"),
    path(f"{_BASE}reports/<int:pk>/progress/", report_views.progress, name="progress"),
    path(f"{_BASE}reports/<int:pk>/replay/", report_views.replay, name="replay"),
    path(f"{_BASE}reports/<int:pk>/cost/", report_views.cost, name="cost"),
    path(f"{_BASE}reports/<int:pk>/lesson/", report_views.lesson, name="lesson"),
    path(f"{_BASE}reports/<int:pk>/report.<slug:kind>", report_views.download, name="download"),
]
