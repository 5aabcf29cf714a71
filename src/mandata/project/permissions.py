"""Who may do what: every route of the installation, by name, with its methods (ui.md, style.md habit 5).

A test compares this table with the URL resolver: a route that is not listed here fails the build, and at run time it is
refused. The middleware enforces the table before a view runs; views never ask for roles themselves.

Who: roles of a controller's members (`owner`, `marketer`, `privacy_officer`, `reader`), `user` (who is logged in),
`operator`, `public` (anybody), `machine` (its own credential, which the view checks).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

OWNER: Final = "owner"
MARKETER: Final = "marketer"
OFFICER: Final = "privacy_officer"
READER: Final = "reader"
USER: Final = "user"
OPERATOR: Final = "operator"
PUBLIC: Final = "public"
MACHINE: Final = "machine"

ALL: Final = frozenset({OWNER, MARKETER, OFFICER, READER})
"""Every member of a controller, whatever the role."""
ROLES: Final = ALL
WRITERS: Final = frozenset({OWNER, MARKETER})
"""Members who write and send campaigns."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may call a route with which method; `scoped` says that it runs inside the member's controller."""

    methods: Mapping[str, frozenset[str]]

    @property
    def scoped(self) -> bool:
        """Whether a controller must be chosen."""
        return any(who & ROLES for who in self.methods.values())

    def who(self, method: str) -> frozenset[str]:
        """Return who may use a method; HEAD is GET."""
        return self.methods.get("GET" if method == "HEAD" else method, frozenset())


def reads(*who: str) -> Rule:
    """GET for these."""
    return Rule(MappingProxyType({"GET": _set(who)}))


def acts(*who: str) -> Rule:
    """POST for these."""
    return Rule(MappingProxyType({"POST": _set(who)}))


def form(*who: str) -> Rule:
    """GET and POST for these."""
    return Rule(MappingProxyType({"GET": _set(who), "POST": _set(who)}))


def mixed(read: frozenset[str] | str, act: frozenset[str] | str) -> Rule:
    """GET for some, POST for others."""
    return Rule(MappingProxyType({"GET": _set((read,)), "POST": _set((act,))}))


def _set(who: tuple[str | frozenset[str], ...]) -> frozenset[str]:
    return frozenset().union(*({one} if isinstance(one, str) else one for one in who))


