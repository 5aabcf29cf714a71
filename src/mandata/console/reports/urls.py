"""Addresses of the reports."""

from django.urls import path

from mandata.console.reports import campaign, measuring, overview

app_name = "reports"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("days.csv", overview.days_csv, name="days"),
    path("campaigns.csv", overview.campaigns_csv, name="campaigns"),
    path("measuring/", measuring.measuring, name="measuring"),
    path("<uuid:campaign_id>/measuring/", measuring.campaign, name="campaign_measuring"),
    path("<uuid:campaign_id>/<str:part>.csv", campaign.csv, name="csv"),
]
