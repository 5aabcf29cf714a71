"""All kinds of requests, their channels and steps."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("rights", "0002_walls")]
    operations = []
