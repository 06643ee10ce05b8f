from django.urls import path

from essaim.platform.territories import (
    graft_views,
    own_views,
    place_views,
    session_views,
    step_views,
    version_views,
    views,
    wave_views,
)

app_name = "territories"
_STUDIES = "programmes/<slug:slug>/studies"
_INDICATORS = "programmes/<slug:slug>/indicators"
_GRAFT = "programmes/<slug:slug>/graft"
_STUDY = f"{_STUDIES}/<int:pk>"
_SESSION = "programmes/<slug:slug>/weights-sessions/<int:pk>"
urlpatterns = [
    path("territories/", place_views.search, name="search"),
    path("territories/<str:level>/<str:code>/", place_views.place, name="place"),
    path(f"{_STUDIES}/", views.studies, name="studies"),
    path(f"{_STUDIES}/new/", step_views.create, name="create"),
    path(f"{_STUDIES}/new/look/", step_views.new_look, name="new_look"),
    path(f"{_STUDIES}/replay/", views.replay, name="replay"),
    path(f"{_STUDIES}/compare/", version_views.compare, name="compare"),
    path(f"{_STUDY}/versions/", version_views.versions, name="versions"),
    path(f"{_STUDY}/versions/<int:number>/<str:kind>", version_views.version_file, name="version_file"),
    path(f"{_STUDY}/", views.study, name="study"),
    path(f"{_STUDY}/scope/", step_views.scope, name="scope"),
    path(f"{_STUDY}/look/<str:step>/", step_views.look, name="look"),
    path(f"{_STUDY}/criteria/", step_views.criteria, name="criteria"),
    path(f"{_STUDY}/weights/", step_views.weights, name="weights"),
    path(f"{_STUDY}/weights/<int:position>/remove/", step_views.remove_weight, name="remove_weight"),
    path(f"{_STUDY}/run/", views.run, name="run"),
    path(f"{_STUDY}/progress/", views.progress, name="progress"),
    path(f"{_STUDY}/territories/<str:code>/", views.explain, name="explain"),
    path(f"{_STUDY}/accept/", views.accept, name="accept"),
    path(f"{_STUDY}/copy/", views.copy, name="copy"),
    path(f"{_STUDY}/delete/", views.delete, name="delete"),
    path(f"{_STUDY}/study.yaml", views.export_yaml, name="yaml"),
    path(f"{_STUDY}/data.csv", views.export_data, name="data_csv"),
    path(f"{_STUDY}/ranking.csv", views.export_ranking, name="ranking_csv"),
    path(f"{_STUDY}/ranking.xlsx", views.export_table, {"kind": "xlsx"}, name="ranking_xlsx"),
    path(f"{_STUDY}/ranking.geojson", views.export_table, {"kind": "geojson"}, name="ranking_geojson"),
    path(f"{_STUDY}/wave/", wave_views.wave, name="wave"),
    path(f"{_STUDY}/sheet.pdf", wave_views.sheet_pdf, name="sheet_pdf"),
    path(f"{_STUDY}/sheet.docx", wave_views.sheet_word, name="sheet_docx"),
    path(f"{_STUDY}/weights-session/", session_views.new, name="session_new"),
    path(f"{_SESSION}/", session_views.session, name="session"),
    path(f"{_SESSION}/<str:what>/", session_views.act, name="session_act"),
    path("weights-sessions/<str:token>/", session_views.seat, name="seat"),
    path(f"{_GRAFT}/", graft_views.grafts, name="grafts"),
    path(f"{_GRAFT}/activities/new/", graft_views.activity, name="activity_new"),
    path(f"{_GRAFT}/activities/<int:pk>/", graft_views.activity, name="activity"),
    path(f"{_GRAFT}/<str:kind>/<int:pk>/delete/", graft_views.delete, name="graft_delete"),
    path(f"{_GRAFT}/<str:level>/<str:code>/", graft_views.graft, name="graft"),
    path(f"{_GRAFT}/<str:level>/<str:code>/map.json", graft_views.graft_map, name="graft_map"),
    path(f"{_GRAFT}/<str:level>/<str:code>/<str:kind>/new/", graft_views.entry, name="graft_entry_new"),
    path(f"{_GRAFT}/<str:level>/<str:code>/<str:kind>/<int:pk>/", graft_views.entry, name="graft_entry"),
    path(f"{_INDICATORS}/new/", own_views.upload, name="upload"),
    path(f"{_INDICATORS}/uploads/<int:pk>/", own_views.declare, name="declare"),
    path(f"{_INDICATORS}/<int:pk>/delete/", own_views.delete, name="delete_indicator"),
]
