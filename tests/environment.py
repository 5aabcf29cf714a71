"""Loaded before Django (`-p tests.environment`): every test process has folders of its own, and no outside setting
reaches it."""

import os
import tempfile

for _name in [name for name in os.environ if name.startswith("MANDATA_") or name.endswith("DATABASE_URL")]:
    if _name not in ("MANDATA_TEST_DATABASE", "MANDATA_DATABASE_POOLED"):  # where the tests' database is, and how
        del os.environ[_name]

VAR = tempfile.mkdtemp(prefix="mandata-test-")
os.environ["MANDATA_VAR"] = VAR
os.environ["MANDATA_LOG_LEVEL"] = "error"
os.environ["DJANGO_SETTINGS_MODULE"] = "mandata.project.settings"
