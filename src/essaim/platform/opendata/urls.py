from django.urls import path

from essaim.platform.opendata import views

app_name = "opendata"
urlpatterns = [
    path("opendata/", views.sources, name="sources"),
    path("opendata/new/", views.bring, name="bring"),
    path("opendata/imports/<int:pk>/", views.import_page, name="import"),
    path("opendata/imports/<int:pk>/progress/", views.progress, name="progress"),
    path("opendata/imports/<int:pk>/confirm/", views.confirm, name="confirm"),
    path("opendata/imports/<int:pk>/resume/", views.resume, name="resume"),
    path("opendata/imports/<int:pk>/abandon/", views.abandon, name="abandon"),
    path("opendata/vintages/<int:pk>/", views.vintage, name="vintage"),
    path("opendata/vintages/<int:pk>/delete/", views.delete, name="delete"),
]
