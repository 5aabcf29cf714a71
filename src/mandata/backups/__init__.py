"""Backups that forget: taken, shipped, pruned; restored with everything replayed that has happened since.

What is in a store, and nowhere in clear:

    backups/<id>/manifest.json                    written last: a backup without it does not exist
    backups/<id>/<content>.0000.age …             slices of one gzip stream, each an age file of its own
    backups/<id>/backup_manifest.gz.age           PostgreSQL's own manifest of a base backup
    wal/<system>/<segment>.gz.age                 the write-ahead log of the embedded server
    outside/<file>/<from>-<to>.gz.age             the outside log, in pieces of its day files
    keys/…                                        recovery bundles, to other recipients: the vault's

A person's data in a backup is sealed under keys that are not in it in a form that lasts: the epochs turn, and what was
erased in between opens for nobody (`mandata.vault`). A backup is pruned by the agreements' periods, and forgets before.
"""
