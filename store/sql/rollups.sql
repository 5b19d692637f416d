-- Sums of calls by day, kept in the transaction that changes a call and made anew from the calls when asked.

-- name: rollup_call^
-- What the roll-ups need to know of a stored call.
SELECT call.*, attribution.campaign FROM call
LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
WHERE call.pbx = :pbx AND call.id = :call;

-- name: rollup_calls
-- The same for all calls that ended, some at a time, in the order of their keys.
SELECT call.*, attribution.campaign FROM call
LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
WHERE (call.pbx, call.id) > (:after_pbx, :after_id) AND call.ended_ms IS NOT NULL
ORDER BY call.pbx, call.id LIMIT :limit;

-- name: rollup_source_add!
INSERT INTO rollup_source (
  day, campaign, did, calls, answered, missed, left_menu, unknown, first_time, withheld, wait_ms, talk_ms
) VALUES (
  :day, :campaign, :did, :calls, :answered, :missed, :left_menu, :unknown, :first_time, :withheld, :wait_ms, :talk_ms
) ON CONFLICT (day, campaign, did) DO UPDATE SET
  calls = rollup_source.calls + excluded.calls, answered = rollup_source.answered + excluded.answered,
  missed = rollup_source.missed + excluded.missed, left_menu = rollup_source.left_menu + excluded.left_menu,
  unknown = rollup_source.unknown + excluded.unknown, first_time = rollup_source.first_time + excluded.first_time,
  withheld = rollup_source.withheld + excluded.withheld, wait_ms = rollup_source.wait_ms + excluded.wait_ms,
  talk_ms = rollup_source.talk_ms + excluded.talk_ms;

-- name: rollup_source_prune!
DELETE FROM rollup_source WHERE day = :day AND campaign = :campaign AND did = :did AND calls = 0;

-- name: rollup_source_clear!
DELETE FROM rollup_source;

-- name: rollup_source_all
SELECT * FROM rollup_source ORDER BY day, campaign, did;

-- name: rollup_hour_add!
INSERT INTO rollup_hour (day, hour, calls, answered, missed)
VALUES (:day, :hour, :calls, :answered, :missed)
ON CONFLICT (day, hour) DO UPDATE SET
  calls = rollup_hour.calls + excluded.calls, answered = rollup_hour.answered + excluded.answered,
  missed = rollup_hour.missed + excluded.missed;

-- name: rollup_hour_prune!
DELETE FROM rollup_hour WHERE day = :day AND hour = :hour AND calls = 0;

-- name: rollup_hour_clear!
DELETE FROM rollup_hour;

-- name: rollup_hour_all
SELECT * FROM rollup_hour ORDER BY day, hour;

-- name: rollup_agent_add!
INSERT INTO rollup_agent (day, agent, answered, outbound, talk_ms)
VALUES (:day, :agent, :answered, :outbound, :talk_ms)
ON CONFLICT (day, agent) DO UPDATE SET
  answered = rollup_agent.answered + excluded.answered, outbound = rollup_agent.outbound + excluded.outbound,
  talk_ms = rollup_agent.talk_ms + excluded.talk_ms;

-- name: rollup_agent_prune!
DELETE FROM rollup_agent WHERE day = :day AND agent = :agent AND answered = 0 AND outbound = 0;

-- name: rollup_agent_clear!
DELETE FROM rollup_agent;

-- name: rollup_agent_all
SELECT * FROM rollup_agent ORDER BY day, agent;

-- name: rollup_queue_add!
INSERT INTO rollup_queue (day, queue, calls, answered, abandoned, wait_ms)
VALUES (:day, :queue, :calls, :answered, :abandoned, :wait_ms)
ON CONFLICT (day, queue) DO UPDATE SET
  calls = rollup_queue.calls + excluded.calls, answered = rollup_queue.answered + excluded.answered,
  abandoned = rollup_queue.abandoned + excluded.abandoned, wait_ms = rollup_queue.wait_ms + excluded.wait_ms;

-- name: rollup_queue_prune!
DELETE FROM rollup_queue WHERE day = :day AND queue = :queue AND calls = 0;

-- name: rollup_queue_clear!
DELETE FROM rollup_queue;

-- name: rollup_queue_all
SELECT * FROM rollup_queue ORDER BY day, queue;
