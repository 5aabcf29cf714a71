"""What the desks of the duties need of obligations, notices and suspensions."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("agreements", "0004_agreement_runs")]
    operations = []
