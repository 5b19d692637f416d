-- Visits to the web site, numbers leased to them, and how often pages asked. Times are ms since the epoch, UTC.

-- name: visit_put!
INSERT INTO visit (
  id, visitor, site, location, started_ms, seen_ms, local_day, consent, source, medium, name, content, term, campaign,
  gclid, gbraid, wbraid, yclid, msclkid, fbclid, click_ms, ga_client, ym_client, referrer, page
) VALUES (
  :id, :visitor, :site, :location, :started_ms, :started_ms, :local_day, :consent, :source, :medium, :name, :content,
  :term, :campaign, :gclid, :gbraid, :wbraid, :yclid, :msclkid, :fbclid, :click_ms, :ga_client, :ym_client, :referrer,
  :page
);

-- name: visit_get^
SELECT * FROM visit WHERE id = :id;

-- name: visit_last^
-- The last visit of somebody who consented.
SELECT * FROM visit WHERE visitor = :visitor ORDER BY seen_ms DESC, id DESC LIMIT 1;

-- name: visit_seen!
UPDATE visit SET seen_ms = :now_ms,
  ga_client = COALESCE(CAST(:ga_client AS TEXT), ga_client), ym_client = COALESCE(CAST(:ym_client AS TEXT), ym_client)
WHERE id = :id AND seen_ms <= :now_ms;

-- name: visit_campaign_put!
UPDATE visit SET campaign = :campaign WHERE id = :id AND campaign IS NULL;

-- name: visits_to_forget
-- Visitors of old visits that were not forgotten yet, each with the first of these visits.
SELECT visitor, MIN(id) AS first FROM visit WHERE started_ms < :before_ms AND forgotten_ms IS NULL GROUP BY visitor;

-- name: visits_forget!
-- What is personal goes; that there was a visit, and from which campaign, stays. The visits of one person stay one
-- persons, so that whose call it was is told next year as it was told today.
UPDATE visit SET
  visitor = CASE WHEN visitor = '' THEN '' ELSE CAST(:alias AS TEXT) END, gclid = NULL, gbraid = NULL, wbraid = NULL, yclid = NULL, msclkid = NULL, fbclid = NULL,
  ga_client = NULL, ym_client = NULL, forgotten_ms = :now_ms
WHERE visitor = :visitor AND started_ms < :before_ms AND forgotten_ms IS NULL;

-- name: pool_numbers
-- The numbers of a kind and a location on a day, each with who holds it now and since when it was nobodys.
SELECT number_assignment.did, held.until_ms AS held_until_ms, (
    SELECT MAX(lease.released_ms) FROM lease WHERE lease.did = number_assignment.did AND lease.overflow = 0) AS freed_ms
FROM number_assignment
LEFT JOIN lease AS held
  ON held.did = number_assignment.did AND held.released_ms IS NULL AND held.overflow = 0
WHERE number_assignment.kind = :kind AND number_assignment.location = :location
  AND number_assignment.valid_from <= :day
  AND (number_assignment.valid_to IS NULL OR number_assignment.valid_to >= :day)
ORDER BY number_assignment.did;

-- name: numbers_of_source
-- Static numbers whose campaign has this source and medium on a day; the one with the name first.
SELECT number_assignment.did FROM number_assignment
JOIN campaign ON campaign.id = number_assignment.campaign
WHERE number_assignment.kind = 'static' AND number_assignment.location = :location
  AND number_assignment.valid_from <= :day
  AND (number_assignment.valid_to IS NULL OR number_assignment.valid_to >= :day)
  AND campaign.source = :source AND campaign.medium = :medium AND campaign.name IN (CAST(:name AS TEXT), '')
ORDER BY CASE WHEN campaign.name = CAST(:name AS TEXT) THEN 0 ELSE 1 END, number_assignment.did
LIMIT 1;

-- name: lease_put!
-- Nothing is inserted while the number is somebody elses.
INSERT INTO lease (id, did, visit, from_ms, until_ms, overflow)
VALUES (:id, :did, :visit, :from_ms, :until_ms, :overflow)
ON CONFLICT DO NOTHING;

-- name: leases_expire!
-- Leases that ran out are free from the moment they ran out.
UPDATE lease SET released_ms = until_ms, why = 'idle' WHERE released_ms IS NULL AND until_ms < :now_ms;

-- name: lease_held^
-- What a visitor holds.
SELECT lease.* FROM lease JOIN visit ON visit.id = lease.visit
WHERE visit.visitor = :visitor AND lease.released_ms IS NULL
ORDER BY lease.id DESC LIMIT 1;

-- name: lease_before$
-- The number that a visitor had last.
SELECT lease.did FROM lease JOIN visit ON visit.id = lease.visit
WHERE visit.visitor = :visitor AND lease.overflow = 0
ORDER BY lease.id DESC LIMIT 1;

-- name: lease_extend!
UPDATE lease SET until_ms = :until_ms WHERE id = :id AND released_ms IS NULL AND until_ms < :until_ms;

-- name: lease_end!
-- The visitor goes on with another lease, or the number is no number of the pool any more.
UPDATE lease SET released_ms = :now_ms, until_ms = :now_ms, why = :why WHERE id = :id AND released_ms IS NULL;

-- name: lease_called!
-- The visitor has rung; others may have the number. Until when a call may be theirs stays as it was.
UPDATE lease SET released_ms = :at_ms, why = 'called'
WHERE did = :did AND released_ms IS NULL AND overflow = 0 AND from_ms <= :at_ms AND until_ms >= :at_ms;

