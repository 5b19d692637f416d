-- Sums of calls by day, kept in the transaction that changes a call and made anew from the calls when asked.

-- name: rollup_call^
-- What the roll-ups need to know of a stored call.
SELECT known.*,
  CASE WHEN known.direction = 'inbound' AND known.kind = 'patient' AND known.ended_ms IS NOT NULL
    AND known.excluded = '' AND known.outcome = 'answered' AND known.bridged_ms >= target_rule.target_ms
    AND NOT EXISTS (SELECT 1 FROM target_not WHERE target_not.category = known.category)
    THEN 1 ELSE 0 END AS target,
  target_rule.unique_ms
FROM (
  SELECT call.*, attribution.campaign, COALESCE(visit.term, '') AS keyword, COALESCE(visit.page, '') AS page,
    (SELECT call_topic.category FROM call_topic WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id
     ORDER BY call_topic.at_ms DESC, call_topic.id DESC LIMIT 1) AS category,
    (SELECT COUNT(*) FROM appointment_made_by
     WHERE appointment_made_by.pbx = call.pbx AND appointment_made_by.call = call.id) AS makes,
    (SELECT MIN(call_topic.at_ms) FROM call_topic
     WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id) AS noted_ms
  FROM call
  LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
  LEFT JOIN visit ON visit.id = attribution.visit
  WHERE call.pbx = :pbx AND call.id = :call
) AS known CROSS JOIN target_rule;

-- name: rollup_before^
-- The nearest call of the same number before one, within a campaign or a DID if one is named.
SELECT call.local_day, attribution.campaign, call.did FROM call
LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
WHERE call.party = :party AND call.started_ms <= :started_ms
  AND (call.started_ms, call.pbx, call.id) < (:started_ms, :pbx, :id) AND call.id <> :without
  AND call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
  AND call.withheld = 0
  AND (CAST(:campaign AS BIGINT) IS NULL OR COALESCE(attribution.campaign, 0) = :campaign)
  AND (CAST(:did AS TEXT) IS NULL OR COALESCE(call.did, '') = :did)
ORDER BY call.started_ms DESC, call.pbx DESC, call.id DESC LIMIT 1;

-- name: rollup_after^
-- The nearest call of the same number after one, within a campaign or a DID if one is named.
SELECT call.local_day, attribution.campaign, call.did FROM call
LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
WHERE call.party = :party AND call.started_ms >= :started_ms
  AND (call.started_ms, call.pbx, call.id) > (:started_ms, :pbx, :id) AND call.id <> :without
  AND call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
  AND call.withheld = 0
  AND (CAST(:campaign AS BIGINT) IS NULL OR COALESCE(attribution.campaign, 0) = :campaign)
  AND (CAST(:did AS TEXT) IS NULL OR COALESCE(call.did, '') = :did)
ORDER BY call.started_ms ASC, call.pbx ASC, call.id ASC LIMIT 1;

-- name: rollup_dirty_any$
SELECT day FROM rollup_dirty LIMIT 1;

-- name: rollup_dirty_clear!
DELETE FROM rollup_dirty;

-- name: rollup_source_add*!
INSERT INTO rollup_source (
  day, campaign, did, keyword, page, calls, answered, missed, left_menu, unknown, missed_abandoned, missed_short, missed_no_answer,
  missed_blocked, missed_voicemail, missed_menu, missed_closed, missed_first, offered, answered_offered, short,
  closed, first_time, withheld, waited, wait_ms, talk_ms, hold_ms, topics, booked
) VALUES (
  :day, :campaign, :did, :keyword, :page, :calls, :answered, :missed, :left_menu, :unknown, :missed_abandoned, :missed_short,
  :missed_no_answer, :missed_blocked, :missed_voicemail, :missed_menu, :missed_closed, :missed_first, :offered,
  :answered_offered, :short, :closed, :first_time, :withheld, :waited, :wait_ms, :talk_ms, :hold_ms, :topics, :booked
) ON CONFLICT (day, campaign, did, keyword, page) DO UPDATE SET
  calls = rollup_source.calls + excluded.calls, answered = rollup_source.answered + excluded.answered,
  missed = rollup_source.missed + excluded.missed, left_menu = rollup_source.left_menu + excluded.left_menu,
  unknown = rollup_source.unknown + excluded.unknown,
  missed_abandoned = rollup_source.missed_abandoned + excluded.missed_abandoned,
  missed_short = rollup_source.missed_short + excluded.missed_short,
  missed_no_answer = rollup_source.missed_no_answer + excluded.missed_no_answer,
  missed_blocked = rollup_source.missed_blocked + excluded.missed_blocked,
  missed_voicemail = rollup_source.missed_voicemail + excluded.missed_voicemail,
  missed_menu = rollup_source.missed_menu + excluded.missed_menu,
  missed_closed = rollup_source.missed_closed + excluded.missed_closed,
  missed_first = rollup_source.missed_first + excluded.missed_first,
  offered = rollup_source.offered + excluded.offered,
  answered_offered = rollup_source.answered_offered + excluded.answered_offered,
  short = rollup_source.short + excluded.short, closed = rollup_source.closed + excluded.closed,
  first_time = rollup_source.first_time + excluded.first_time, withheld = rollup_source.withheld + excluded.withheld,
  waited = rollup_source.waited + excluded.waited, wait_ms = rollup_source.wait_ms + excluded.wait_ms,
  talk_ms = rollup_source.talk_ms + excluded.talk_ms, hold_ms = rollup_source.hold_ms + excluded.hold_ms,
  topics = rollup_source.topics + excluded.topics,
  booked = rollup_source.booked + excluded.booked;

