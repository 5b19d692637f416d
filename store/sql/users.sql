-- People who use the console, their sessions, links that work once, and tries at passwords. Times are ms, UTC.

-- name: user^
SELECT * FROM web_user WHERE name = :name;

-- name: users_names
SELECT name, display FROM web_user;

-- name: users_all
SELECT web_user.*,
  (SELECT MAX(seen_ms) FROM web_session WHERE web_session.person = web_user.name) AS seen_ms
FROM web_user ORDER BY name;

-- name: user_add!
INSERT INTO web_user (name, display, roles, language, password, pin, totp, totp_step, created_ms, disabled_ms)
VALUES (:name, :display, :roles, '', '', '', '', 0, :created_ms, NULL)
ON CONFLICT (name) DO NOTHING;

-- name: user_roles!
UPDATE web_user SET roles = :roles WHERE name = :name;

-- name: user_display!
UPDATE web_user SET display = :display WHERE name = :name;

-- name: user_language!
UPDATE web_user SET language = :language WHERE name = :name;

-- name: user_password!
UPDATE web_user SET password = :password WHERE name = :name;

-- name: user_pin!
UPDATE web_user SET pin = :pin WHERE name = :name;

-- name: user_totp!
UPDATE web_user SET totp = :totp, totp_step = :totp_step WHERE name = :name;

-- name: user_totp_used!
-- One row changes if the code of this time step, or of a later one, was not used before.
UPDATE web_user SET totp_step = :totp_step WHERE name = :name AND totp_step < :totp_step;

-- name: user_disabled!
UPDATE web_user SET disabled_ms = :disabled_ms WHERE name = :name;

-- name: session_add!
INSERT INTO web_session
  (id, token, person, means, desk, proved_ms, created_ms, seen_ms, until_ms, ended_ms, address, agent)
VALUES (:id, :token, :person, :means, :desk, :proved_ms, :now_ms, :now_ms, :until_ms, NULL, :address, :agent);

-- name: session_live^
-- The session of a token with its user, if both may be used now.
SELECT web_session.id, web_session.person, web_session.means, web_session.desk, web_session.proved_ms,
  web_session.seen_ms, web_session.until_ms, web_user.display, web_user.roles, web_user.language
FROM web_session JOIN web_user ON web_user.name = web_session.person
WHERE web_session.token = :token AND web_session.ended_ms IS NULL AND web_session.until_ms > :now_ms
  AND web_user.disabled_ms IS NULL;

-- name: session_alive$
-- The id of a session, if it may be used now.
SELECT web_session.id
FROM web_session JOIN web_user ON web_user.name = web_session.person
WHERE web_session.id = :id AND web_session.ended_ms IS NULL AND web_session.until_ms > :now_ms
  AND web_user.disabled_ms IS NULL;

-- name: sessions_of
-- The live sessions of a user, the newest first.
SELECT * FROM web_session
WHERE person = :person AND ended_ms IS NULL AND until_ms > :now_ms
ORDER BY seen_ms DESC, id DESC;

-- name: session_seen!
UPDATE web_session SET seen_ms = :now_ms WHERE id = :id AND seen_ms < :now_ms;

-- name: session_desk!
UPDATE web_session SET desk = :desk WHERE id = :id;

-- name: session_end!
UPDATE web_session SET ended_ms = :now_ms WHERE id = :id AND person = :person AND ended_ms IS NULL;

-- name: sessions_end!
-- End all sessions of a user but one; 0 spares none.
UPDATE web_session SET ended_ms = :now_ms WHERE person = :person AND ended_ms IS NULL AND id <> :but;

-- name: sessions_forget!
DELETE FROM web_session WHERE until_ms < :before_ms;

-- name: ticket_add!
INSERT INTO web_ticket (token, person, purpose, desk, until_ms, used_ms)
VALUES (:token, :person, :purpose, :desk, :until_ms, NULL);

-- name: ticket_good^
SELECT web_ticket.person, web_ticket.purpose, web_ticket.desk, web_user.display, web_user.language
FROM web_ticket JOIN web_user ON web_user.name = web_ticket.person
WHERE web_ticket.token = :token AND web_ticket.used_ms IS NULL AND web_ticket.until_ms > :now_ms
  AND web_user.disabled_ms IS NULL;

-- name: ticket_use!
UPDATE web_ticket SET used_ms = :now_ms WHERE token = :token AND used_ms IS NULL AND until_ms > :now_ms;

-- name: tickets_withdraw!
-- The open links of a user work no longer.
UPDATE web_ticket SET used_ms = :now_ms WHERE person = :person AND used_ms IS NULL;

-- name: tickets_forget!
DELETE FROM web_ticket WHERE until_ms < :before_ms;

-- name: tries^
SELECT * FROM web_tries WHERE subject = :subject;

-- name: tries_put!
INSERT INTO web_tries (subject, tries, since_ms) VALUES (:subject, :tries, :since_ms)
ON CONFLICT (subject) DO UPDATE SET tries = excluded.tries, since_ms = excluded.since_ms;

-- name: tries_forget!
DELETE FROM web_tries WHERE subject = :subject;

-- name: tries_forget_old!
DELETE FROM web_tries WHERE since_ms < :before_ms;

-- name: users_at_desk
-- Who may take over a desk by a code: users that have one, those seen at the desk lately first.
SELECT web_user.name, web_user.display, web_user.roles,
  (SELECT MAX(seen_ms) FROM web_session WHERE web_session.person = web_user.name AND web_session.desk = :desk)
    AS seen_ms
FROM web_user
WHERE web_user.pin <> '' AND web_user.disabled_ms IS NULL AND web_user.name <> :but
ORDER BY COALESCE(
  (SELECT MAX(seen_ms) FROM web_session WHERE web_session.person = web_user.name AND web_session.desk = :desk), 0
) DESC, web_user.name;
