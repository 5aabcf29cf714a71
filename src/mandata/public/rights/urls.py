"""Addresses of the rights pages; mails name them through `rights.rules.PATHS`, and a test holds both equal."""

from django.urls import path

from mandata.public.rights import views

app_name = "public_rights"
urlpatterns = [
    path("rights/portable.schema.json", views.schema, name="schema"),
    path("rights/<uuid:controller_id>/", views.request_form, name="request"),
    path("rights/<uuid:controller_id>/asked/", views.asked, name="asked"),
    path("rights/confirm/<str:token>/", views.confirm, name="confirm"),
    path("rights/progress/<str:token>/", views.progress, name="progress"),
    path("rights/answer/<str:token>/", views.answer, name="answer"),
    path("rights/proof/<str:token>/", views.proof, name="proof"),
]