-- name: rollup_source_prune*!
DELETE FROM rollup_source WHERE day = :day AND campaign = :campaign AND did = :did AND keyword = :keyword
  AND page = :page AND calls = 0;

-- name: rollup_source_clear!
DELETE FROM rollup_source;

-- name: rollup_source_all
SELECT * FROM rollup_source ORDER BY day, campaign, did, keyword, page;

-- name: rollup_hour_add*!
INSERT INTO rollup_hour (
  day, hour, calls, answered, missed, left_menu, unknown, missed_abandoned, missed_short, missed_no_answer,
  missed_blocked, missed_voicemail, missed_menu, missed_closed
) VALUES (
  :day, :hour, :calls, :answered, :missed, :left_menu, :unknown, :missed_abandoned, :missed_short, :missed_no_answer,
  :missed_blocked, :missed_voicemail, :missed_menu, :missed_closed
) ON CONFLICT (day, hour) DO UPDATE SET
  calls = rollup_hour.calls + excluded.calls, answered = rollup_hour.answered + excluded.answered,
  missed = rollup_hour.missed + excluded.missed, left_menu = rollup_hour.left_menu + excluded.left_menu,
  unknown = rollup_hour.unknown + excluded.unknown,
  missed_abandoned = rollup_hour.missed_abandoned + excluded.missed_abandoned,
  missed_short = rollup_hour.missed_short + excluded.missed_short,
  missed_no_answer = rollup_hour.missed_no_answer + excluded.missed_no_answer,
  missed_blocked = rollup_hour.missed_blocked + excluded.missed_blocked,
  missed_voicemail = rollup_hour.missed_voicemail + excluded.missed_voicemail,
  missed_menu = rollup_hour.missed_menu + excluded.missed_menu,
  missed_closed = rollup_hour.missed_closed + excluded.missed_closed;

-- name: rollup_hour_prune*!
DELETE FROM rollup_hour WHERE day = :day AND hour = :hour
  AND calls = 0;

-- name: rollup_hour_clear!
DELETE FROM rollup_hour;

-- name: rollup_hour_all
SELECT * FROM rollup_hour ORDER BY day, hour;

-- name: rollup_agent_add*!
INSERT INTO rollup_agent (
  day, agent, answered, talk_ms, hold_ms, outbound, outbound_answered, outbound_talk_ms, topics, wrap_ms
) VALUES (
  :day, :agent, :answered, :talk_ms, :hold_ms, :outbound, :outbound_answered, :outbound_talk_ms, :topics, :wrap_ms
) ON CONFLICT (day, agent) DO UPDATE SET
  answered = rollup_agent.answered + excluded.answered, talk_ms = rollup_agent.talk_ms + excluded.talk_ms,
  hold_ms = rollup_agent.hold_ms + excluded.hold_ms, outbound = rollup_agent.outbound + excluded.outbound,
  outbound_answered = rollup_agent.outbound_answered + excluded.outbound_answered,
  outbound_talk_ms = rollup_agent.outbound_talk_ms + excluded.outbound_talk_ms,
  topics = rollup_agent.topics + excluded.topics, wrap_ms = rollup_agent.wrap_ms + excluded.wrap_ms;

