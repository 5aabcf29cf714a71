"""Row-Level Security, composite keys and foreign keys (design decisions 2 and 3)."""

from django.db import migrations

from mandata.infra.tenancy import secure


class Migration(migrations.Migration):
    dependencies = [("rights", "0001_initial")]
    operations = [
        secure("rights_case"),
        secure("rights_caseevent", foreign={"case_id": ("rights_case", "cascade")}),
        secure("rights_answer", foreign={"id": ("rights_case", "cascade")}),
    ]
