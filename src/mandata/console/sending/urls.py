"""Addresses of the pages about sending."""

from django.urls import path

from mandata.console.sending import domains, hosts, returned, suppression, unknown

app_name = "sending"
urlpatterns = [
    path("", domains.domains, name="domains"),
    path("domains/new/", domains.domain_new, name="domain_new"),
    path("domains/<uuid:domain_id>/", domains.domain, name="domain"),
    path("domains/<uuid:domain_id>/verify/", domains.verify, name="verify"),
    path("domains/<uuid:domain_id>/remove/", domains.remove, name="domain_remove"),
    path("domains/<uuid:domain_id>/turn/", domains.turn, name="domain_turn"),
    path("hosts/", hosts.hosts, name="hosts"),
    path("hosts/new/", hosts.host_new, name="host_new"),
    path("hosts/<uuid:host_id>/check/", hosts.check, name="host_check"),
    path("hosts/<uuid:host_id>/remove/", hosts.remove, name="host_remove"),
    path("senders/", domains.senders, name="senders"),
    path("suppression/", suppression.suppression, name="suppression"),
    path("suppression/look-up/", suppression.look_up, name="look_up"),
    path("suppression/new/", suppression.suppress, name="suppress"),
    path("suppression/lift/", suppression.lift, name="lift"),
    path("returned/", returned.returned, name="returned"),
    path("returned/<uuid:alarm_id>/lift/", returned.lift, name="alarm_lift"),
    path("unknown/", unknown.unknown, name="unknown"),
    path("unknown/all/", unknown.decide_all, name="decide_all"),
    path("unknown/<uuid:campaign_id>/", unknown.decide, name="decide"),
]
