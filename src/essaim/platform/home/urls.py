from django.urls import path

from essaim.platform.home import views

urlpatterns = [
    path("", views.home, name="home"),
]
