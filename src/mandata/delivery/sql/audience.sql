-- How many the recipient rule admits (reason null), and how many each of its conditions holds back.
select {reason} as reason, count(*)
from audience_subscription b
join audience_subscriber s on s.controller_id = b.controller_id and s.id = b.subscriber_id
where b.list_id = %(list)s
group by 1
