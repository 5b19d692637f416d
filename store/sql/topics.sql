-- The clinic's own topics, and the calls that nobody noted one for. Times are ms since the epoch, UTC.

-- name: topics_own
SELECT * FROM topic ORDER BY name, id;

-- name: topic_put!
-- Add a topic, or offer a retired one again.
INSERT INTO topic (id, category, name, author, at_ms, retired_ms)
VALUES (:id, :category, :name, :author, :at_ms, NULL)
ON CONFLICT (id) DO UPDATE SET
  category = excluded.category, name = excluded.name, author = excluded.author, at_ms = excluded.at_ms,
  retired_ms = NULL;

-- name: topic_retire!
UPDATE topic SET retired_ms = :retired_ms WHERE id = :id AND retired_ms IS NULL;

-- name: calls_without_topic
-- Patients calls that a person answered and that have no topic, newest first. Filters and pages as in calls_list.
SELECT * FROM call
WHERE started_ms >= COALESCE(CAST(:from_ms AS BIGINT), 0)
  AND started_ms < COALESCE(CAST(:to_ms AS BIGINT), 9223372036854775807)
  AND started_ms <= COALESCE(CAST(:before_ms AS BIGINT), 9223372036854775807)
  AND (CAST(:before_ms AS BIGINT) IS NULL
    OR (started_ms, id, pbx) < (CAST(:before_ms AS BIGINT), CAST(:before_id AS TEXT), CAST(:before_pbx AS TEXT)))
  AND (CAST(:direction AS TEXT) IS NULL OR direction = CAST(:direction AS TEXT))
  AND (CAST(:outcome AS TEXT) IS NULL OR outcome = CAST(:outcome AS TEXT))
  AND (CAST(:number AS TEXT) IS NULL OR party = CAST(:number AS TEXT))
  AND kind = 'patient' AND outcome = 'answered'
  AND NOT EXISTS (SELECT 1 FROM call_topic WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id)
ORDER BY started_ms DESC, id DESC, pbx DESC
LIMIT :limit;
