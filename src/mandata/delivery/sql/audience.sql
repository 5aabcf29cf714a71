-- How many the recipient rule admits (reason null), and how many each of its conditions holds back.
select {reason} as reason, count(*)
from audience_subscription b
cross join lateral (
    select * from audience_subscriber s
    where s.controller_id = b.controller_id and s.id = b.subscriber_id
    offset 0
) s
where b.list_id = %(list)s
group by 1
