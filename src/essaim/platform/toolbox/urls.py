from django.urls import path

from essaim.platform.toolbox import views

app_name = "toolbox"
_tool = "programmes/<slug:slug>/tools/<int:pk>/"
urlpatterns = [
    path("programmes/<slug:slug>/tools/", views.tools, name="tools"),
    path("programmes/<slug:slug>/tools/new/", views.new, name="new"),
    path(_tool, views.tool, name="tool"),
    path(_tool + "version/", views.version, name="version"),
    path(_tool + "fork/", views.fork, name="fork"),
    path(_tool + "use/", views.use, name="use"),
    path(_tool + "catch-up/", views.catch_up, name="catch_up"),
    path(_tool + "offer/", views.offer, name="offer"),
    path(_tool + "versions/<int:number>/file", views.download, name="download"),
]
