"""Addresses of the privacy pages."""

from django.urls import path

from mandata.console.privacy import agreement, record

app_name = "privacy"
urlpatterns = [
    path("agreement/", agreement.agreement, name="agreement"),
    path("agreement/<uuid:agreement_id>.pdf", agreement.pdf, name="agreement_pdf"),
    path("record/", record.record, name="record"),
    path("record/<uuid:entry_id>/", record.entry, name="entry"),
    path("record/<uuid:entry_id>/proof.json", record.proof, name="proof"),
]
