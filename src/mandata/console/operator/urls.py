"""Addresses of the operator."""

from django.urls import path

from mandata.console.operator import (
    access,
    agreements,
    backups,
    instructions,
    limits,
    measures,
    notices,
    obligations,
    record,
    splitting,
    staff,
    subprocessors,
    views,
)

app_name = "operator"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("sub-processors/", subprocessors.listed, name="subprocessors"),
    path("sub-processors/<uuid:subprocessor_id>/", subprocessors.subprocessor, name="subprocessor"),
    path("sub-processors/<uuid:subprocessor_id>/<slug:verb>/", subprocessors.act, name="subprocessor_act"),
    path(
        "sub-processors/<uuid:subprocessor_id>/mechanisms/<uuid:mechanism_id>/",
        subprocessors.lapse,
        name="mechanism_lapse",
    ),
    path("changes/<uuid:change_id>/", subprocessors.change, name="change"),
    path("changes/<uuid:change_id>/withdraw/", subprocessors.withdraw, name="change_withdraw"),
    path(
        "changes/objections/<uuid:controller_id>/<uuid:objection_id>/<slug:outcome>/",
        subprocessors.settle,
        name="objection_settle",
    ),
    path("obligations/", obligations.inbox, name="obligations"),
    path("obligations/<uuid:controller_id>/<uuid:obligation_id>/", obligations.obligation, name="obligation"),
    path("obligations/<uuid:controller_id>/<uuid:obligation_id>/<slug:verb>/", obligations.act, name="obligation_act"),
    path("agreements/", agreements.agreements, name="agreements"),
    path("agreements/write/", agreements.write, name="agreement_write"),
    path("agreements/<slug:name>/", agreements.agreement, name="agreement"),
    path("agreements/<slug:name>/difference/", agreements.difference, name="difference"),
    path("agreements/<slug:name>/announce/", agreements.announce, name="agreement_announce"),
    path("agreements/<slug:name>.toml", agreements.download, name="agreement_file"),
    path("controllers/", views.controllers, name="controllers"),
    path("controllers/<uuid:controller_id>/", views.controller, name="controller"),
    path("controllers/<uuid:controller_id>/access/", access.ask, name="access"),
    path("controllers/<uuid:controller_id>/access/<uuid:access_id>/close/", access.close, name="access_close"),
    path("staff/", staff.listed, name="staff"),
    path("limits/", limits.limits, name="limits"),
    path("measures/", measures.listed, name="measures"),
    path("notices/", notices.listed, name="notices"),
    path("notices/<uuid:controller_id>/<uuid:served_id>/", notices.notice, name="notice"),
    path("notices/<uuid:controller_id>/<uuid:served_id>/delivery/", notices.enter, name="notice_enter"),
    path("notices/addresses/", notices.addresses, name="addresses"),
    path("splitting/", splitting.splitting, name="splitting"),
    path("backups/", backups.listed, name="backups"),
    path("backups/store/", backups.store, name="backups_store"),
    path("record/", record.record, name="record"),
    path("record/stamp/", record.stamp, name="record_stamp"),
    path("record/verify/", record.verify, name="record_verify"),
    path("obligations/calendar/", obligations.feed, name="feed"),
    path("obligations/calendar/revoke/", obligations.unfeed, name="unfeed"),
    path("controllers/<uuid:controller_id>/instructions/", instructions.listed, name="instructions"),
    path(
        "controllers/<uuid:controller_id>/instructions/<uuid:instruction_id>/",
        instructions.instruction,
        name="instruction",
    ),
    path(
        "controllers/<uuid:controller_id>/instructions/<uuid:instruction_id>/<slug:verb>/",
        instructions.act,
        name="instruction_act",
    ),
    path("controllers/<uuid:controller_id>/version/withdraw/", views.withdraw_version, name="version_withdraw"),
    path("controllers/<uuid:controller_id>/state/", views.move, name="move"),
    path(
        "controllers/<uuid:controller_id>/alarms/<uuid:alarm_id>/lift/", views.lift_alarm, name="alarm_lift"
    ),
]
