-- The API: tokens of programs, repeated requests, and what only the API lists.

-- name: api_token_add!
INSERT INTO api_token (id, name, token, owner, scopes, created_ms, created_by, until_ms, used_ms, revoked_ms)
VALUES (:id, :name, :token, :owner, :scopes, :created_ms, :created_by, :until_ms, NULL, NULL);

-- name: api_token_named^
-- The token of this name that is not revoked.
SELECT * FROM api_token WHERE name = :name AND revoked_ms IS NULL;

-- name: api_token_live^
-- A token with its owner, if both may be used now.
SELECT api_token.id, api_token.name, api_token.owner, api_token.scopes, api_token.used_ms, api_token.until_ms,
  web_user.display, web_user.roles
FROM api_token JOIN web_user ON web_user.name = api_token.owner
WHERE api_token.token = :token AND api_token.revoked_ms IS NULL AND api_token.until_ms > :now_ms
  AND web_user.disabled_ms IS NULL;

-- name: api_token_used!
UPDATE api_token SET used_ms = :now_ms WHERE id = :id;

-- name: api_token_revoke!
UPDATE api_token SET revoked_ms = :now_ms WHERE name = :name AND revoked_ms IS NULL;

-- name: api_tokens_revoke_of!
UPDATE api_token SET revoked_ms = :now_ms WHERE owner = :owner AND revoked_ms IS NULL;

-- name: api_tokens
-- All tokens, or those of one owner, by name; with everything also the revoked ones and those that ran out.
SELECT id, name, owner, scopes, created_ms, created_by, until_ms, used_ms, revoked_ms FROM api_token
WHERE (CAST(:owner AS TEXT) IS NULL OR owner = CAST(:owner AS TEXT))
  AND (:everything = 1 OR (revoked_ms IS NULL AND until_ms > :now_ms))
ORDER BY name, id;

-- name: api_answer_begin!
-- Take a key for a request; 0 rows when it is taken.
INSERT INTO api_answer (token, idempotency_key, request, status, body, at_ms)
VALUES (:token, :idempotency_key, :request, NULL, NULL, :at_ms)
ON CONFLICT (token, idempotency_key) DO NOTHING;

-- name: api_answer_get^
SELECT * FROM api_answer WHERE token = :token AND idempotency_key = :idempotency_key;

-- name: api_answer_put!
UPDATE api_answer SET status = :status, body = :body WHERE token = :token AND idempotency_key = :idempotency_key;

-- name: api_answer_drop!
DELETE FROM api_answer WHERE token = :token AND idempotency_key = :idempotency_key;

-- name: api_answers_forget!
DELETE FROM api_answer WHERE at_ms < :before_ms;

-- name: secret_key$
SELECT value FROM secret_key WHERE name = :name;

-- name: secret_key_add!
INSERT INTO secret_key (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING;

-- name: api_callbacks
-- Callbacks of a state (open, claimed, closed or NULL for all), the newest first; the next page by the last id.
SELECT callback.* FROM callback
WHERE callback.id < COALESCE(CAST(:before AS BIGINT), 9223372036854775807)
  AND (CAST(:state AS TEXT) IS NULL OR callback.state = CAST(:state AS TEXT))
  AND (CAST(:number AS TEXT) IS NULL OR callback.number = CAST(:number AS TEXT))
ORDER BY callback.id DESC LIMIT :limit;

-- name: api_marks
-- Marked numbers in their order; the next page by the last number.
SELECT number, kind, reason, author, at_ms FROM number_mark
WHERE number > COALESCE(CAST(:after AS TEXT), '') ORDER BY number LIMIT :limit;

-- name: api_report_calls
-- Inbound patients calls that ended, by local day, the newest first: what figures are made of. No caller is named.
SELECT call.pbx, call.id, call.started_ms, call.local_day, call.did, call.location, call.outcome, call.missed,
  call.in_hours, call.first_time, call.withheld, call.wait_ms, call.talk_ms, call.party,
  campaign.source, campaign.medium, campaign.name AS campaign_name, (
    SELECT call_topic.category FROM call_topic
    WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id
    ORDER BY call_topic.at_ms DESC, call_topic.id DESC LIMIT 1) AS topic_category
FROM call
LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
LEFT JOIN campaign ON campaign.id = attribution.campaign
WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
  AND call.local_day >= :from_day AND call.local_day <= :to_day
  AND call.started_ms >= :from_ms AND call.started_ms < :to_ms
  AND call.started_ms <= COALESCE(CAST(:before_ms AS BIGINT), 9223372036854775807)
  AND (CAST(:before_ms AS BIGINT) IS NULL OR (call.started_ms, call.id, call.pbx)
    < (CAST(:before_ms AS BIGINT), CAST(:before_id AS TEXT), CAST(:before_pbx AS TEXT)))
ORDER BY call.started_ms DESC, call.id DESC, call.pbx DESC
LIMIT :limit;
