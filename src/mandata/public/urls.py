"""Addresses of what recipients meet. The door redirects here by the last part of the path and the token."""

from django.urls import path

from mandata.public import hooks
from mandata.public.pages.feed import calendar
from mandata.public.pages.message import message
from mandata.public.pages.own_notice import notice
from mandata.public.pages.pack import pack
from mandata.public.pages.preferences import preferences
from mandata.public.pages.register import subprocessors, subprocessors_json
from mandata.public.pages.unsubscribe import undo, unsubscribe
from mandata.public.trust.views import trust, trust_json

app_name = "public"
urlpatterns = [
    path("privacy-notice/", notice, name="own_notice"),
    path("sub-processors/", subprocessors, name="subprocessors"),
    path("sub-processors.json", subprocessors_json, name="subprocessors_json"),
    path("trust/", trust, name="trust"),
    path("trust.json", trust_json, name="trust_json"),
    path("calendar/<str:token>.ics", calendar, name="calendar"),
    path("packs/<str:token>", pack, name="pack"),
    path("unsubscribe/<str:token>", unsubscribe, name="unsubscribe"),
    path("unsubscribe/<str:token>/undo", undo, name="undo"),
    path("preferences/<str:token>", preferences, name="preferences"),
    path("message/<str:token>", message, name="message"),
    path("in/ses/", hooks.ses, name="hook_ses"),
    path("in/relay/", hooks.relay, name="hook_relay"),
    path("in/relay/<int:number>/", hooks.relay, name="hook_transport"),
]