-- name: rollup_agent_prune*!
DELETE FROM rollup_agent WHERE day = :day AND agent = :agent
  AND answered = 0 AND outbound = 0;

-- name: rollup_agent_clear!
DELETE FROM rollup_agent;

-- name: rollup_agent_all
SELECT * FROM rollup_agent ORDER BY day, agent;

-- name: rollup_queue_add*!
INSERT INTO rollup_queue (
  day, queue, calls, answered, offered, answered_offered, abandoned, short, no_answer, blocked, voicemail, waited,
  wait_ms, gave_up, gave_up_ms
) VALUES (
  :day, :queue, :calls, :answered, :offered, :answered_offered, :abandoned, :short, :no_answer, :blocked, :voicemail,
  :waited, :wait_ms, :gave_up, :gave_up_ms
) ON CONFLICT (day, queue) DO UPDATE SET
  calls = rollup_queue.calls + excluded.calls, answered = rollup_queue.answered + excluded.answered,
  offered = rollup_queue.offered + excluded.offered,
  answered_offered = rollup_queue.answered_offered + excluded.answered_offered,
  abandoned = rollup_queue.abandoned + excluded.abandoned, short = rollup_queue.short + excluded.short,
  no_answer = rollup_queue.no_answer + excluded.no_answer, blocked = rollup_queue.blocked + excluded.blocked,
  voicemail = rollup_queue.voicemail + excluded.voicemail, waited = rollup_queue.waited + excluded.waited,
  wait_ms = rollup_queue.wait_ms + excluded.wait_ms, gave_up = rollup_queue.gave_up + excluded.gave_up,
  gave_up_ms = rollup_queue.gave_up_ms + excluded.gave_up_ms;

-- name: rollup_queue_prune*!
DELETE FROM rollup_queue WHERE day = :day AND queue = :queue
  AND calls = 0;

-- name: rollup_queue_clear!
DELETE FROM rollup_queue;

-- name: rollup_queue_all
SELECT * FROM rollup_queue ORDER BY day, queue;

-- name: rollup_wait_add*!
INSERT INTO rollup_wait (
  grain, period, campaign, did, bucket, n
) VALUES (
  :grain, :period, :campaign, :did, :bucket, :n
) ON CONFLICT (grain, period, campaign, did, bucket) DO UPDATE SET
  n = rollup_wait.n + excluded.n;

-- name: rollup_wait_prune*!
DELETE FROM rollup_wait WHERE grain = :grain AND period = :period AND campaign = :campaign AND did = :did
  AND bucket = :bucket
  AND n = 0;

-- name: rollup_wait_clear!
DELETE FROM rollup_wait;

-- name: rollup_wait_all
SELECT * FROM rollup_wait ORDER BY grain, period, campaign, did, bucket;

-- name: rollup_queue_wait_add*!
INSERT INTO rollup_queue_wait (
  grain, period, queue, ended, bucket, n
) VALUES (
  :grain, :period, :queue, :ended, :bucket, :n
) ON CONFLICT (grain, period, queue, ended, bucket) DO UPDATE SET
  n = rollup_queue_wait.n + excluded.n;

-- name: rollup_queue_wait_prune*!
DELETE FROM rollup_queue_wait WHERE grain = :grain AND period = :period AND queue = :queue AND ended = :ended
  AND bucket = :bucket
  AND n = 0;

-- name: rollup_queue_wait_clear!
DELETE FROM rollup_queue_wait;

-- name: rollup_queue_wait_all
SELECT * FROM rollup_queue_wait ORDER BY grain, period, queue, ended, bucket;

-- name: rollup_caller_add*!
INSERT INTO rollup_caller (
  scope, grain, period, since, part, n
) VALUES (
  :scope, :grain, :period, :since, :part, :n
) ON CONFLICT (scope, grain, period, since, part) DO UPDATE SET
  n = rollup_caller.n + excluded.n;

-- name: rollup_caller_prune*!
DELETE FROM rollup_caller WHERE scope = :scope AND grain = :grain AND period = :period AND since = :since
  AND part = :part
  AND n = 0;

-- name: rollup_caller_clear!
DELETE FROM rollup_caller;

-- name: rollup_caller_all
SELECT * FROM rollup_caller ORDER BY scope, grain, period, since, part;
