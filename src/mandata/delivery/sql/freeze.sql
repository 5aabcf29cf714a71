-- The audience becomes messages, all in one statement: who may receive now, numbered in random-looking but fixed order.
-- The numbers are what tokens carry; counters begin with what is queued, by provider.
with frozen as (
    insert into delivery_message (controller_id, campaign_id, subscriber_id, number, channel, provider, state)
    select s.controller_id, %(campaign)s, s.id, row_number() over (order by s.id), 'email', s.provider, 'queued'
    from audience_subscription b
    join audience_subscriber s on s.controller_id = b.controller_id and s.id = b.subscriber_id
    where b.list_id = %(list)s and {rule}
    returning provider
), counted as (
    insert into delivery_counter (controller_id, campaign_id, shard, provider, state, count)
    select %(controller)s, %(campaign)s, 0, provider, 'queued', count(*) from frozen group by provider
    returning count
)
select coalesce(sum(count), 0)::bigint from counted
