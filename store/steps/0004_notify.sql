-- What is sent: messages to people, deliveries to webhooks, texts to callers who were missed; and what alerts rest on.

CREATE TABLE notice (
  key TEXT PRIMARY KEY,
  made_ms BIGINT NOT NULL,
  taken_ms BIGINT NOT NULL,
  sent_ms BIGINT
);

INSERT INTO notice (key, made_ms, taken_ms, sent_ms) SELECT key, at_ms, at_ms, sent_ms FROM reminder_sent;

DROP TABLE reminder_sent;

CREATE INDEX notice_unsent ON notice (made_ms) WHERE sent_ms IS NULL;

CREATE TABLE feed_cursor (
  reader TEXT PRIMARY KEY,
  feed BIGINT NOT NULL
);

CREATE TABLE delivery (
  id TEXT PRIMARY KEY,
  webhook TEXT NOT NULL,
  feed BIGINT NOT NULL,
  event TEXT NOT NULL,
  ref TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  state TEXT NOT NULL,
  tries BIGINT NOT NULL,
  next_ms BIGINT NOT NULL,
  done_ms BIGINT,
  error TEXT,
  UNIQUE (webhook, feed)
);

CREATE INDEX delivery_due ON delivery (webhook, next_ms) WHERE state = 'waiting';
CREATE INDEX delivery_by_ref ON delivery (webhook, ref, event);
CREATE INDEX delivery_over ON delivery (done_ms) WHERE done_ms IS NOT NULL;

CREATE TABLE queue_duty (
  pbx TEXT NOT NULL,
  queue TEXT NOT NULL,
  members BIGINT NOT NULL,
  on_duty BIGINT NOT NULL,
  at_ms BIGINT NOT NULL,
  PRIMARY KEY (pbx, queue)
);

CREATE TABLE alert_episode (
  id BIGINT PRIMARY KEY,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL,
  began_ms BIGINT NOT NULL,
  seen_ms BIGINT NOT NULL,
  ended_ms BIGINT
);

CREATE UNIQUE INDEX alert_one_open ON alert_episode (kind, subject) WHERE ended_ms IS NULL;
CREATE INDEX alert_by_begin ON alert_episode (began_ms);

CREATE TABLE text_back (
  pbx TEXT NOT NULL,
  call TEXT NOT NULL,
  due_ms BIGINT NOT NULL,
  state TEXT NOT NULL,
  taken_ms BIGINT NOT NULL,
  reason TEXT,
  local_day TEXT,
  done_ms BIGINT,
  PRIMARY KEY (pbx, call)
);

CREATE INDEX text_back_waiting ON text_back (due_ms) WHERE state = 'waiting';
CREATE INDEX text_back_by_day ON text_back (local_day) WHERE local_day IS NOT NULL;

CREATE TABLE text_stop (
  number TEXT PRIMARY KEY,
  at_ms BIGINT NOT NULL,
  author TEXT NOT NULL
);
