"""Row-Level Security, composite keys and foreign keys (design decisions 2 and 3)."""

from django.db import migrations

from mandata.infra.tenancy import secure


class Migration(migrations.Migration):
    dependencies = [("vault", "0001_initial")]
    operations = [
        secure("vault_subject_key", key=None),
        secure("vault_secret", key=None),
        secure("vault_epoch", key=None),
    ]
