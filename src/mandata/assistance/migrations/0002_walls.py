"""Row-Level Security, composite keys and foreign keys (design decisions 2 and 3)."""

from django.db import migrations

from mandata.infra.tenancy import secure


class Migration(migrations.Migration):
    dependencies = [("assistance", "0001_initial")]
    operations = [
        secure("assistance_request"),
        secure("assistance_proceeding"),
        secure("assistance_step", foreign={"proceeding": ("assistance_proceeding", "cascade")}),
        secure("assistance_intake"),
        secure("assistance_file"),
        secure("assistance_statement"),
        secure("assistance_work", foreign={"statement": ("assistance_statement", "restrict")}),
    ]
