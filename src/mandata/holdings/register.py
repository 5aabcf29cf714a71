"""What holds no personal data, each with its reason: tables, and the modules that write files.

Whoever adds a table or a module that writes files puts it here or into the catalogue; a test finds what is in neither.
"""

from typing import Final

from mandata.holdings.columns import COLUMNS

__all__ = ["COLUMNS", "FILES", "FOLDERS", "PERSONAL_FILES", "TABLES"]

TABLES: Final[dict[str, str]] = {
    "accounts_directory": "which controllers exist and in what state: ids, times, states",
    "accounts_invitationkey": "SHA-256 of random tokens, ids, times",
    "agreements_refusal": "what a gate refused: codes, ids, clauses",
    "agreements_template": "texts of agreements that the operator wrote; they name nobody",
    "agreements_measure": "how measures are carried out, by which post, when checked",
    "agreements_proposal": "versions of terms offered, what was decided: ids, times",
    "agreements_obligation": "duties with their due times: codes, ids, times, reasons in the operator's words",
    "agreements_stay": "when an obligation's clock stood still: ids, times, ground",
    "agreements_agenda": "when an obligation is next to be looked at: ids, times",
    "agreements_feed": "SHA-256 of random tokens, ids, times",
    "subprocessors_subprocessor": "the public register of companies",
    "subprocessors_mechanism": "what transfers rest on: kinds, dates",
    "subprocessors_change": "intended changes of the register: ids, times",
    "subprocessors_changenotice": "windows of a change: ids, times",
    "subprocessors_authorisation": "which sub-processor is authorised: ids, codes, times",
    "audience_indexing": "whose look-ups are being made anew: ids, times, counts, the last reference done",
    "audience_list": "names that the controller gave its lists",
    "audience_field": "definitions of fields, no values",
    "campaigns_number": "numbers and ids of campaigns",
    "campaigns_active": "ids of campaigns, times",
    "campaigns_link": "addresses of pages that a campaign leads to, the same for everybody",
    "delivery_worker": "ids and hosts of our own processes, times",
    "delivery_chunk": "leases: ids, times, counts",
    "delivery_counter": "numbers by provider and state",
    "delivery_provider": "SHA-256 of mail domains, names of providers, times",
    "delivery_rule": "the operator's limits by transport and provider: numbers",
    "delivery_warmup": "warm-up plans of sending domains and of our own addresses: numbers, dates",
    "delivery_lane": "what all workers share of a limit: numbers, times, codes of replies",
    "delivery_hold": "connections that our own processes have leased: ids, counts, times",
    "delivery_transport": "the operator's transports: companies, limits, its own credentials sealed",
    "delivery_source": "network addresses and names of the operator's own servers",
    "delivery_pool": "which pool of the operator's addresses a controller sends from: ids, names of pools, times",
    "delivery_flow": "numbers by transport, provider and state",
    "delivery_pace": "numbers by time and state",
    "delivery_reason": "what mail servers said, addresses cut, with numbers by provider",
    "delivery_domain": "domains of the controller, what DNS says of them",
    "delivery_key": "keys that sign for a domain",
    "delivery_host": "tracking hosts of the controller with their certificates",
    "delivery_account": "the installation's account at a certification authority: its key, addresses of servers",
    "delivery_claim": "whose a proven name of a host is: names of hosts, ids",
    "delivery_watch": "when a domain or host is next looked at: ids, times",
    "delivery_challenge": "random tokens of a certification authority, times",
    "tracking_spoolmark": "names and offsets of our own files",
    "tracking_counter": "numbers by hour, link and provider",
    "holdings_erasure": "the log of erasures: random references that lead to nobody, counts, dead keys' fingerprints",
    "holdings_run": "erasures of many: ground, ids and codes of the selection, counts, times",
    "holdings_manual": "what manual holdings are called, where they are, which post answers for them; they name nobody",
    "holdings_task": "what is to be done in manual holdings: ids, times, counts, remarks with addresses cut",
    "record_entry": "random references, codes, counts, times; what is personal lies in record_payload",
    "record_leaf": "hashes",
    "record_node": "hashes",
    "record_head": "hashes and signatures",
    "record_pending": "ids and hashes of entries",
    "record_stamp": "hashes, times, an authority's signature",
    "record_receipt": "hashes, times, random ids of whom a head was handed to",
    "rights_caseevent": "steps of a case: ids, codes, times",
    "rights_casekey": "SHA-256 of random tokens, ids, times",
    "backups_restore": "restores and drills: ids, times, counts, kinds of entries",
    "backups_backup": "when the installation was backed up: ids, times, sizes",
    "vault_secret": "keys of blind indexes, wrapped; they belong to no person",
    "vault_epoch": "numbers and times of epochs",
    "infra_cache": "rate limits: hashed keys, counts, minutes",
    "infra_restoring": "that this database is being restored: a time",
    "auth_group": "framework, empty",
    "auth_group_permissions": "framework, empty",
    "auth_permission": "framework: names of model permissions",
    "django_content_type": "framework: names of models",
    "django_migrations": "framework: names of migrations",
    "procrastinate_jobs": "arguments are ids",
    "procrastinate_events": "times of jobs",
    "procrastinate_periodic_defers": "times of periodic jobs",
    "procrastinate_workers": "ids of workers, times",
}

FILES: Final[dict[str, str]] = {
    "tracking.spool": "numbers of campaigns and messages, link, time, kind of program, class of network",
    "delivery.journal": "numbers of messages, codes, times; no address, no reference",
    "vault.keyfiles": "keys of the installation and of the controllers' epochs, none of a person's",
    "infra.secretkey": "one random key of the installation",
    "infra.stores": "objects of a store; what is personal in them is encrypted by whoever puts it there",
    "infra.postgres": "the database's own files: its tables are each in the catalogue",
    "record.packs": "what the record holds: hashes, random references, codes, counts, times",
    "console.privacy.evidence": "a pack of the record while it is fetched; without a name, gone with the request",
    "record.verifier": "copies of signed notes and time-stamps, for as long as openssl reads them",
    "cli": "locks and states of our own processes",
    "infra.restoring": "that a restore is under way, and how far it is",
    "delivery.engine.pool": "it starts our own sending processes, which write the journal",
    "delivery.rendering.workshop": "it starts our own rendering processes, which write nothing",
    "holdings.archive": "an archive in memory, which is sealed before it is kept",
}
"""Modules (or packages) of `mandata` that write files which hold no personal data."""

PERSONAL_FILES: Final[dict[str, str]] = {
    "backups": "backups",
    "infra.outside": "outside_log",
    "delivery.catcher": "catcher",
    "project.uploads": "uploads",
}
"""Modules (or packages) that write files with personal data -> the key of their holding."""

FOLDERS: Final[dict[str, str]] = {
    "backups": "holding:backups",
    "catcher": "holding:catcher",
    "demo.json": "where the demo's parts answer",
    "dns.json": "zones that the demo's name server answers",
    "journals": "numbers of messages, codes, times (delivery.journal)",
    "keys": "keys of the installation and of the controllers' epochs, none of a person's",
    "outside": "holding:outside_log",
    "postgres": "the database's own files: its tables are each in the catalogue",
    "restore": "holding:backups",
    "spool": "numbers of campaigns and messages, kind of program, class of network (tracking.spool)",
    "static": "the console's own files",
}
"""What lies in MANDATA_VAR, by folder or file: whose it is, or "holding:" and the key of the holding."""
