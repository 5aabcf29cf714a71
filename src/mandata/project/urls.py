"""Where each page lives."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("mandata.console.urls")),
    path("", include("mandata.public.urls")),
    path("", include("mandata.public.rights.urls")),
    path("", include("mandata.public.ending.urls")),
    path("", include("mandata.api.urls")),
]

handler500 = "mandata.project.faults.server_error"
