from django.urls import path

from essaim.platform.programmes import views, views_funnel, views_proposals

app_name = "programmes"
_protocol = "programmes/<slug:slug>/protocol/"
urlpatterns = [
    path("programmes/", views.programmes, name="programmes"),
    path("programmes/<slug:slug>/", views.detail, name="detail"),
    path("programmes/<slug:slug>/edit/", views.edit, name="edit"),
    path(_protocol, views.protocol, name="protocol"),
    path(_protocol + "versions/", views.versions, name="versions"),
    path(_protocol + "versions/<str:number>/", views.protocol, name="version"),
    path(_protocol + "versions/<str:number>/protocol.pdf", views.protocol_pdf, name="protocol_pdf"),
    path(_protocol + "versions/<str:number>/protocol.docx", views.protocol_docx_file, name="protocol_docx"),
    path(_protocol + "versions/<str:number>/protocol.yaml", views.protocol_yaml, name="protocol_yaml"),
    path("programmes/<slug:slug>/proposals/", views_proposals.proposals, name="proposals"),
    path("programmes/<slug:slug>/proposals/new/", views_proposals.new_proposal, name="new_proposal"),
    path("programmes/<slug:slug>/proposals/<int:pk>/", views_proposals.proposal, name="proposal"),
    path("programmes/<slug:slug>/proposals/<int:pk>/decide/", views_proposals.decide, name="decide_proposal"),
    path("innovations/", views_funnel.innovations, name="innovations"),
    path("innovations/new/", views_funnel.new_innovation, name="new_innovation"),
    path("innovations/<int:pk>/", views_funnel.innovation, name="innovation"),
    path("innovations/<int:pk>/gate/", views_funnel.gate, name="gate"),
]
