-- The audience becomes messages, all in one statement: who may receive now, numbered in a fixed order.
-- The numbers are what tokens carry; the counters begin with what is queued, by provider.
-- Who has a message of this campaign already keeps it (a restore brought it back), and the numbers go on behind.
-- The lateral look-up keeps its shape where the tables have no statistics yet (offset 0 is a fence).
with frozen as (
    insert into delivery_message (controller_id, campaign_id, subscriber_id, number, channel, provider, state)
    select b.controller_id, %(campaign)s, s.id, %(taken)s + row_number() over (order by s.id), 'email', s.provider,
           'queued'
    from audience_subscription b
    cross join lateral (
        select * from audience_subscriber s
        where s.controller_id = b.controller_id and s.id = b.subscriber_id
        offset 0
    ) s
    where b.list_id = %(list)s and {rule} and {absent}
    returning provider
), counted as (
    insert into delivery_counter (controller_id, campaign_id, shard, provider, state, count)
    select %(controller)s, %(campaign)s, 0, provider, 'queued', count(*) from frozen group by provider
    returning count
)
select coalesce(sum(count), 0)::bigint from counted
