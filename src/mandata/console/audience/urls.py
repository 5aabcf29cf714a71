"""Addresses of the audience's pages."""

from django.urls import path

from mandata.console.audience import catalogue, groups, imports, mapping, person, subscribers

app_name = "audience"
urlpatterns = [
    path("", subscribers.subscribers, name="subscribers"),
    path("find/", subscribers.find, name="find"),
    path("show/", subscribers.show, name="show"),
    path("groups/", groups.groups, name="groups"),
    path("groups.csv", groups.groups_csv, name="groups_csv"),
    path("add/", subscribers.add, name="add"),
    path("people/<uuid:subscriber_id>/", person.person, name="person"),
    path("people/<uuid:subscriber_id>/identity/", person.reveal, name="reveal"),
    path("people/<uuid:subscriber_id>/subscribe/", person.subscribe, name="subscribe"),
    path("people/<uuid:subscriber_id>/unsubscribe/", person.unsubscribe, name="unsubscribe"),
    path("people/<uuid:subscriber_id>/correct/", person.correct, name="correct"),
    path("people/<uuid:subscriber_id>/restrict/", person.restrict, name="restrict"),
    path("people/<uuid:subscriber_id>/request/", person.request, name="request"),
    path("lists/", catalogue.lists, name="lists"),
    path("lists/new/", catalogue.list_new, name="list_new"),
    path("lists/<uuid:list_id>/", catalogue.one_list, name="list"),
    path("lists/<uuid:list_id>/export.csv", catalogue.export, name="export"),
    path("fields/", catalogue.fields, name="fields"),
    path("fields/new/", catalogue.field_new, name="field_new"),
    path("fields/<uuid:field_id>/remove/", catalogue.field_remove, name="field_remove"),
    path("imports/", imports.imports, name="imports"),
    path("imports/new/", imports.upload, name="upload"),
    path("imports/<uuid:import_id>/", imports.one_import, name="import"),
    path("imports/<uuid:import_id>/mapping/", mapping.mapping, name="mapping"),
    path("imports/<uuid:import_id>/preview/", mapping.preview, name="preview"),
    path("imports/<uuid:import_id>/start/", imports.start, name="import_start"),
    path("imports/<uuid:import_id>/progress/", imports.progress, name="import_progress"),
    path("imports/<uuid:import_id>/cancel/", imports.cancel, name="import_cancel"),
    path("imports/<uuid:import_id>/resume/", imports.resume, name="import_resume"),
    path("imports/<uuid:import_id>/rejected.csv", imports.rejected, name="rejected"),
    path("imports/<uuid:import_id>/empty/", imports.empty, name="import_empty"),
]
