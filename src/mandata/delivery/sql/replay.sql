-- Applies what the outside log tells of messages of one campaign, each with its last word, and moves the counters along.
-- Sent is the last word of all; a message that failed or was cancelled is not sent again because of an older line. An
-- unknown message keeps its chunk, as in settle.sql. Who was claimed and has no row gets it back, where the person is
-- still known and the campaign exists: the backup is older than the freeze. Doing it again changes nothing.
with told as materialized (
    select * from unnest(
        %(numbers)s::bigint[], %(subscribers)s::uuid[], %(states)s::text[], %(codes)s::int2[], %(statuses)s::text[],
        %(attempts)s::int2[], %(ats)s::timestamptz[]
    ) as t (number, subscriber, state, code, status, attempts, at)
), old as materialized (
    select m.number, m.provider, m.state as before, t.state, t.code, t.status, t.attempts, t.at
    from told t
    join delivery_message m
      on m.controller_id = %(controller)s and m.campaign_id = %(campaign)s and m.number = t.number
    where (m.state, m.code, m.status, m.attempts) is distinct from (t.state, t.code, t.status, t.attempts) and (
        t.state = 'sent'
        or t.state = 'failed' and m.state <> 'sent'
        or m.state not in ('sent', 'failed', 'cancelled') and (t.subscriber is null or t.subscriber = m.subscriber_id)
    )
    order by m.number
    for update of m
), done as (
    update delivery_message m set
        state = o.state, code = o.code, status = o.status, attempts = o.attempts, next_at = null,
        sent_at = case when o.state = 'sent' then o.at else m.sent_at end,
        chunk_id = case when o.state = 'unknown' then m.chunk_id end
    from old o
    where m.controller_id = %(controller)s and m.campaign_id = %(campaign)s and m.number = o.number
), made as (
    insert into delivery_message (controller_id, campaign_id, subscriber_id, number, channel, provider, state, code,
                                  status, attempts, sent_at)
    select %(controller)s, %(campaign)s, s.id, t.number, 'email', s.provider, t.state, t.code, t.status, t.attempts,
           case when t.state = 'sent' then t.at end
    from told t
    join audience_subscriber s on s.controller_id = %(controller)s and s.id = t.subscriber
    where exists (select 1 from campaigns_campaign c where c.id = %(campaign)s)
    order by t.number
    on conflict do nothing
    returning provider, state
), moves as (
    select provider, before as state, -1 as change from old
    union all
    select provider, state, 1 from old
    union all
    select provider, state, 1 from made
), counted as (
    insert into delivery_counter (controller_id, campaign_id, shard, provider, state, count)
    select %(controller)s, %(campaign)s, %(shard)s, provider, state, sum(change) from moves
    group by provider, state having sum(change) <> 0 order by provider, state
    on conflict (controller_id, campaign_id, shard, provider, state)
    do update set count = delivery_counter.count + excluded.count
)
select (select count(*) from old), (select count(*) from made)
