from django.urls import path

from essaim.platform.community import views

app_name = "community"
urlpatterns = [
    path("events/", views.events, name="events"),
    path("events/new/", views.new_event, name="new_event"),
    path("events/<slug:slug>/", views.event, name="event"),
    path("events/<slug:slug>/minutes.docx", views.minutes, name="minutes"),
    path("events/<slug:slug>/edit/", views.edit_event, name="edit_event"),
    path("events/<slug:slug>/publish/", views.publish_event, name="publish_event"),
    path("events/<slug:slug>/delete/", views.delete_event, name="delete_event"),
    path("events/<slug:slug>/sessions/new/", views.new_session, name="new_session"),
    path("events/<slug:slug>/sessions/<int:pk>/speakers/new/", views.new_speaker, name="new_speaker"),
    path("events/<slug:slug>/sessions/<int:pk>/teachings/new/", views.new_teaching, name="new_teaching"),
    path("programmes/<slug:slug>/lessons/", views.lessons, name="lessons"),
    path("programmes/<slug:slug>/lessons/new/", views.new_lesson, name="new_lesson"),
    path("programmes/<slug:slug>/lessons/<int:pk>/", views.lesson, name="lesson"),
    path("programmes/<slug:slug>/exchanges/new/", views.new_exchange, name="new_exchange"),
    path("programmes/<slug:slug>/exchanges/<int:pk>/", views.exchange, name="exchange"),
]