-- name: leases_covering
-- Leases of a number that cover a moment, with their visits, oldest first.
SELECT lease.id, lease.did, lease.visit, lease.from_ms, lease.until_ms, lease.released_ms, lease.why, lease.overflow,
  visit.visitor, visit.started_ms, visit.source, visit.medium, visit.name, visit.campaign, visit.site, visit.page
FROM lease JOIN visit ON visit.id = lease.visit
WHERE lease.did = :did AND lease.from_ms <= :at_ms AND lease.until_ms >= :at_ms
ORDER BY lease.from_ms, lease.id;

-- name: site_day_add!
INSERT INTO site_day (site, page, local_day, asked, leased, kept, overflow, by_source, refused, seen_ms)
VALUES (:site, :page, :local_day, 1, :leased, :kept, :overflow, :by_source, :refused, :now_ms)
ON CONFLICT (site, page, local_day) DO UPDATE SET
  asked = site_day.asked + 1, leased = site_day.leased + excluded.leased, kept = site_day.kept + excluded.kept,
  overflow = site_day.overflow + excluded.overflow, by_source = site_day.by_source + excluded.by_source,
  refused = site_day.refused + excluded.refused, seen_ms = excluded.seen_ms;

-- name: site_day_pages$
SELECT COUNT(*) FROM site_day WHERE site = :site AND local_day = :local_day;

-- name: site_day_get^
SELECT * FROM site_day WHERE site = :site AND page = :page AND local_day = :local_day;

-- name: site_days_forget!
DELETE FROM site_day WHERE local_day < :before_day;

-- name: pool_visits
-- When consenting visits of a period began and how long they lasted, oldest first: what sizes a pool.
SELECT started_ms, seen_ms FROM visit WHERE started_ms >= :since AND started_ms < :until AND consent = 1
ORDER BY started_ms;

-- name: pool_leases
-- When numbers were held in a period, oldest first.
SELECT from_ms, COALESCE(released_ms, until_ms) AS to_ms, overflow FROM lease
WHERE from_ms < :until AND COALESCE(released_ms, until_ms) >= :since
ORDER BY from_ms, id;

-- name: pool_now^
-- How many numbers the pools have on a day, and how many are held now.
SELECT COUNT(DISTINCT number_assignment.did) AS numbers, COUNT(DISTINCT lease.did) AS held
FROM number_assignment
LEFT JOIN lease ON lease.did = number_assignment.did AND lease.released_ms IS NULL AND lease.overflow = 0
  AND lease.until_ms >= :now_ms
WHERE number_assignment.kind = 'pool' AND number_assignment.valid_from <= :day
  AND (number_assignment.valid_to IS NULL OR number_assignment.valid_to >= :day);

-- name: door_switch_get^
-- What is switched off now.
SELECT * FROM door_switch WHERE name = :name AND until_ms > :now_ms;

-- name: door_switch_put!
INSERT INTO door_switch (name, at_ms, until_ms, why) VALUES (:name, :at_ms, :until_ms, :why)
ON CONFLICT (name) DO UPDATE SET at_ms = excluded.at_ms, until_ms = excluded.until_ms, why = excluded.why
WHERE door_switch.until_ms <= excluded.at_ms;

-- name: door_switch_off!
DELETE FROM door_switch WHERE name = :name;

-- name: door_network_leases$
-- How many numbers the visitors of a network were given on a day.
SELECT COALESCE((SELECT leases FROM door_network WHERE local_day = :day AND network = :network), 0);

-- name: door_network_add!
INSERT INTO door_network (local_day, network, leases) VALUES (:day, :network, 1)
ON CONFLICT (local_day, network) DO UPDATE SET leases = door_network.leases + 1;

-- name: door_networks_forget!
DELETE FROM door_network WHERE local_day < :day;

-- name: door_switches
SELECT * FROM door_switch WHERE until_ms > :now_ms ORDER BY name;

-- name: alert_pool^
-- How many visitors of a day were given a number of their own, and how many the overflow number.
SELECT COALESCE(SUM(leased), 0) AS leased, COALESCE(SUM(overflow), 0) AS overflow FROM site_day WHERE local_day = :day;

-- name: alert_pages
-- Which pages asked since a day, on how many days, how often and when last.
SELECT site, page, COUNT(DISTINCT local_day) AS days, SUM(asked) AS asked, MAX(seen_ms) AS seen_ms FROM site_day
WHERE local_day >= :first GROUP BY site, page ORDER BY site, page;

-- name: alert_coverage^
-- Patients calls that have a campaign, and all of them, lately and before.
SELECT
  COALESCE(SUM(CASE WHEN call.started_ms >= :recent THEN 1 ELSE 0 END), 0) AS calls,
  COALESCE(SUM(CASE WHEN call.started_ms >= :recent AND attribution.campaign IS NOT NULL THEN 1 ELSE 0 END), 0)
    AS attributed,
  COALESCE(SUM(CASE WHEN call.started_ms < :recent THEN 1 ELSE 0 END), 0) AS calls_before,
  COALESCE(SUM(CASE WHEN call.started_ms < :recent AND attribution.campaign IS NOT NULL THEN 1 ELSE 0 END), 0)
    AS attributed_before
FROM call LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
WHERE call.started_ms >= :since AND call.direction = 'inbound' AND call.kind = 'patient';
