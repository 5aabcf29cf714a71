"""Row-Level Security, composite keys and foreign keys (design decisions 2 and 3)."""

from django.db import migrations

from mandata.infra.tenancy import secure


class Migration(migrations.Migration):
    dependencies = [("agreements", "0001_initial")]
    operations = [
        secure("agreements_agreement"),
        secure("agreements_instruction", foreign={"agreement": ("agreements_agreement", "cascade")}),
        secure("agreements_refusal"),
    ]
