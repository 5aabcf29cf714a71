"""Addresses of members, a controller's settings, a person's log-in, registration and invitations."""

from django.urls import path

from mandata.console.accounts import accesses, entrance, keys, registration, views

app_name = "accounts"
urlpatterns = [
    path("members/", views.members, name="members"),
    path("members/invite/", views.invite, name="invite"),
    path("members/invitations/<uuid:invitation_id>/revoke/", views.revoke, name="revoke"),
    path("members/<uuid:member_id>/role/", views.role, name="role"),
    path("members/<uuid:member_id>/suspend/", views.suspend, name="suspend"),
    path("members/<uuid:member_id>/restore/", views.restore, name="restore"),
    path("accesses/", accesses.accesses, name="accesses"),
    path("accesses/<uuid:access_id>/end/", accesses.end, name="access_end"),
    path("accesses/unusual/<uuid:alert_id>/<slug:verdict>/", accesses.settle, name="access_settle"),
    path("keys/", keys.keys, name="keys"),
    path("keys/<uuid:key_id>/revoke/", keys.revoke, name="key_revoke"),
    path("settings/", views.settings, name="settings"),
    path("security/", views.security, name="security"),
    path("language/", views.language, name="language"),
    path("controllers/", entrance.choose, name="choose"),
    path("controllers/register/", registration.register, name="register_controller"),
    path("register/", entrance.register, name="register"),
    path("invitation/<str:token>/", entrance.invitation, name="invitation"),
]
