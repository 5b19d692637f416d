-- Calls, what they are made of, and what they led to. Times are milliseconds since the epoch, UTC.

CREATE TABLE counter (
  name TEXT PRIMARY KEY,
  last BIGINT NOT NULL
);

CREATE TABLE call (
  pbx TEXT NOT NULL,
  id TEXT NOT NULL,
  version BIGINT NOT NULL,
  direction TEXT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  linkedids TEXT NOT NULL,
  caller_number TEXT,
  caller_raw TEXT,
  caller_name TEXT,
  withheld BIGINT NOT NULL,
  did TEXT,
  did_raw TEXT,
  destination TEXT,
  destination_raw TEXT,
  presented_number TEXT,
  extension TEXT,
  location TEXT NOT NULL,
  entry TEXT,
  queue TEXT,
  rang TEXT NOT NULL,
  answered_by TEXT,
  final_agent TEXT,
  outcome TEXT,
  started_ms BIGINT NOT NULL,
  offered_ms BIGINT,
  answered_ms BIGINT,
  ended_ms BIGINT,
  wait_ms BIGINT NOT NULL,
  ring_ms BIGINT NOT NULL,
  talk_ms BIGINT NOT NULL,
  bridged_ms BIGINT NOT NULL,
  hold_ms BIGINT NOT NULL,
  holds BIGINT NOT NULL,
  lost_after_answer BIGINT NOT NULL,
  transfers TEXT NOT NULL,
  hung_up_by TEXT,
  recording TEXT,
  voicemail TEXT,
  consultation_of TEXT,
  joined_with TEXT,
  click_id TEXT,
  sure BIGINT NOT NULL,
  met_late BIGINT NOT NULL,
  party TEXT,
  missed BIGINT NOT NULL,
  in_hours BIGINT NOT NULL,
  first_time BIGINT NOT NULL,
  local_day TEXT NOT NULL,
  local_hour BIGINT NOT NULL,
  local_weekday BIGINT NOT NULL,
  PRIMARY KEY (pbx, id)
);

CREATE INDEX call_by_start ON call (started_ms);
CREATE INDEX call_by_party ON call (party, started_ms);
CREATE INDEX call_by_did ON call (did, started_ms);
CREATE INDEX call_open ON call (pbx, id) WHERE ended_ms IS NULL;
CREATE INDEX call_consultations ON call (pbx, consultation_of) WHERE consultation_of IS NOT NULL;
CREATE INDEX call_joins ON call (pbx, joined_with) WHERE joined_with IS NOT NULL;

CREATE TABLE call_alias (
  pbx TEXT NOT NULL,
  alias TEXT NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (pbx, alias)
);

CREATE INDEX call_alias_by_call ON call_alias (pbx, id);

CREATE TABLE leg (
  pbx TEXT NOT NULL,
  uniqueid TEXT NOT NULL,
  call TEXT NOT NULL,
  linkedid TEXT NOT NULL,
  channel TEXT NOT NULL,
  role TEXT NOT NULL,
  number TEXT,
  started_ms BIGINT NOT NULL,
  answered_ms BIGINT,
  ended_ms BIGINT,
  cause BIGINT,
  ring_ms BIGINT,
  PRIMARY KEY (pbx, uniqueid)
);

CREATE INDEX leg_by_call ON leg (pbx, call);

CREATE TABLE talk (
  pbx TEXT NOT NULL,
  call TEXT NOT NULL,
  n BIGINT NOT NULL,
  who TEXT NOT NULL,
  started_ms BIGINT NOT NULL,
  ended_ms BIGINT,
  PRIMARY KEY (pbx, call, n)
);

CREATE TABLE wait (
  pbx TEXT NOT NULL,
  call TEXT NOT NULL,
  n BIGINT NOT NULL,
  queue TEXT NOT NULL,
  started_ms BIGINT NOT NULL,
  ended_ms BIGINT,
  departed TEXT,
  PRIMARY KEY (pbx, call, n)
);

CREATE TABLE call_topic (
  id BIGINT PRIMARY KEY,
  pbx TEXT NOT NULL,
  call TEXT NOT NULL,
  topic TEXT NOT NULL,
  patient TEXT,
  author TEXT NOT NULL,
  at_ms BIGINT NOT NULL
);

CREATE INDEX call_topic_by_call ON call_topic (pbx, call);

CREATE TABLE call_comment (
  id BIGINT PRIMARY KEY,
  pbx TEXT NOT NULL,
  call TEXT NOT NULL,
  body TEXT NOT NULL,
  author TEXT NOT NULL,
  at_ms BIGINT NOT NULL
);

CREATE INDEX call_comment_by_call ON call_comment (pbx, call);

CREATE TABLE patient (
  ref TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  folded TEXT NOT NULL,
  email TEXT,
  birth_date TEXT,
  birth_year BIGINT,
  sex TEXT,
  language TEXT,
  guardian_ref TEXT,
  consent_marketing TEXT,
  consent_channels TEXT,
  created_on TEXT,
  updated_on TEXT,
  imported_ms BIGINT NOT NULL
);

CREATE TABLE patient_number (
  number TEXT NOT NULL,
  ref TEXT NOT NULL,
  reversed TEXT NOT NULL,
  raw TEXT NOT NULL,
  position BIGINT NOT NULL,
  PRIMARY KEY (number, ref)
);

CREATE INDEX patient_number_by_ref ON patient_number (ref);
CREATE INDEX patient_number_reversed ON patient_number (reversed);

CREATE TABLE call_patient (
  pbx TEXT NOT NULL,
  call TEXT NOT NULL,
  ref TEXT NOT NULL,
  PRIMARY KEY (pbx, call, ref)
);

