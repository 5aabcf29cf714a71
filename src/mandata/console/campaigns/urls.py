"""Addresses of the campaigns' pages and their parts."""

from django.urls import path

from mandata.console.campaigns import audience, checks, content, live, looking, recipients, sending, views
from mandata.console.reports import campaign as report

app_name = "campaigns"
urlpatterns = [
    path("", views.campaigns, name="list"),
    path("new/", views.new, name="new"),
    path("<uuid:campaign_id>/", views.campaign, name="campaign"),
    path("<uuid:campaign_id>/content/", content.content, name="content"),
    path("<uuid:campaign_id>/message/", looking.message, name="message"),
    path("<uuid:campaign_id>/look/", looking.look, name="look"),
    path("<uuid:campaign_id>/test/", looking.test, name="test"),
    path("<uuid:campaign_id>/audience/", audience.audience, name="audience"),
    path("<uuid:campaign_id>/checks/", checks.checks, name="checks"),
    path("<uuid:campaign_id>/send/", sending.send, name="send"),
    path("<uuid:campaign_id>/launch/", sending.launch, name="launch"),
    path("<uuid:campaign_id>/progress/", live.progress, name="progress"),
    path("<uuid:campaign_id>/slow/", live.slow_part, name="slow"),
    path("<uuid:campaign_id>/pace.csv", live.pace_csv, name="pace"),
    path("<uuid:campaign_id>/recipients/", recipients.listed, name="recipients"),
    path("<uuid:campaign_id>/recipients.csv", recipients.csv, name="recipients_csv"),
    path("<uuid:campaign_id>/pause/", sending.pause, name="pause"),
    path("<uuid:campaign_id>/resume/", sending.resume, name="resume"),
    path("<uuid:campaign_id>/release/", sending.release, name="release"),
    path("<uuid:campaign_id>/cancel/", sending.cancel, name="cancel"),
    path("<uuid:campaign_id>/unknown/", sending.decide, name="decide"),
    path("<uuid:campaign_id>/report/", report.campaign, name="report"),
    path("<uuid:campaign_id>/duplicate/", views.duplicate, name="duplicate"),
    path("<uuid:campaign_id>/discard/", views.discard, name="discard"),
]
