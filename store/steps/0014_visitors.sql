-- Visits to the clinic's web site, numbers leased to them, pages that asked, and people who want to be rung back.
-- Times are ms since the epoch, UTC; local_day is the clinic's day.

-- One visit. `visitor` is the hash of a random key in the browser of somebody who consented, and empty for the others;
-- never an address. `page` is the landing page without its query, `referrer` a host. `campaign` is what the source was
-- taken for when the visit began. What is personal goes after [retention] visits_days, which `forgotten_ms` says.
CREATE TABLE visit (
  id BIGINT PRIMARY KEY,
  visitor TEXT NOT NULL,
  site TEXT NOT NULL,
  location TEXT NOT NULL,
  started_ms BIGINT NOT NULL,
  seen_ms BIGINT NOT NULL,
  local_day TEXT NOT NULL,
  consent BIGINT NOT NULL,
  source TEXT NOT NULL,
  medium TEXT NOT NULL,
  name TEXT NOT NULL,
  content TEXT NOT NULL,
  term TEXT NOT NULL,
  campaign BIGINT,
  gclid TEXT,
  gbraid TEXT,
  wbraid TEXT,
  yclid TEXT,
  msclkid TEXT,
  fbclid TEXT,
  click_ms BIGINT,
  ga_client TEXT,
  ym_client TEXT,
  referrer TEXT NOT NULL,
  page TEXT NOT NULL,
  forgotten_ms BIGINT
);

CREATE INDEX visit_by_visitor ON visit (visitor, seen_ms);
CREATE INDEX visit_by_day ON visit (local_day, campaign);
CREATE INDEX visit_by_start ON visit (started_ms);

-- A number was shown to a visit from `from_ms` on. `until_ms` is when the lease runs out, the grace after the visit
-- included; a page that is still open moves it on. A call belongs to every lease with from_ms <= start <= until_ms.
-- `released_ms` is when the number became free for others, which may be earlier (`why` is called), never later than
-- until_ms. `why` is idle, called or retired.
CREATE TABLE lease (
  id BIGINT PRIMARY KEY,
  did TEXT NOT NULL,
  visit BIGINT NOT NULL,
  from_ms BIGINT NOT NULL,
  until_ms BIGINT NOT NULL,
  released_ms BIGINT,
  why TEXT,
  overflow BIGINT NOT NULL
);

-- No number is two visitors' at once; the overflow number is everybody's.
CREATE UNIQUE INDEX lease_one_holder ON lease (did) WHERE released_ms IS NULL AND overflow = 0;
-- Which leases run out: asked at every request of a page, and the history grows for ever.
CREATE INDEX lease_running ON lease (until_ms) WHERE released_ms IS NULL;
CREATE INDEX lease_by_did ON lease (did, until_ms);
CREATE INDEX lease_by_visit ON lease (visit, from_ms);

-- How often a page asked on a day, and what it was given. No visitor is in it.
CREATE TABLE site_day (
  site TEXT NOT NULL,
  page TEXT NOT NULL,
  local_day TEXT NOT NULL,
  asked BIGINT NOT NULL,
  leased BIGINT NOT NULL,
  kept BIGINT NOT NULL,
  overflow BIGINT NOT NULL,
  by_source BIGINT NOT NULL,
  refused BIGINT NOT NULL,
  seen_ms BIGINT NOT NULL,
  PRIMARY KEY (site, page, local_day)
);

CREATE INDEX site_day_by_day ON site_day (local_day);

-- Somebody asked to be rung back, or tried to. The number is the callback's; `network` is a keyed hash that is
-- emptied after a day; `consent` is the very text that was agreed to; `refused` is empty or says why.
CREATE TABLE request (
  id BIGINT PRIMARY KEY,
  at_ms BIGINT NOT NULL,
  local_day TEXT NOT NULL,
  callback BIGINT,
  location TEXT NOT NULL,
  network TEXT NOT NULL,
  visit BIGINT,
  campaign BIGINT,
  site TEXT NOT NULL,
  page TEXT NOT NULL,
  language TEXT NOT NULL,
  consent TEXT NOT NULL,
  refused TEXT NOT NULL
);

CREATE INDEX request_by_callback ON request (callback) WHERE callback IS NOT NULL;
CREATE INDEX request_by_time ON request (at_ms);

-- What the public door has switched off by itself, until an admin switches it on again or its time is over.
CREATE TABLE door_switch (
  name TEXT PRIMARY KEY,
  at_ms BIGINT NOT NULL,
  until_ms BIGINT NOT NULL,
  why TEXT NOT NULL
);
