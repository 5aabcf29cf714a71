"""Addresses of archives and certificates; mails name them through `retention.letters.link`."""

from django.urls import path

from mandata.public.ending import views

app_name = "public_ending"
urlpatterns = [
    path("ending/archive/<str:token>/", views.archive, name="archive"),
    path("ending/archive/<str:token>/identity.age", views.identity, name="identity"),
    path("ending/certificate/<str:token>/", views.certificate, name="certificate"),
    path("ending/certificate/<str:token>/certificate.<slug:form>", views.file, name="certificate_file"),
]
