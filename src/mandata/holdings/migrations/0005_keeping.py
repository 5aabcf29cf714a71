"""What the end of an agreement and its periods need."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("holdings", "0004_runs")]
    operations = []