ROUTES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        # --- home ---
        "home:home": reads(*ALL),
        "home:running": reads(*ALL),
        # --- campaigns ---
        "campaigns:list": reads(*ALL),
        "campaigns:new": form(OWNER, MARKETER),
        "campaigns:campaign": reads(*ALL),
        "campaigns:content": mixed(ALL, WRITERS),
        "campaigns:message": reads(*ALL),
        "campaigns:look": acts(OWNER, MARKETER),
        "campaigns:test": acts(OWNER, MARKETER),
        "campaigns:audience": mixed(ALL, WRITERS),
        "campaigns:checks": reads(*ALL),
        "campaigns:send": reads(*ALL),
        "campaigns:launch": acts(OWNER, MARKETER),
        "campaigns:progress": reads(*ALL),
        "campaigns:slow": reads(*ALL),
        "campaigns:pace": reads(*ALL),
        "campaigns:recipients": reads(*ALL),
        "campaigns:recipients_csv": reads(*ALL),
        "campaigns:pause": acts(OWNER, MARKETER),
        "campaigns:resume": acts(OWNER, MARKETER),
        "campaigns:release": acts(OWNER, MARKETER),
        "campaigns:cancel": form(OWNER, MARKETER),
        "campaigns:decide": acts(OWNER, MARKETER),
        "campaigns:report": reads(*ALL),
        "campaigns:duplicate": acts(OWNER, MARKETER),
        "campaigns:discard": acts(OWNER, MARKETER),
        # --- audience ---
        "audience:subscribers": reads(*ALL),
        "audience:find": form(*ALL),
        "audience:groups": reads(*ALL),
        "audience:groups_csv": reads(*ALL),
        "audience:show": form(OWNER, MARKETER, OFFICER),
        "audience:add": form(OWNER, MARKETER),
        "audience:person": reads(*ALL),
        "audience:reveal": form(OWNER, MARKETER, OFFICER),
        "audience:subscribe": acts(OWNER, MARKETER),
        "audience:unsubscribe": acts(OWNER, MARKETER, OFFICER),
        "audience:correct": acts(OWNER, MARKETER, OFFICER),
        "audience:restrict": acts(OWNER, OFFICER),
        "audience:request": acts(OWNER, OFFICER),
        "audience:lists": reads(*ALL),
        "audience:list_new": form(OWNER, MARKETER),
        "audience:list": mixed(ALL, WRITERS),
        "audience:export": acts(OWNER, MARKETER),
        "audience:fields": reads(*ALL),
        "audience:field_new": form(OWNER, MARKETER),
        "audience:field_remove": acts(OWNER, MARKETER),
        "audience:erasures": reads(*ALL),
        "audience:erase": form(OWNER, OFFICER),
        "audience:erasure": reads(*ALL),
        "audience:erasure_progress": reads(*ALL),
        "audience:erasure_confirm": acts(OWNER, OFFICER),
        "audience:erasure_again": acts(OWNER, OFFICER),
        "audience:erasure_cancel": acts(OWNER, OFFICER),
        "audience:erasure_certificates": reads(*ALL),
        "audience:certificate_json": reads(*ALL),
        "audience:certificate_pdf": reads(*ALL),
        "audience:imports": reads(*ALL),
        "audience:upload": form(OWNER, MARKETER),
        "audience:import": reads(*ALL),
        "audience:mapping": form(OWNER, MARKETER),
        "audience:preview": acts(OWNER, MARKETER),
        "audience:import_start": acts(OWNER, MARKETER),
        "audience:import_progress": reads(*ALL),
        "audience:import_cancel": acts(OWNER, MARKETER),
        "audience:import_resume": acts(OWNER, MARKETER),
        "audience:rejected": acts(OWNER, MARKETER),
        "audience:import_empty": acts(OWNER, MARKETER, OFFICER),
        # --- reports ---
        "reports:overview": reads(*ALL),
        "reports:days": reads(*ALL),
        "reports:campaigns": reads(*ALL),
        "reports:csv": reads(*ALL),
        "reports:measuring": mixed(ALL, WRITERS),
        "reports:campaign_measuring": mixed(ALL, WRITERS),
        # --- sending ---
        "sending:domains": reads(*ALL),
        "sending:domain_new": form(OWNER, MARKETER),
        "sending:domain": reads(*ALL),
        "sending:verify": acts(OWNER, MARKETER),
        "sending:domain_turn": acts(OWNER, MARKETER),
        "sending:domain_remove": acts(OWNER, MARKETER),
        "sending:hosts": reads(*ALL),
        "sending:host_new": form(OWNER, MARKETER),
        "sending:host_check": acts(OWNER, MARKETER),
        "sending:host_remove": acts(OWNER, MARKETER),
        "sending:senders": reads(*ALL),
        "sending:suppression": reads(*ALL),
        "sending:look_up": form(*ALL),
        "sending:suppress": form(OWNER, MARKETER, OFFICER),
        "sending:lift": form(OWNER, MARKETER, OFFICER),
        "sending:returned": reads(*ALL),
        "sending:alarm_lift": acts(OWNER),
        "sending:unknown": reads(*ALL),
        "sending:decide": acts(OWNER, MARKETER),
        "sending:decide_all": acts(OWNER, MARKETER),
        # --- privacy ---
        "privacy:overview": reads(*ALL),
        "privacy:agreement": reads(*ALL),
        "privacy:instructions": mixed(ALL, frozenset({OWNER, OFFICER})),
        "privacy:instruction": reads(*ALL),
        "privacy:instruction_withdraw": acts(OWNER, OFFICER),
        "privacy:instruction_uphold": acts(OWNER, OFFICER),
        "privacy:suspend": acts(OWNER, OFFICER),
        "privacy:lift": acts(OWNER, OFFICER),
        "privacy:chain": mixed(ALL, frozenset({OWNER, OFFICER})),
        "privacy:unchain": acts(OWNER, OFFICER),
        "privacy:subprocessors": reads(*ALL),
        "privacy:change": mixed(ALL, frozenset({OWNER, OFFICER})),
        "privacy:objection_act": acts(OWNER, OFFICER),
        "privacy:notices": reads(*ALL),
        "privacy:notice": reads(*ALL),
        "privacy:addresses": mixed(ALL, frozenset({OWNER, OFFICER})),
        "privacy:obligations": reads(*ALL),
        "privacy:feed": acts(*ALL),
        "privacy:unfeed": acts(*ALL),
        "privacy:obligation": reads(*ALL),
        "privacy:obligation_meet": acts(OWNER, OFFICER),
        "privacy:obligation_waive": acts(OWNER, OFFICER),
        "privacy:version": mixed(ALL, OWNER),
        "privacy:version_refuse": acts(OWNER),
        "privacy:publication": reads(*ALL),
        "privacy:agreement_pdf": reads(*ALL),
        "privacy:requests": reads(*ALL),
        "privacy:receive": acts(OWNER, OFFICER),
        "privacy:case": reads(*ALL),
        "privacy:reveal": acts(OWNER, OFFICER),
        "privacy:confirm": acts(OWNER, OFFICER),
        "privacy:answer": acts(OWNER, OFFICER),
        "privacy:refuse": acts(OWNER, OFFICER),
        "privacy:requests_together": acts(OWNER, OFFICER),
        "privacy:case_step": acts(OWNER, OFFICER),
        "privacy:case_file": acts(OWNER, OFFICER),
        "privacy:breaches": mixed(ALL, frozenset({OWNER, OFFICER})),
        "privacy:breach_csv": reads(*ALL),
        "privacy:breach_drill": acts(OWNER, OFFICER),
        "privacy:breach_message": reads(*ALL),
        "privacy:breach_message_act": acts(OWNER, OFFICER),
        "privacy:breach": reads(*ALL),
        "privacy:breach_pdf": reads(*ALL),
        "privacy:breach_json": reads(*ALL),
        "privacy:breach_act": acts(OWNER, OFFICER),
        "privacy:data_map": reads(*ALL),
        "privacy:processing_pdf": reads(*ALL),
        "privacy:processing_csv": reads(*ALL),
        "privacy:manual": mixed(ALL, frozenset({OWNER, OFFICER})),
        "privacy:manual_one": mixed(ALL, frozenset({OWNER, OFFICER})),
        "privacy:manual_retire": acts(OWNER, OFFICER),
        "privacy:task": mixed(ALL, frozenset({OWNER, OFFICER})),
        "privacy:task_people": acts(OWNER, OFFICER),
        "privacy:ending": reads(*ALL),
        "privacy:ending_notice": acts(OWNER, OFFICER),
        "privacy:ending_withdraw": acts(OWNER, OFFICER),
        "privacy:ending_choose": acts(OWNER, OFFICER),
        "privacy:return_ask": acts(OWNER, OFFICER),
        "privacy:return_progress": reads(*ALL),
        "privacy:return_file": acts(OWNER, OFFICER),
        "privacy:return_key": reads(OWNER, OFFICER),
        "privacy:limits": reads(*ALL),
        "privacy:limit_pdf": reads(*ALL),
        "privacy:limit_object": acts(OWNER, OFFICER),
        "privacy:retention": mixed(ALL, frozenset({OWNER, OFFICER})),
        "privacy:retention_category": mixed(ALL, frozenset({OWNER, OFFICER})),
        "privacy:retention_delete": acts(OWNER, OFFICER),
        "privacy:retention_lift": acts(OWNER, OFFICER),
        "privacy:retention_confirm": acts(OWNER, OFFICER),
        "privacy:retention_stop": acts(OWNER, OFFICER),
        "privacy:measures": reads(*ALL),
        "privacy:audits": mixed(ALL, frozenset({OWNER, OFFICER})),
        "privacy:audit": reads(*ALL),
        "privacy:audit_act": acts(OWNER, OFFICER),
        "privacy:audit_file": reads(OWNER, OFFICER),
        "privacy:audit_terms": reads(*ALL),
        "privacy:audit_certificate": reads(*ALL),
        "privacy:audit_pack_ask": acts(OWNER, OFFICER),
        "privacy:audit_pack": reads(*ALL),
        "privacy:audit_pack_link": acts(OWNER, OFFICER),
        "privacy:audit_pack_download": reads(OWNER, OFFICER),
        "privacy:assistance": mixed(ALL, frozenset({OWNER, OFFICER})),
        "privacy:assistance_thing": reads(*ALL),
        "privacy:assistance_act": acts(OWNER, OFFICER),
        "privacy:assistance_file": reads(OWNER, OFFICER),
        "privacy:statement": reads(*ALL),
        "privacy:assessment": reads(OWNER, OFFICER),
        "privacy:record": reads(*ALL),
        "privacy:head": acts(*ALL),
        "privacy:pack": acts(OWNER, OFFICER),
        "privacy:consistency": reads(*ALL),
        "privacy:entry": reads(*ALL),
        "privacy:proof": reads(*ALL),
        # --- accounts: a controller's own ---
        "accounts:members": reads(*ALL),
        "accounts:invite": form(OWNER),
        "accounts:revoke": acts(OWNER),
        "accounts:role": acts(OWNER),
        "accounts:suspend": acts(OWNER),
        "accounts:restore": acts(OWNER),
        "accounts:accesses": reads(*ALL),
        "accounts:access_end": acts(OWNER, OFFICER),
        "accounts:access_settle": acts(OWNER, OFFICER),
        "accounts:keys": mixed(frozenset({OWNER, OFFICER}), OWNER),
        "accounts:key_revoke": acts(OWNER, OFFICER),
        "accounts:settings": mixed(ALL, OWNER),
        # --- accounts: a person's own ---
        "accounts:choose": form(USER),
        "accounts:security": form(USER),
        "accounts:language": acts(PUBLIC),
        "accounts:register": form(PUBLIC),
        "accounts:register_controller": form(USER),
        "accounts:invitation": form(PUBLIC),
        # --- log-in (django-allauth) ---
        "account_login": form(PUBLIC),
        "account_logout": form(PUBLIC),
        "account_signup": form(PUBLIC),
        "account_inactive": reads(PUBLIC),
        "account_email_verification_sent": form(PUBLIC),
        "account_reset_password": form(PUBLIC),
        "account_confirm_password_reset_code": form(PUBLIC),
        "account_complete_password_reset": form(PUBLIC),
        "account_password_reset_completed": reads(PUBLIC),
        "account_reauthenticate": form(USER),
        "account_change_password": form(USER),
        "account_set_password": form(USER),
        "account_email": form(USER),
        "mfa_authenticate": form(PUBLIC),
        "mfa_login_webauthn": form(PUBLIC),
        "mfa_index": reads(USER),
        "mfa_reauthenticate": form(USER),
        "mfa_activate_totp": form(USER),
        "mfa_deactivate_totp": form(USER),
        "mfa_view_recovery_codes": reads(USER),
        "mfa_generate_recovery_codes": form(USER),
        "mfa_download_recovery_codes": reads(USER),
        "mfa_list_webauthn": reads(USER),
        "mfa_add_webauthn": form(USER),
        "mfa_remove_webauthn": form(USER),
        "mfa_edit_webauthn": form(USER),
        "mfa_reauthenticate_webauthn": form(USER),
        "usersessions_list": form(USER),
        # --- what holders of a message meet: the token is the key ---
        "public:own_notice": reads(PUBLIC),
        "public:subprocessors": reads(PUBLIC),
        "public:subprocessors_json": reads(PUBLIC),
        "public:trust": reads(PUBLIC),
        "public:trust_json": reads(PUBLIC),
        "public:calendar": reads(PUBLIC),
        "public:pack": form(PUBLIC),
        "public:unsubscribe": form(PUBLIC),
        "public:undo": acts(PUBLIC),
        "public:preferences": form(PUBLIC),
        "public:message": reads(PUBLIC),
        "public:hook_ses": acts(PUBLIC),
        "public:hook_relay": acts(PUBLIC),
        "public:hook_transport": acts(PUBLIC),
        # --- what programs meet: the key is the API's ---
        "api:document": reads(PUBLIC),
        "api:cases": acts(MACHINE),
        "api:case": reads(MACHINE),
        # --- what data subjects meet: the token is the key ---
        "public_ending:archive": form(PUBLIC),
        "public_ending:identity": reads(PUBLIC),
        "public_ending:certificate": reads(PUBLIC),
        "public_ending:certificate_file": reads(PUBLIC),
        "public_rights:request": form(PUBLIC),
        "public_rights:asked": reads(PUBLIC),
        "public_rights:confirm": form(PUBLIC),
        "public_rights:progress": reads(PUBLIC),
        "public_rights:answer": form(PUBLIC),
        "public_rights:proof": form(PUBLIC),
        "public_rights:schema": reads(PUBLIC),
        # --- machines that watch ---
        "watching:metrics": reads(MACHINE),
        # --- the operator ---
        "operator:access": form(OPERATOR),
        "operator:access_close": acts(OPERATOR),
        "operator:audits": form(OPERATOR),
        "operator:certificate_withdraw": acts(OPERATOR),
        "operator:audit": reads(OPERATOR),
        "operator:audit_act": acts(OPERATOR),
        "operator:audit_file": reads(OPERATOR),
        "operator:audit_terms": reads(OPERATOR),
        "operator:assistance": form(OPERATOR),
        "operator:assistance_controller": form(OPERATOR),
        "operator:assistance_thing": reads(OPERATOR),
        "operator:assistance_act": acts(OPERATOR),
        "operator:assistance_file": reads(OPERATOR),
        "operator:staff": form(OPERATOR),
        "operator:measures": form(OPERATOR),
        "operator:measures_run": acts(OPERATOR),
        "operator:measures_progress": reads(OPERATOR),
        "operator:measure": reads(OPERATOR),
        "operator:measure_evidence": reads(OPERATOR),
        "operator:outages": form(OPERATOR),
        "operator:outage": form(OPERATOR),
        "operator:outage_announce": acts(OPERATOR),
        "operator:limits": form(OPERATOR),
        "operator:transports": form(OPERATOR),
        "operator:notices": reads(OPERATOR),
        "operator:notice": reads(OPERATOR),
        "operator:notice_enter": acts(OPERATOR),
        "operator:addresses": form(OPERATOR),
        "operator:breaches": form(OPERATOR),
        "operator:breach_csv": reads(OPERATOR),
        "operator:breach_json": reads(OPERATOR),
        "operator:filter_drop": acts(OPERATOR),
        "operator:correction": acts(OPERATOR),
        "operator:breach": reads(OPERATOR),
        "operator:breach_act": acts(OPERATOR),
        "operator:limiting": reads(OPERATOR),
        "operator:grounds_csv": reads(OPERATOR),
        "operator:limit": form(OPERATOR),
        "operator:limit_act": acts(OPERATOR),
        "operator:ground_enter": acts(OPERATOR),
        "operator:ground_follow": acts(OPERATOR),
        "operator:ground_file": reads(OPERATOR),
        "operator:own_data": form(OPERATOR),
        "operator:own_settle": acts(OPERATOR),
        "operator:splitting": form(OPERATOR),
        "operator:backups": reads(OPERATOR),
        "operator:backups_store": reads(OPERATOR),
        "operator:record": reads(OPERATOR),
        "operator:record_stamp": acts(OPERATOR),
        "operator:record_verify": acts(OPERATOR),
        "operator:feed": acts(OPERATOR),
        "operator:unfeed": acts(OPERATOR),
        "operator:version_withdraw": acts(OPERATOR),
        "operator:instructions": form(OPERATOR),
        "operator:instruction": reads(OPERATOR),
        "operator:instruction_act": acts(OPERATOR),
        "operator:subprocessors": form(OPERATOR),
        "operator:subprocessor": reads(OPERATOR),
        "operator:subprocessor_act": acts(OPERATOR),
        "operator:mechanism_lapse": acts(OPERATOR),
        "operator:change": reads(OPERATOR),
        "operator:change_withdraw": acts(OPERATOR),
        "operator:objection_settle": acts(OPERATOR),
        "operator:obligations": reads(OPERATOR),
        "operator:obligation": reads(OPERATOR),
        "operator:obligation_act": acts(OPERATOR),
        "operator:agreements": reads(OPERATOR),
        "operator:agreement": reads(OPERATOR),
        "operator:agreement_write": form(OPERATOR),
        "operator:agreement_announce": acts(OPERATOR),
        "operator:agreement_file": reads(OPERATOR),
        "operator:difference": reads(OPERATOR),
        "operator:overview": reads(OPERATOR),
        "operator:terminations": reads(OPERATOR),
        "operator:termination": reads(OPERATOR),
        "operator:termination_act": acts(OPERATOR),
        "operator:controllers": reads(OPERATOR),
        "operator:controller": reads(OPERATOR),
        "operator:move": acts(OPERATOR),
        "operator:alarm_lift": acts(OPERATOR),
    }
)

WATCHED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "audience:find": "found",
        "audience:show": "revealed",
        "audience:reveal": "revealed",
        "audience:export": "exported",
        "audience:rejected": "exported",
        "campaigns:recipients_csv": "exported",
        "sending:look_up": "found",
        "privacy:reveal": "revealed",
        "privacy:task_people": "exported",
        "privacy:pack": "exported",
        "privacy:return_file": "exported",
    }
)
"""Routes that look people up, show identities or give them out: each use is entered in the log of accesses, by kind,
and judged by the person's habits (PPL-5)."""
