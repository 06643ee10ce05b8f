from django.urls import path

from essaim.platform.sites import fidelity_views, money_views, part_views, views

app_name = "sites"
urlpatterns = [
    path("programmes/<slug:slug>/sites/", views.sites, name="sites"),
    path("programmes/<slug:slug>/sites/new/", views.create, name="create"),
    path("programmes/<slug:slug>/sites/import/", views.import_file, name="import"),
    path("programmes/<slug:slug>/sites/import/confirm/", views.import_confirm, name="import_confirm"),
    path("programmes/<slug:slug>/sites/<int:pk>/", views.detail, name="detail"),
    path("programmes/<slug:slug>/sites/<int:pk>/edit/", views.edit, name="edit"),
    path("programmes/<slug:slug>/sites/<int:pk>/stage/", views.stage, name="stage"),
    path("programmes/<slug:slug>/sites/<int:pk>/close/", views.close, name="close"),
    path("programmes/<slug:slug>/sites/<int:pk>/invite/<int:structure>/", views.invite, name="invite"),
    path("programmes/<slug:slug>/sites/<int:pk>/assess/", part_views.assess, name="assess"),
    path(
        "programmes/<slug:slug>/sites/<int:pk>/fidelity/", fidelity_views.site_fidelity, name="site_fidelity"
    ),
    path("programmes/<slug:slug>/fidelity/", fidelity_views.network, name="network_fidelity"),
    path(
        "programmes/<slug:slug>/sites/<int:pk>/milestones/<int:part>/done/",
        part_views.done,
        name="milestone_done",
    ),
    path("programmes/<slug:slug>/sites/<int:pk>/<slug:kind>/new/", part_views.new, name="part_new"),
    path(
        "programmes/<slug:slug>/sites/<int:pk>/<slug:kind>/<int:part>/edit/",
        part_views.edit,
        name="part_edit",
    ),
    path(
        "programmes/<slug:slug>/sites/<int:pk>/<slug:kind>/<int:part>/delete/",
        part_views.delete,
        name="part_delete",
    ),
    path("programmes/<slug:slug>/waves/", views.waves, name="waves"),
    path("programmes/<slug:slug>/waves/new/", views.wave_new, name="wave_new"),
    path("programmes/<slug:slug>/waves/<int:pk>/edit/", views.wave_edit, name="wave_edit"),
    path("programmes/<slug:slug>/money/", money_views.money, name="money"),
    path("programmes/<slug:slug>/money/new/", money_views.commitment_new, name="commitment_new"),
    path("programmes/<slug:slug>/money/<int:pk>/edit/", money_views.commitment_edit, name="commitment_edit"),
    path(
        "programmes/<slug:slug>/money/<int:pk>/delete/",
        money_views.commitment_delete,
        name="commitment_delete",
    ),
    path("programmes/<slug:slug>/money/<int:pk>/lines/new/", money_views.line_new, name="line_new"),
    path(
        "programmes/<slug:slug>/money/<int:pk>/lines/<int:line>/edit/",
        money_views.line_edit,
        name="line_edit",
    ),
    path(
        "programmes/<slug:slug>/money/<int:pk>/lines/<int:line>/delete/",
        money_views.line_delete,
        name="line_delete",
    ),
    path("programmes/<slug:slug>/funder-sheet/", money_views.funder_sheet, name="funder_sheet"),
    path("programmes/<slug:slug>/funder-sheet.pdf", money_views.funder_sheet_pdf, name="funder_sheet_pdf"),
]
