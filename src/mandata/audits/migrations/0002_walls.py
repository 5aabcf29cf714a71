"""Row-Level Security, composite keys and foreign keys (design decisions 2 and 3)."""

from django.db import migrations

from mandata.infra.tenancy import secure


class Migration(migrations.Migration):
    dependencies = [("audits", "0001_initial")]
    operations = [
        secure("audits_audit"),
        secure("audits_terms", foreign={"audit": ("audits_audit", "cascade")}),
        secure("audits_finding", foreign={"audit": ("audits_audit", "cascade")}),
        secure("audits_pack"),
        secure("audits_piece", foreign={"pack": ("audits_pack", "cascade")}),
    ]