CREATE TABLE campaign (
  id BIGINT PRIMARY KEY,
  source TEXT NOT NULL,
  medium TEXT NOT NULL,
  name TEXT NOT NULL,
  content TEXT,
  location TEXT,
  UNIQUE (source, medium, name)
);

CREATE TABLE campaign_cost (
  campaign BIGINT NOT NULL,
  period TEXT NOT NULL,
  cost_minor BIGINT NOT NULL,
  currency TEXT NOT NULL,
  PRIMARY KEY (campaign, period)
);

CREATE TABLE number_assignment (
  id BIGINT PRIMARY KEY,
  did TEXT NOT NULL,
  label TEXT NOT NULL,
  kind TEXT NOT NULL,
  location TEXT NOT NULL,
  campaign BIGINT,
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  destination TEXT
);

CREATE INDEX number_assignment_by_did ON number_assignment (did, valid_from);

CREATE TABLE attribution (
  pbx TEXT NOT NULL,
  call TEXT NOT NULL,
  rule TEXT NOT NULL,
  campaign BIGINT,
  evidence TEXT NOT NULL,
  runner_up TEXT,
  decided_ms BIGINT NOT NULL,
  PRIMARY KEY (pbx, call)
);

CREATE INDEX attribution_by_campaign ON attribution (campaign);

CREATE TABLE callback (
  id BIGINT PRIMARY KEY,
  number TEXT NOT NULL,
  location TEXT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  opened_ms BIGINT NOT NULL,
  renewed_ms BIGINT,
  due_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  priority BIGINT NOT NULL,
  campaign BIGINT,
  live BIGINT NOT NULL DEFAULT 0,
  claimed_by TEXT,
  claimed_until_ms BIGINT,
  snoozed_until_ms BIGINT,
  unconfirmed_until_ms BIGINT,
  closed_ms BIGINT,
  closed_why TEXT,
  closed_by TEXT,
  closed_pbx TEXT,
  closed_call TEXT,
  reason TEXT
);

CREATE UNIQUE INDEX callback_one_open ON callback (number, location) WHERE state <> 'closed';
CREATE INDEX callback_by_number ON callback (number, opened_ms);
CREATE INDEX callback_by_closing_call ON callback (closed_pbx, closed_call) WHERE closed_call IS NOT NULL;
CREATE INDEX callback_open_by_due ON callback (due_ms) WHERE state <> 'closed';

CREATE TABLE callback_call (
  callback BIGINT NOT NULL,
  pbx TEXT NOT NULL,
  call TEXT NOT NULL,
  role TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  person TEXT,
  outcome TEXT,
  PRIMARY KEY (callback, pbx, call, role)
);

CREATE INDEX callback_call_by_call ON callback_call (pbx, call);

CREATE TABLE callback_comment (
  id BIGINT PRIMARY KEY,
  callback BIGINT NOT NULL,
  body TEXT NOT NULL,
  author TEXT NOT NULL,
  at_ms BIGINT NOT NULL
);

CREATE INDEX callback_comment_by_callback ON callback_comment (callback);

CREATE TABLE reminder_sent (
  key TEXT PRIMARY KEY,
  at_ms BIGINT NOT NULL,
  sent_ms BIGINT
);

CREATE TABLE no_callback (
  pbx TEXT NOT NULL,
  call TEXT NOT NULL,
  reason TEXT NOT NULL,
  decided_ms BIGINT NOT NULL,
  PRIMARY KEY (pbx, call)
);

CREATE TABLE feed (
  id BIGINT PRIMARY KEY,
  at_ms BIGINT NOT NULL,
  kind TEXT NOT NULL,
  ref TEXT NOT NULL,
  live BIGINT NOT NULL
);

CREATE TABLE checkpoint (
  pbx TEXT PRIMARY KEY,
  file TEXT NOT NULL,
  position BIGINT NOT NULL
);

CREATE TABLE gap (
  id BIGINT PRIMARY KEY,
  pbx TEXT NOT NULL,
  from_ms BIGINT NOT NULL,
  to_ms BIGINT,
  reason TEXT NOT NULL
);

CREATE TABLE listener_lease (
  pbx TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  until_ms BIGINT NOT NULL
);

CREATE TABLE rollup_source (
  day TEXT NOT NULL,
  campaign BIGINT NOT NULL,
  did TEXT NOT NULL,
  calls BIGINT NOT NULL,
  answered BIGINT NOT NULL,
  missed BIGINT NOT NULL,
  left_menu BIGINT NOT NULL,
  unknown BIGINT NOT NULL,
  first_time BIGINT NOT NULL,
  withheld BIGINT NOT NULL,
  wait_ms BIGINT NOT NULL,
  talk_ms BIGINT NOT NULL,
  PRIMARY KEY (day, campaign, did)
);

CREATE TABLE rollup_hour (
  day TEXT NOT NULL,
  hour BIGINT NOT NULL,
  calls BIGINT NOT NULL,
  answered BIGINT NOT NULL,
  missed BIGINT NOT NULL,
  PRIMARY KEY (day, hour)
);

CREATE TABLE rollup_agent (
  day TEXT NOT NULL,
  agent TEXT NOT NULL,
  answered BIGINT NOT NULL,
  outbound BIGINT NOT NULL,
  talk_ms BIGINT NOT NULL,
  PRIMARY KEY (day, agent)
);

CREATE TABLE rollup_queue (
  day TEXT NOT NULL,
  queue TEXT NOT NULL,
  calls BIGINT NOT NULL,
  answered BIGINT NOT NULL,
  abandoned BIGINT NOT NULL,
  wait_ms BIGINT NOT NULL,
  PRIMARY KEY (day, queue)
);
