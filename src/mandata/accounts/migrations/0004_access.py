"""Accesses of staff to a controller's data, and what is unusual about them."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_agreement_runs")]
    operations = []
