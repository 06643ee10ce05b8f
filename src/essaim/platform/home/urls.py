from django.urls import path

from essaim.platform.home import views

urlpatterns = [
    path("", views.home, name="home"),
    path("cycle/", views.the_cycle, name="cycle"),
    path("teachings/", views.teachings, name="teachings"),
]
