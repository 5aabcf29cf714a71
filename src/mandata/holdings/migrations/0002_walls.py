"""Row-Level Security, composite keys and foreign keys (design decisions 2 and 3)."""

from django.db import migrations

from mandata.infra.tenancy import secure


class Migration(migrations.Migration):
    dependencies = [("holdings", "0001_initial")]
    operations = [
        secure("holdings_erasure"),
    ]
