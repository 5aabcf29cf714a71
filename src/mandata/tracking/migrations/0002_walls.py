"""Row-Level Security, composite keys and foreign keys (design decisions 2 and 3)."""

from django.db import migrations

from mandata.infra.tenancy import secure

EVENT = migrations.RunSQL(
    [
        """
        create table tracking_event (
            controller_id uuid not null,
            at timestamptz not null,
            id uuid not null,
            kind varchar(12) not null check (kind in ('open', 'click', 'unsubscribe', 'web')),
            campaign_id uuid not null,
            subscriber_id uuid,
            link integer not null,
            actor_class varchar(10) not null check (actor_class in ('human', 'prefetch', 'scanner')),
            agent varchar(40) not null default '',
            network varchar(24) not null default '',
            primary key (controller_id, at, id)
        ) partition by range (at)
        """,
        "create table tracking_event_default partition of tracking_event default",
        "alter table tracking_event_default enable row level security",
        "alter table tracking_event_default force row level security",
        "create index tracking_event_campaign on tracking_event (controller_id, campaign_id, at)",
        "create index tracking_event_subscriber on tracking_event (controller_id, subscriber_id) where subscriber_id is not null",
    ],
    reverse_sql="drop table tracking_event",
)

# The application's role may not create tables; this function of the owner's lets it ask for a month's partition, and nothing else.
PARTITIONS = migrations.RunSQL(
    """
    create function tracking_ensure_month(month date) returns void
    language plpgsql security definer set search_path = pg_catalog, public as $$
    declare
        first date := date_trunc('month', month)::date;
        name text := 'tracking_event_' || to_char(first, 'YYYY_MM');
    begin
        if to_regclass('public.' || name) is null then
            perform pg_advisory_xact_lock(hashtext(name));
            if to_regclass('public.' || name) is null then
                execute format('create table public.%I partition of public.tracking_event for values from (%L) to (%L)',
                    name, first::timestamp at time zone 'UTC', (first + interval '1 month') at time zone 'UTC');
                execute format('alter table public.%I enable row level security', name);
                execute format('alter table public.%I force row level security', name);
            end if;
        end if;
    end $$
    """,
    reverse_sql="drop function tracking_ensure_month(date)",
)


class Migration(migrations.Migration):
    dependencies = [("tracking", "0001_initial"), ("campaigns", "0002_walls")]
    operations = [
        EVENT,
        secure("tracking_event", key=None),
        secure("tracking_first", key=None, foreign={"campaign_id": ("campaigns_campaign", "cascade")}),
        secure("tracking_counter", key=None, foreign={"campaign_id": ("campaigns_campaign", "cascade")}),
        PARTITIONS,
    ]
