"""How urgent a campaign's messages are: what somebody waits for goes before what is sent to many."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0003_held")]

    operations = [
        migrations.AddField("active", "urgency", models.SmallIntegerField(db_default=1, default=1)),
    ]
