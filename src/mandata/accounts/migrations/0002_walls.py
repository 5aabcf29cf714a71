"""Row-Level Security, composite keys and foreign keys (design decisions 2 and 3)."""

from django.db import migrations

from mandata.infra.tenancy import secure


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [
        secure("accounts_controller", key=None),
        secure("accounts_member", foreign={"controller_id": ("accounts_controller", "cascade")}),
        secure("accounts_invitation"),
        secure("accounts_notice"),
    ]
