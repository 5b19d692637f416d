-- What a desk answered or rang lately, found without reading the calls of everybody else. Only calls that ended are in
-- these indexes, so each call is written into them once.
CREATE INDEX call_by_answerer ON call (answered_by, ended_ms) WHERE ended_ms IS NOT NULL AND answered_by IS NOT NULL;
CREATE INDEX call_by_final_agent ON call (final_agent, ended_ms) WHERE ended_ms IS NOT NULL AND final_agent IS NOT NULL;
CREATE INDEX call_by_extension ON call (extension, ended_ms) WHERE ended_ms IS NOT NULL AND extension IS NOT NULL;

-- Work after a call: from hang-up to its first topic, three minutes at most. A call without a topic has none.
ALTER TABLE rollup_agent ADD COLUMN wrap_ms BIGINT NOT NULL DEFAULT 0;
DROP VIEW rollup_agent_fresh;
CREATE VIEW rollup_agent_fresh AS
SELECT day, agent, SUM(answered) AS answered, SUM(talk_ms) AS talk_ms, SUM(hold_ms) AS hold_ms,
  SUM(outbound) AS outbound, SUM(outbound_answered) AS outbound_answered, SUM(outbound_talk_ms) AS outbound_talk_ms,
  SUM(topics) AS topics, CAST(SUM(wrap_ms) AS BIGINT) AS wrap_ms
FROM (
  SELECT call.local_day AS day, call.answered_by AS agent, 1 AS answered, call.bridged_ms AS talk_ms,
    call.hold_ms AS hold_ms, 0 AS outbound, 0 AS outbound_answered, 0 AS outbound_talk_ms,
    CASE WHEN noted.at_ms IS NULL THEN 0 ELSE 1 END AS topics,
    CASE WHEN noted.at_ms IS NULL OR noted.at_ms <= call.ended_ms THEN 0
      WHEN noted.at_ms - call.ended_ms > 180000 THEN 180000 ELSE noted.at_ms - call.ended_ms END AS wrap_ms
  FROM call
  LEFT JOIN (
    SELECT pbx, call, MIN(at_ms) AS at_ms FROM call_topic GROUP BY pbx, call
  ) AS noted ON noted.pbx = call.pbx AND noted.call = call.id
  WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
    AND call.missed = 0 AND call.outcome = 'answered' AND COALESCE(call.answered_by, '') <> ''
  UNION ALL
  SELECT call.local_day AS day, call.extension AS agent, 0 AS answered, 0 AS talk_ms, 0 AS hold_ms, 1 AS outbound,
    CASE WHEN call.outcome = 'answered' THEN 1 ELSE 0 END AS outbound_answered, call.bridged_ms AS outbound_talk_ms,
    0 AS topics, 0 AS wrap_ms
  FROM call
  WHERE call.direction = 'outbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
    AND COALESCE(call.extension, '') <> ''
) AS parts
GROUP BY day, agent;

INSERT INTO rollup_dirty (day) SELECT '' WHERE EXISTS (SELECT 1 FROM call) ON CONFLICT (day) DO NOTHING;
