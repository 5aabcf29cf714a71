"""A mailbox that took nothing for long is a ground of suppression of its own: it ends by itself."""

from django.db import migrations, models

_REASONS = ["unsubscribed", "complaint", "hard_bounce", "soft_bounce", "objection", "erasure", "manual"]


class Migration(migrations.Migration):
    dependencies = [("audience", "0004_lookup")]
    operations = [
        migrations.RemoveConstraint("suppression", "audience_suppression_reason"),
        migrations.AddConstraint(
            "suppression",
            models.CheckConstraint(condition=models.Q(("reason__in", _REASONS)), name="audience_suppression_reason"),
        ),
    ]
