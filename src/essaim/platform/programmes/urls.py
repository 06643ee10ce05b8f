from django.urls import path

from essaim.platform.programmes import (
    views,
    views_adaptation,
    views_documents,
    views_draft,
    views_editing,
    views_funnel,
    views_learning,
    views_proposals,
    views_reshape,
    views_upgrade,
)

app_name = "programmes"
_protocol = "programmes/<slug:slug>/protocol/"
_version = _protocol + "versions/<str:number>/"
_draft = _protocol + "draft/"
_inner = _draft + "in/<slug:component>/<slug:section>/"
_variant = _draft + "variants/<slug:item>/"
_change = _variant + "on/<slug:component>/<slug:parameter>/"
_adaptation = "programmes/<slug:slug>/sites/<int:pk>/adaptation/"
urlpatterns = [
    path("programmes/", views.programmes, name="programmes"),
    path("programmes/<slug:slug>/", views.detail, name="detail"),
    path("programmes/<slug:slug>/edit/", views.edit, name="edit"),
    path(_protocol, views.protocol, name="protocol"),
    path(_protocol + "versions/", views.versions, name="versions"),
    path(_protocol + "compare/<str:old>/<str:new>/", views.compare, name="compare"),
    path(_version, views.protocol, name="version"),
    path(_version + "protocol.yaml", views_documents.yaml, name="protocol_yaml"),
    path(_version + "<slug:document>.pdf", views_documents.pdf, name="document_pdf"),
    path(_version + "<slug:document>.docx", views_documents.docx, name="document_docx"),
    path(_version + "<slug:document>/", views_documents.page, name="document"),
    path(_draft, views_draft.draft, name="draft"),
    path(_draft + "start/", views_draft.start, name="start_draft"),
    path(_draft + "part/<slug:part>/", views_editing.edit_part, name="edit_part"),
    path(_draft + "part/<slug:part>/remove/", views_editing.remove_part, name="remove_part"),
    path(_draft + "submit/", views_draft.submit, name="submit_draft"),
    path(_draft + "opinion/", views_draft.opinion, name="opinion"),
    path(_draft + "take-back/", views_draft.take_back, name="take_back"),
    path(_draft + "discard/", views_draft.discard, name="discard_draft"),
    path(_draft + "publish/", views_draft.publish, name="publish_draft"),
    path(_variant + "choose/", views_editing.choose_parameter, name="choose_parameter"),
    path(_change, views_editing.edit_change, name="edit_change"),
    path(_change + "remove/", views_editing.remove_change, name="remove_change"),
    path(_draft + "components/<slug:item>/reshape/", views_reshape.reshape, name="reshape"),
    path(_inner + "new/", views_editing.edit_item, name="add_inner"),
    path(_inner + "<slug:item>/edit/", views_editing.edit_item, name="edit_inner"),
    path(_inner + "<slug:item>/remove/", views_editing.remove_item, name="remove_inner"),
    path(_inner + "<slug:item>/place/", views_editing.place_item, name="place_inner"),
    path(_inner + "<slug:item>/move/<slug:direction>/", views_editing.move_item, name="move_inner"),
    path(_draft + "<slug:section>/new/", views_editing.edit_item, name="add_item"),
    path(_draft + "<slug:section>/<slug:item>/edit/", views_editing.edit_item, name="edit_item"),
    path(_draft + "<slug:section>/<slug:item>/remove/", views_editing.remove_item, name="remove_item"),
    path(_draft + "<slug:section>/<slug:item>/place/", views_editing.place_item, name="place_item"),
    path(
        _draft + "<slug:section>/<slug:item>/move/<slug:direction>/",
        views_editing.move_item,
        name="move_item",
    ),
    path("programmes/<slug:slug>/proposals/", views_proposals.proposals, name="proposals"),
    path("programmes/<slug:slug>/proposals/new/", views_proposals.new_proposal, name="new_proposal"),
    path("programmes/<slug:slug>/proposals/<int:pk>/", views_proposals.proposal, name="proposal"),
    path("programmes/<slug:slug>/proposals/<int:pk>/decide/", views_proposals.decide, name="decide_proposal"),
    path("programmes/<slug:slug>/adaptations/", views_learning.adaptation_map, name="adaptation_map"),
    path("programmes/<slug:slug>/adaptations/compare/", views_learning.compare_sites, name="compare_sites"),
    path("programmes/<slug:slug>/recurrence/", views_learning.recurrence, name="recurrence"),
    path("programmes/<slug:slug>/upgrades/", views_upgrade.network, name="network_upgrade"),
    path("programmes/<slug:slug>/upgrades/<int:pk>/", views_upgrade.network_run, name="network_upgrade_run"),
    path(
        "programmes/<slug:slug>/upgrades/<int:pk>/progress/",
        views_upgrade.network_progress,
        name="network_upgrade_progress",
    ),
    path(_adaptation, views_adaptation.adaptation, name="adaptation"),
    path(_adaptation + "add/", views_adaptation.add, name="add_component"),
    path(_adaptation + "territory/", views_adaptation.territory, name="territory"),
    path(_adaptation + "upgrade/", views_upgrade.upgrade, name="upgrade"),
    path(_adaptation + "upgrade/outcome/", views_upgrade.upgrade_outcome, name="upgrade_outcome"),
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
