"""Row-Level Security, composite keys and foreign keys (design decisions 2 and 3)."""

from django.db import migrations

from mandata.infra.tenancy import secure


class Migration(migrations.Migration):
    dependencies = [("record", "0001_initial")]
    operations = [
        secure("record_entry"),
        secure("record_payload"),
        secure("record_leaf", key=None),
        secure("record_node", key=None),
        secure("record_head", key=None),
    ]
