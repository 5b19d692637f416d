-- What the admin's pages read and keep, and links of calendars. Times are ms since the epoch, UTC.

-- name: campaign_costs
-- What people said that a campaign cost, the newest period first.
SELECT * FROM campaign_cost WHERE campaign = :campaign ORDER BY period DESC LIMIT :limit;

-- name: numbers_all
-- A page of the numbers of the clinic that were ever assigned.
SELECT number_assignment.did, MAX(number_assignment.id) AS newest FROM number_assignment
GROUP BY number_assignment.did ORDER BY number_assignment.did LIMIT :limit OFFSET :skip;

-- name: calendar_link_add!
INSERT INTO calendar_link (id, token, person, label, scope, created_ms, until_ms)
VALUES (:id, :token, :person, :label, :scope, :now_ms, :until_ms);

-- name: calendar_link_live^
-- The link of a token with its user, if both may be used now.
SELECT calendar_link.*, web_user.roles, web_user.language
FROM calendar_link JOIN web_user ON web_user.name = calendar_link.person
WHERE calendar_link.token = :token AND calendar_link.revoked_ms IS NULL AND calendar_link.until_ms > :now_ms
  AND web_user.disabled_ms IS NULL;

-- name: calendar_link_seen!
UPDATE calendar_link SET seen_ms = :now_ms WHERE id = :id;

-- name: calendar_links_of
-- The links of a person that work.
SELECT * FROM calendar_link WHERE person = :person AND revoked_ms IS NULL AND until_ms > :now_ms
ORDER BY created_ms DESC, id DESC;

-- name: calendar_link_revoke!
UPDATE calendar_link SET revoked_ms = :now_ms WHERE id = :id AND person = :person AND revoked_ms IS NULL;

-- name: calendar_links_revoke!
UPDATE calendar_link SET revoked_ms = :now_ms WHERE person = :person AND revoked_ms IS NULL;

-- name: calendar_callbacks
-- Open callbacks for a calendar: those that a person holds, or all of them.
SELECT * FROM callback
WHERE state <> 'closed' AND (CAST(:person AS TEXT) IS NULL
  OR (claimed_by = CAST(:person AS TEXT) AND claimed_until_ms > :now_ms))
ORDER BY due_ms, id LIMIT :limit;

-- name: pbx_seen_put!
INSERT INTO pbx_seen (pbx, snapshot_ms, calls) VALUES (:pbx, :snapshot_ms, :calls)
ON CONFLICT (pbx) DO UPDATE SET snapshot_ms = excluded.snapshot_ms, calls = excluded.calls
WHERE excluded.snapshot_ms >= pbx_seen.snapshot_ms;

-- name: pbx_seen_all
SELECT * FROM pbx_seen ORDER BY pbx;

-- name: pbx_known
-- The exchanges that the store knows of, whatever the settings say now.
SELECT pbx FROM listener_lease UNION SELECT pbx FROM gap UNION SELECT pbx FROM checkpoint ORDER BY pbx;

-- name: last_event_ms$
-- When the newest call of an exchange began.
SELECT MAX(started_ms) FROM call WHERE pbx = :pbx;

-- name: ledger_run_add!
INSERT INTO ledger_run (id, pbx, from_ms, to_ms, person, state, step, started_ms, seen_ms, ended_ms, result)
VALUES (:id, :pbx, :from_ms, :to_ms, :person, 'running', '', :now_ms, :now_ms, NULL, '');

-- name: ledger_run_step!
-- One row changes while nobody has stopped it.
UPDATE ledger_run SET step = :step, seen_ms = :now_ms WHERE id = :id AND state = 'running';

-- name: ledger_run_end!
UPDATE ledger_run SET state = :state, result = :result, seen_ms = :now_ms, ended_ms = :now_ms
WHERE id = :id AND state = 'running';

-- name: ledger_run_get^
SELECT * FROM ledger_run WHERE id = :id;

-- name: ledger_runs
-- The newest runs first.
SELECT * FROM ledger_run ORDER BY id DESC LIMIT :limit;

-- name: ledger_runs_lost!
-- Runs whose process is gone: nothing was heard of them for long.
UPDATE ledger_run SET state = 'lost', ended_ms = :now_ms WHERE state = 'running' AND seen_ms < :before_ms;

-- name: ledger_runs_forget!
DELETE FROM ledger_run WHERE id <= :last;

-- name: audit_search
-- The newest first; a page begins below the id that the last one ended with.
SELECT * FROM audit
WHERE id < COALESCE(CAST(:before AS BIGINT), 9223372036854775807)
  AND (CAST(:person AS TEXT) IS NULL OR person = CAST(:person AS TEXT))
  AND (CAST(:action AS TEXT) IS NULL OR action = CAST(:action AS TEXT))
  AND (CAST(:patient AS TEXT) IS NULL OR (kind = 'patient' AND ref = CAST(:patient AS TEXT)))
  AND (CAST(:from_ms AS BIGINT) IS NULL OR at_ms >= CAST(:from_ms AS BIGINT))
  AND (CAST(:to_ms AS BIGINT) IS NULL OR at_ms < CAST(:to_ms AS BIGINT))
ORDER BY id DESC LIMIT :limit;

-- name: audit_actions
-- What was done lately: the newest hundred thousand rows are looked at, however many there are.
SELECT DISTINCT action FROM audit WHERE id > (SELECT COALESCE(MAX(newest.id), 0) - 100000 FROM audit AS newest)
ORDER BY action;

-- name: audit_people
SELECT DISTINCT person FROM audit
WHERE person <> '' AND id > (SELECT COALESCE(MAX(newest.id), 0) - 100000 FROM audit AS newest)
ORDER BY person;
