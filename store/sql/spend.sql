-- What the platforms' own exports say that campaigns cost, by day. Amounts are in the currency's smallest unit.

-- name: spend_of_campaign_within^
-- A day of a period for which a platform has told a cost of this campaign.
SELECT platform, day FROM platform_spend
WHERE campaign = :campaign AND day >= :first AND day <= :last ORDER BY day, platform LIMIT 1;
