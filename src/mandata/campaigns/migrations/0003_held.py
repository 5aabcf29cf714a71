"""A campaign may be held after a restore, until a member releases it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0002_walls"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="campaign",
            name="campaigns_campaign_state",
        ),
        migrations.AddField(
            model_name="campaign",
            name="held_from",
            field=models.CharField(blank=True, default="", max_length=12),
        ),
        migrations.AddField(
            model_name="campaign",
            name="held_reason",
            field=models.CharField(blank=True, default="", max_length=20),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["draft", "launching", "sending", "paused", "held", "finished", "cancelled"])
                ),
                name="campaigns_campaign_state",
            ),
        ),
    ]
