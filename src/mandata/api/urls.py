"""Addresses of the API, from its operations."""

from itertools import groupby

from django.urls import path

from mandata.api.document import OPERATIONS, serve
from mandata.api.door import door

app_name = "api"
urlpatterns = [
    path("api/v1/openapi.json", serve, name="document"),
    *(
        path(f"api/v1/{place}", door({one.method: one for one in some}), name=some[0].name)
        for place, some in ((place, list(group)) for place, group in groupby(OPERATIONS, key=lambda one: one.path))
    ),
]
