"""Addresses of the privacy pages."""

from django.urls import path

from mandata.console.privacy import agreement, instructions, obligations, record, requests, subprocessors, versions

app_name = "privacy"
urlpatterns = [
    path("", requests.overview, name="overview"),
    path("agreement/", agreement.agreement, name="agreement"),
    path("agreement/versions/<uuid:proposal_id>/", versions.version, name="version"),
    path("agreement/versions/<uuid:proposal_id>/refuse/", versions.refuse, name="version_refuse"),
    path("agreement/<uuid:agreement_id>/publication/", versions.publication, name="publication"),
    path("agreement/<uuid:agreement_id>.pdf", agreement.pdf, name="agreement_pdf"),
    path("instructions/", instructions.listed, name="instructions"),
    path("instructions/<uuid:instruction_id>/", instructions.instruction, name="instruction"),
    path("instructions/<uuid:instruction_id>/withdraw/", instructions.withdraw, name="instruction_withdraw"),
    path("instructions/<uuid:instruction_id>/uphold/", instructions.uphold, name="instruction_uphold"),
    path("suspend/", instructions.suspend, name="suspend"),
    path("suspend/lift/", instructions.lift, name="lift"),
    path("chain/", instructions.chain, name="chain"),
    path("chain/<uuid:upstream_id>/end/", instructions.unchain, name="unchain"),
    path("sub-processors/", subprocessors.listed, name="subprocessors"),
    path("sub-processors/<uuid:change_id>/", subprocessors.change, name="change"),
    path("sub-processors/objections/<uuid:objection_id>/<slug:verb>/", subprocessors.act, name="objection_act"),
    path("obligations/", obligations.listed, name="obligations"),
    path("obligations/<uuid:obligation_id>/", obligations.obligation, name="obligation"),
    path("obligations/<uuid:obligation_id>/met/", obligations.meet, name="obligation_meet"),
    path("obligations/<uuid:obligation_id>/waived/", obligations.waive, name="obligation_waive"),
    path("requests/", requests.requests, name="requests"),
    path("requests/new/", requests.receive, name="receive"),
    path("requests/<uuid:case_id>/", requests.case, name="case"),
    path("requests/<uuid:case_id>/person/", requests.reveal, name="reveal"),
    path("requests/<uuid:case_id>/confirm/", requests.confirm, name="confirm"),
    path("requests/<uuid:case_id>/answer/", requests.answer, name="answer"),
    path("requests/<uuid:case_id>/refuse/", requests.refuse, name="refuse"),
    path("data/", requests.data_map, name="data_map"),
    path("record/", record.record, name="record"),
    path("record/<uuid:entry_id>/", record.entry, name="entry"),
    path("record/<uuid:entry_id>/proof.json", record.proof, name="proof"),
]
