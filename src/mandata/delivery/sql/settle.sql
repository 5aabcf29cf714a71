-- Writes one outcome for messages of open chunks. Doing it again changes nothing: a settled message has left its chunk.
-- An unknown message keeps its chunk, so that a journal found later can still say what became of it.
-- Along go the campaign's pace over time, what receivers said, and the installation's flow (0007_following).
-- tried: 0 for what comes back without having been tried, which counts no attempt.
-- next: when to try again, one time for each number, or null for none. low and high: see claim.sql.
with old as materialized (
    select m.number, m.provider, m.state, m.transport
    from delivery_message m
    where m.controller_id = %(controller)s and m.campaign_id = %(campaign)s and m.number = any(%(numbers)s::bigint[])
      and m.number >= %(low)s::bigint and m.number <= %(high)s::bigint
      and m.chunk_id = any(%(chunks)s::uuid[]) and m.state in ('claimed', 'sending', 'unknown')
    order by m.number
    for update
), done as (
    update delivery_message m set
        state = %(state)s::text,
        code = %(code)s::int2,
        status = %(status)s::text,
        diagnostic = %(diagnostic)s::text,
        next_at = (%(next)s::timestamptz[])[array_position(%(numbers)s::bigint[], m.number)],
        sent_at = case when %(state)s::text = 'sent' then %(at)s::timestamptz else m.sent_at end,
        attempts = m.attempts - 1 + %(tried)s::int2,
        chunk_id = case when %(state)s::text = 'unknown' then m.chunk_id end
    where m.controller_id = %(controller)s and m.campaign_id = %(campaign)s
      and m.number >= %(low)s::bigint and m.number <= %(high)s::bigint
      and m.number = any(array(select number from old))
), paced as (
    insert into delivery_pace (controller_id, campaign_id, at, shard, state, count)
    select %(controller)s, %(campaign)s, date_bin('10 seconds', %(at)s::timestamptz, '2000-01-01 00:00+00'),
           %(shard)s, %(state)s::text, count(*)
    from old where %(state)s::text <> 'queued' having count(*) > 0
    on conflict (controller_id, campaign_id, at, shard, state)
    do update set count = delivery_pace.count + excluded.count
), told as (
    insert into delivery_reason (controller_id, campaign_id, shard, provider, state, code, status, said, said_at, count)
    select %(controller)s, %(campaign)s, %(shard)s, provider, %(state)s::text, coalesce(%(code)s::int2, 0),
           %(status)s::text, %(said)s::text, %(at)s::timestamptz, count(*)
    from old where %(state)s::text in ('deferred', 'failed', 'unknown') group by provider order by provider
    on conflict (controller_id, campaign_id, shard, provider, state, code, status)
    do update set count = delivery_reason.count + excluded.count, said = excluded.said, said_at = excluded.said_at
), flowed as (
    insert into delivery_flow (shard, transport, provider, state, count)
    select %(shard)s, transport, provider, %(state)s::text, count(*)
    from old where %(state)s::text <> 'queued' group by transport, provider order by transport, provider
    on conflict (shard, transport, provider, state)
    do update set count = delivery_flow.count + excluded.count
), moves as (
    select provider, state, -1 as change from old union all select provider, %(state)s::text, 1 from old
)
insert into delivery_counter (controller_id, campaign_id, shard, provider, state, count)
select %(controller)s, %(campaign)s, %(shard)s, provider, state, sum(change) from moves
group by provider, state having sum(change) <> 0 order by provider, state
on conflict (controller_id, campaign_id, shard, provider, state)
do update set count = delivery_counter.count + excluded.count
