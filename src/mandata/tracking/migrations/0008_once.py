"""Whose row it is is asked once for a statement of events and firsts, not once for each of tens of thousands of rows.

The condition is the same; written as a subquery it is an initial plan. Reading keeps its own.
"""

from django.db import migrations

from mandata.infra.tenancy import SETTING

_ROW = f"controller_id = nullif(current_setting('{SETTING}', true), '')::uuid"
_STATEMENT = f"controller_id = (select nullif(current_setting('{SETTING}', true), '')::uuid)"
_TABLES = ("tracking_event", "tracking_first")


class Migration(migrations.Migration):
    dependencies = [("tracking", "0007_choices")]
    operations = [
        migrations.RunSQL(
            [f"alter policy scope on {table} with check ({_STATEMENT})" for table in _TABLES],
            reverse_sql=[f"alter policy scope on {table} with check ({_ROW})" for table in _TABLES],
        ),
    ]
