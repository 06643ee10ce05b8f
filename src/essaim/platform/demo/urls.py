from django.urls import path

from essaim.platform.demo import views

urlpatterns = [path("enter/", views.enter, name="demo_enter")]
