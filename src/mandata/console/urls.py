"""Addresses of the console: a folder per area."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("mandata.console.home.urls")),
    path("campaigns/", include("mandata.console.campaigns.urls")),
    path("audience/", include("mandata.console.audience.urls")),
    path("reports/", include("mandata.console.reports.urls")),
    path("sending/", include("mandata.console.sending.urls")),
    path("account/", include("mandata.console.accounts.urls")),
    path("login/", include("mandata.console.accounts.login_urls")),
    path("privacy/", include("mandata.console.privacy.urls")),
    path("operator/", include("mandata.console.operator.urls")),
    path("", include("mandata.console.watching.urls")),
]
