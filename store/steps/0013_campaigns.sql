-- What an advertisement promises, what the platforms say it cost, corrections by people, and calls that do not count.
-- Times are ms since the epoch, UTC; days are the clinic's.

-- The promise is told to the receptionist when somebody rings because of it.
ALTER TABLE campaign ADD COLUMN promise TEXT NOT NULL DEFAULT '';

-- What a platform's own export says a campaign cost on a day. `ref` is the platform's id of its campaign, or the name
-- where the file has no ids; `account` tells apart several accounts of one platform. `campaign` is ours, NULL for spend
-- that is nobody's yet.
CREATE TABLE platform_spend (
  platform TEXT NOT NULL,
  account TEXT NOT NULL,
  ref TEXT NOT NULL,
  day TEXT NOT NULL,
  name TEXT NOT NULL,
  cost_minor BIGINT NOT NULL,
  currency TEXT NOT NULL,
  campaign BIGINT,
  imported_ms BIGINT NOT NULL,
  PRIMARY KEY (platform, account, ref, day)
);

CREATE INDEX platform_spend_by_campaign ON platform_spend (campaign, day);
CREATE INDEX platform_spend_by_day ON platform_spend (day);

-- Which of our campaigns a platform calls by this name; a person said so.
CREATE TABLE platform_name (
  platform TEXT NOT NULL,
  name TEXT NOT NULL,
  campaign BIGINT NOT NULL,
  author TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  PRIMARY KEY (platform, name)
);

-- A person said which campaign a call belongs to (NULL is none). The newest that is not undone stands.
CREATE TABLE attribution_correction (
  id BIGINT PRIMARY KEY,
  pbx TEXT NOT NULL,
  call TEXT NOT NULL,
  campaign BIGINT,
  because TEXT NOT NULL,
  author TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  undone_by TEXT,
  undone_ms BIGINT
);

CREATE INDEX attribution_correction_by_call ON attribution_correction (pbx, call, id);

-- Numbers like this one are nobody to ring back and in no figure. What a person writes as * and ? is kept as LIKE has it.
CREATE TABLE mark_pattern (
  pattern TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  reason TEXT NOT NULL,
  author TEXT NOT NULL,
  at_ms BIGINT NOT NULL
);

-- One call alone that is in no figure, whoever rang.
CREATE TABLE call_mark (
  pbx TEXT NOT NULL,
  call TEXT NOT NULL,
  kind TEXT NOT NULL,
  reason TEXT NOT NULL,
  author TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  PRIMARY KEY (pbx, call)
);

-- Why a call is in no figure: staff, spam or test, by a mark on it, on its number or on a pattern. Empty counts.
ALTER TABLE call ADD COLUMN excluded TEXT NOT NULL DEFAULT '';

CREATE INDEX call_excluded ON call (started_ms) WHERE excluded <> '';

-- Who gave a number to a campaign, or took it away, and when: what is valid is in number_assignment.
CREATE TABLE number_change (
  id BIGINT PRIMARY KEY,
  assignment BIGINT NOT NULL,
  did TEXT NOT NULL,
  said TEXT NOT NULL,
  author TEXT NOT NULL,
  at_ms BIGINT NOT NULL
);

CREATE INDEX number_change_by_did ON number_change (did, id);
