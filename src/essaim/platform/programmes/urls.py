from django.urls import path

from essaim.platform.programmes import views, views_adaptation, views_funnel, views_proposals

app_name = "programmes"
_protocol = "programmes/<slug:slug>/protocol/"
_adaptation = "programmes/<slug:slug>/sites/<int:pk>/adaptation/"
urlpatterns = [
    path("programmes/", views.programmes, name="programmes"),
    path("programmes/<slug:slug>/", views.detail, name="detail"),
    path("programmes/<slug:slug>/edit/", views.edit, name="edit"),
    path(_protocol, views.protocol, name="protocol"),
    path(_protocol + "versions/", views.versions, name="versions"),
    path(_protocol + "compare/<str:old>/<str:new>/", views.compare, name="compare"),
    path(_protocol + "versions/<str:number>/", views.protocol, name="version"),
    path(_protocol + "versions/<str:number>/protocol.pdf", views.protocol_pdf, name="protocol_pdf"),
    path(_protocol + "versions/<str:number>/protocol.docx", views.protocol_docx_file, name="protocol_docx"),
    path(_protocol + "versions/<str:number>/protocol.yaml", views.protocol_yaml, name="protocol_yaml"),
    path("programmes/<slug:slug>/proposals/", views_proposals.proposals, name="proposals"),
    path("programmes/<slug:slug>/proposals/new/", views_proposals.new_proposal, name="new_proposal"),
    path("programmes/<slug:slug>/proposals/<int:pk>/", views_proposals.proposal, name="proposal"),
    path("programmes/<slug:slug>/proposals/<int:pk>/decide/", views_proposals.decide, name="decide_proposal"),
    path(_adaptation, views_adaptation.adaptation, name="adaptation"),
    path(_adaptation + "add/", views_adaptation.add, name="add_component"),
    path(_adaptation + "territory/", views_adaptation.territory, name="territory"),
    path(_adaptation + "upgrade/", views_adaptation.upgrade, name="upgrade"),
    path(_adaptation + "decide/<slug:component>/", views_adaptation.decide, name="decide"),
    path(
        _adaptation + "decide/<slug:component>/<slug:parameter>/",
        views_adaptation.decide,
        name="decide_parameter",
    ),
    path(
        _adaptation + "decisions/<slug:decision>/withdraw/",
        views_adaptation.follow_again,
        name="follow_again",
    ),
    path(
        _adaptation + "decisions/<slug:decision>/derogation/",
        views_adaptation.derogation,
        name="derogation",
    ),
    path("innovations/", views_funnel.innovations, name="innovations"),
    path("innovations/new/", views_funnel.new_innovation, name="new_innovation"),
    path("innovations/<int:pk>/", views_funnel.innovation, name="innovation"),
    path("innovations/<int:pk>/gate/", views_funnel.gate, name="gate"),
    path("innovations/<int:pk>/programme/", views_funnel.found, name="found"),
]
