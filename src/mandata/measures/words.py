"""Words for the codes of the measures: headings, checks, reasons with their remedies, parts and causes of outages."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

HEADINGS: Final[dict[str, Promise]] = {
    "encryption": _("Pseudonymisation and encryption"),
    "resilience": _("Confidentiality, integrity, availability and resilience"),
    "restoring": _("Restoring data and access after an incident"),
    "testing": _("Regular testing of what protects"),
    "identification": _("Identifying and authorising users"),
    "transmission": _("Protection while data is transmitted"),
    "storage": _("Protection while data is stored"),
    "premises": _("Physical security of the places"),
    "logging": _("Logging of events"),
    "configuration": _("Configuration of systems"),
    "governance": _("Governance of IT and its security"),
    "certification": _("Certification and assurance"),
    "minimisation": _("Data minimisation"),
    "quality": _("Quality of data"),
    "retention": _("Limited retention"),
    "accountability": _("Accountability"),
    "portability": _("Portability and erasure"),
}
CHECKS: Final[dict[str, Promise]] = {
    "web_tls": _("Console and door answer over TLS, with certificates that hold"),
    "mail_tls": _("The mail listener offers TLS"),
    "headers": _("Pages are sent with the headers that protect browsers"),
    "walls": _("No controller reaches another's rows: tried on every table"),
    "sealed": _("No known identity lies readable in the database"),
    "keys": _("Keys are there, young enough, and copied"),
    "backups": _("The newest backup is young enough"),
    "backups_apart": _("Backups lie elsewhere, encrypted"),
    "drill": _("A restore was practised lately, and went well"),
    "root": _("The record, computed anew, is the one that was signed"),
    "lockout": _("Wrong passwords shut an account for a while: tried"),
    "hashing": _("Passwords are hashed with Argon2id, at enough cost"),
    "tokens": _("Keys and tokens are kept as hashes and belong to somebody"),
    "erasures": _("Erasures stand in the record, chained"),
    "access_log": _("Accesses are logged for good and judged"),
    "dependencies": _("What is installed has no known weakness"),
    "malware": _("The scanner finds the harmless test file"),
    "clock": _("Our clocks agree"),
    "disk": _("There is room on the disks"),
    "confidentiality": _("The staff is bound to confidentiality"),
    "training": _("The staff is trained"),
    "rounds": _("The checks are run every day"),
}
OUTCOMES: Final[dict[str, Promise]] = {
    "held": _("holds"),
    "failed": _("does not hold"),
    "absent": _("nothing to look at"),
    "overdue": _("evidence is due"),
    "unknown": _("not looked at"),
}
REASONS: Final[dict[str, tuple[Promise, Promise]]] = {
    "as_it_should": (_("Everything was as it should be."), _("Nothing is to be done.")),
    "none_kept_yet": (_("Nothing is kept yet that could be looked at."), _("Nothing is to be done.")),
    "first_round": (_("This is the first round."), _("Nothing is to be done.")),
    "age_only": (
        _("What is installed is young; whether it has known weaknesses was not looked at, for want of advisories."),
        _("Name a folder of advisories in MANDATA_ADVISORIES."),
    ),
    "nothing_configured": (_("Nothing is configured that could be looked at."), _("The owner's evidence counts.")),
    "nobody_answers": (_("Nobody answered there."), _("See that it runs and can be reached from here.")),
    "no_tls": (
        _("It answers without TLS: what is sent can be read on the way."),
        _("Put a proxy with a certificate in front and set MANDATA_PUBLIC_URL and MANDATA_TRACKING_URL to https."),
    ),
    "no_tls_here": (
        _(
            "It answers without TLS, at an address of this machine alone: nobody else can reach it, nothing is"
            " encrypted."
        ),
        _(
            "For a trial that is enough. Before anybody else works with it, put a proxy with a certificate in front and"
            " set MANDATA_PUBLIC_URL and MANDATA_TRACKING_URL to https."
        ),
    ),
    "loopback_only": (
        _("It listens on this machine alone: nothing leaves the machine, so nothing was looked at."),
        _("Nothing is to be done, until it is to be reached from elsewhere."),
    ),
    "certificate_untrusted": (
        _("The certificate is not one that browsers trust."),
        _("Have one issued by an authority that browsers know, for this very name."),
    ),
    "certificate_ends": (_("The certificate ends within two weeks."), _("Renew it.")),
    "tls_old": (_("It speaks a version of TLS that is out of date."), _("Allow TLS 1.2 and 1.3 only.")),
    "headers_missing": (
        _("Some of the headers that protect browsers are missing."),
        _("See that the proxy in front hands on what Mandata sends."),
    ),
    "role_bypasses": (
        _("The database's role of the application may pass the walls by."),
        _("Give it neither superuser nor BYPASSRLS, and let another role own the tables (`mandata migrate`)."),
    ),
    "rows_of_others": (
        _("Rows of another controller could be reached."),
        _("Stop the installation, run `mandata migrate`, and treat it as a breach."),
    ),
    "no_wall": (_("A table has no wall."), _("Run `mandata migrate`.")),
    "nothing_tried": (_("There was nothing to try it on."), _("Look again once there is data.")),
    "identity_in_clear": (
        _("An identity lies readable in the database."),
        _("Find out what wrote it there, and treat it as a breach."),
    ),
    "key_missing": (
        _("A controller's key is missing."),
        _("Bring it back from a recovery copy: `mandata keys recover`."),
    ),
    "key_old": (_("A key is older than an epoch."), _("See that a worker runs; `mandata keys rotate` turns it now.")),
    "key_uncopied": (_("A key is not yet in a recovery copy."), _("See what the log says of recovery copies.")),
    "no_store": (_("No place for backups is named."), _("Set MANDATA_BACKUP_STORE and MANDATA_BACKUP_RECIPIENTS.")),
    "no_backup": (_("There is no backup yet."), _("Run `mandata backup`.")),
    "backup_old": (_("The newest backup is old."), _("See what the log says of backups.")),
    "store_away": (_("The store of the backups does not answer."), _("See that it can be reached from here.")),
    "backup_in_clear": (_("What lies in the store is not encrypted."), _("Set MANDATA_BACKUP_RECIPIENTS.")),
    "same_disk": (
        _("Backups lie on the same disk as the data."),
        _("Name another disk or a bucket elsewhere in MANDATA_BACKUP_STORE."),
    ),
    "no_drill": (
        _("A restore was never practised."),
        _("Run `mandata drill`, or name its identities so that it is scheduled."),
    ),
    "drill_failed": (_("The last drill found faults."), _("See what it found: `mandata drill`.")),
    "drill_old": (_("The last drill is long ago."), _("Run `mandata drill`.")),
    "root_differs": (
        _("A log, computed anew, is not the one that was signed."),
        _("Run `mandata verify`, which names what was changed."),
    ),
    "copy_differs": (
        _("A log differs from its second copy outside the database."),
        _("Run `mandata verify`, and see whether an older database was put in place."),
    ),
    "probe_not_opened": (
        _("The right password did not open the probe account, so nothing was proven."),
        _("See whether people can log in."),
    ),
    "never_shut": (_("Wrong passwords do not shut an account."), _("Set the limits of log-ins as they were shipped.")),
    "hash_weak": (_("Passwords are hashed too cheaply."), _("Take Argon2id with the parameters as shipped.")),
    "hashes_old": (
        _("Some passwords are still kept under a weaker hash."),
        _("Have these people log in once, or reset their passwords."),
    ),
    "token_in_clear": (_("A token is not kept as a hash."), _("Revoke it, and treat it as known to others.")),
    "token_orphaned": (_("A token belongs to nobody who is still there."), _("Revoke it.")),
    "erasure_unlogged": (_("An erasure is missing from the record."), _("Run `mandata verify`.")),
    "erasure_unchained": (_("An erasure's proof does not lead to the signed head."), _("Run `mandata verify`.")),
    "no_outside_log": (_("There is no log outside the database."), _("See that MANDATA_OUTSIDE can be written.")),
    "log_changeable": (_("The log of accesses can be changed."), _("Run `mandata migrate`.")),
    "rules_silent": (
        _("The rules did not ring for a planted misuse."),
        _("Bring back the rules as they were shipped."),
    ),
    "judging_late": (_("Accesses wait to be judged."), _("See that a worker runs and what its log says.")),
    "age_only_old": (
        _("What is installed is older than 90 days, and no advisories are there to compare it with."),
        _("Update the installation, and name a folder of advisories in MANDATA_ADVISORIES."),
    ),
    "advisory": (_("An advisory warns of something that is installed."), _("Update the installation.")),
    "advisories_old": (_("The advisories are older than a month."), _("Have the folder refreshed.")),
    "scanner_blind": (_("The scanner did not find the test file."), _("See what its own log says.")),
    "signatures_old": (_("The scanner's signatures are older than a week."), _("See that they are updated.")),
    "clock_skewed": (_("Our clocks differ by more than two seconds."), _("Have all hosts keep time by NTP.")),
    "disk_low": (_("A disk is nearly full."), _("Make room, or move the folder to a larger disk.")),
    "no_staff": (_("The operator has no staff entered."), _("Make accounts for those who work here.")),
    "not_signed": (_("Somebody has not signed confidentiality."), _("Have it signed, and enter it with the staff.")),
    "training_lapsed": (_("Somebody's training is missing or has lapsed."), _("Train them, and enter it.")),
    "rounds_missing": (_("The last round is more than two days ago."), _("See that a worker runs.")),
    "check_fault": (_("The check itself went wrong."), _("See what the worker's log says (check.fault).")),
    "evidence_due": (_("The owner's next evidence is due."), _("Look again, and enter what was found.")),
}
"""Code of a reason -> what it means, what to do."""
UNSET: Final = frozenset(
    {"no_tls_here", "no_store", "no_backup", "no_drill", "no_staff", "not_signed", "training_lapsed"}
)
"""Reasons for which a check fails on an installation that nobody has set up for it yet."""
FIGURES: Final[dict[str, Promise]] = {
    "accounts": _("Passwords kept"),
    "advisories_days": _("Age of the advisories, in days"),
    "algorithm": _("Way of hashing"),
    "at": _("Where"),
    "bare": _("Tables without a wall"),
    "clear": _("Kept in clear"),
    "closed": _("Controllers whose key is missing"),
    "days": _("Days ago"),
    "days_left": _("Days until the first certificate ends"),
    "differ": _("Logs that differ from their second copy"),
    "encrypted": _("Objects that are encrypted"),
    "entries": _("Entries computed anew"),
    "fault": _("Kind of fault"),
    "found": _("Where identities lie readable"),
    "free_percent": _("Free room by folder, in percent"),
    "headers": _("Headers received"),
    "hours": _("Hours ago"),
    "identities": _("Identities looked for"),
    "installed": _("Packages installed"),
    "kept": _("Keys and tokens kept"),
    "keys": _("Keys in use"),
    "leaked": _("Tables that could be reached"),
    "left": _("Keys waiting to be renewed"),
    "logs": _("Logs computed anew"),
    "looked": _("Looked at"),
    "memory_kib": _("Memory for one password, in KiB"),
    "missing": _("Missing"),
    "newest_days": _("Age of the youngest package, in days"),
    "oldest_days": _("Age of the oldest key, in days"),
    "orphans": _("Of nobody who is there"),
    "place": _("Where the backups lie"),
    "places": _("Places, and what they answered with"),
    "rounds": _("Rounds of hashing"),
    "rows": _("Rows searched"),
    "second_copies": _("Second copies compared"),
    "seconds": _("Apart, in seconds"),
    "staff": _("People of the staff"),
    "tables": _("Tables tried"),
    "tries": _("Wrong passwords before it was shut"),
    "uncopied": _("Keys not yet in a recovery copy"),
    "unproven": _("Without a proof that holds"),
    "waiting": _("Waiting"),
    "warned": _("Packages that an advisory names"),
    "weaker": _("Passwords under a weaker hash"),
    "with_rows_of_others": _("Of them with rows of another controller"),
    "without": _("People without it"),
    "wrong": _("Logs that differ from their signed head"),
}
"""Figures behind a result."""
VALUES: Final[dict[str, Promise]] = {
    "console": _("the console"),
    "door": _("links and unsubscriptions"),
    "mail": _("returned mail"),
    "database": _("the database"),
    "plain": _("without TLS"),
    "plain_here": _("without TLS, on this machine alone"),
    "loopback": _("on this machine alone, not looked at"),
    "away": _("no answer"),
    "untrusted": _("a certificate that browsers do not trust"),
    "bucket": _("in a bucket elsewhere"),
    "disk": _("on another disk"),
    "same": _("on the same disk as the data"),
    "cookies": _("attributes of cookies"),
}
"""What a figure says where it is a word; anything else (a number, a version, the name of a table) stands for itself."""
PARTS: Final[dict[str, Promise]] = {
    "console": _("Console and pages"),
    "door": _("Links, opens and unsubscriptions"),
    "workers": _("Sending and jobs"),
    "database": _("Database"),
}
CAUSES: Final[dict[str, Promise]] = {
    "maintenance": _("planned maintenance"),
    "own_fault": _("a fault of ours"),
    "supplier": _("a supplier's fault"),
    "network": _("the network"),
    "power": _("electricity"),
    "attack": _("an attack"),
    "load": _("too much load"),
    "unknown": _("not known yet"),
}
