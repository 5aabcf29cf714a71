-- Moves messages of one campaign from some states to another by a decision, with the counters. Returns how many, and
-- (number, attempts) of those that were unknown, of which the outside log must be told.
with old as materialized (
    select m.subscriber_id, m.provider, m.state, m.number, m.attempts, m.transport
    from delivery_message m
    where m.controller_id = %(controller)s and m.campaign_id = %(campaign)s and m.state = any(%(before)s::text[])
      and (%(numbers)s::bigint[] is null or m.number = any(%(numbers)s::bigint[]))
    order by m.number
    for update
), done as (
    update delivery_message m set
        state = %(after)s::text, chunk_id = null, next_at = null,
        sent_at = case when %(after)s::text = 'sent' then %(at)s::timestamptz else m.sent_at end
    where m.controller_id = %(controller)s and m.campaign_id = %(campaign)s
      and m.subscriber_id = any(array(select subscriber_id from old))
), paced as (
    insert into delivery_pace (controller_id, campaign_id, at, shard, state, count)
    select %(controller)s, %(campaign)s, date_bin('10 seconds', %(at)s::timestamptz, '2000-01-01 00:00+00'), 0,
           %(after)s::text, count(*)
    from old where %(after)s::text = 'sent' having count(*) > 0
    on conflict (controller_id, campaign_id, at, shard, state)
    do update set count = delivery_pace.count + excluded.count
), flowed as (
    insert into delivery_flow (shard, transport, provider, state, count)
    select 0, transport, provider, %(after)s::text, count(*)
    from old where %(after)s::text = 'sent' group by transport, provider order by transport, provider
    on conflict (shard, transport, provider, state)
    do update set count = delivery_flow.count + excluded.count
), moves as (
    select provider, state, -1 as change from old union all select provider, %(after)s::text, 1 from old
), counted as (
    insert into delivery_counter (controller_id, campaign_id, shard, provider, state, count)
    select %(controller)s, %(campaign)s, 0, provider, state, sum(change) from moves
    group by provider, state having sum(change) <> 0 order by provider, state
    on conflict (controller_id, campaign_id, shard, provider, state)
    do update set count = delivery_counter.count + excluded.count
)
select count(*), jsonb_agg(jsonb_build_array(number, attempts)) filter (where state = 'unknown') from old
