from django.urls import path

from essaim.platform.organisations import views

app_name = "organisations"
urlpatterns = [
    path("invitations/<str:token>/", views.accept, name="accept"),
    path("<slug:slug>/", views.detail, name="detail"),
    path("<slug:slug>/edit/", views.edit, name="edit"),
    path("<slug:slug>/invite/", views.invite, name="invite"),
    path("<slug:slug>/invitations/<int:pk>/withdraw/", views.withdraw, name="withdraw"),
    path("<slug:slug>/members/<int:pk>/remove/", views.remove, name="remove"),
]
