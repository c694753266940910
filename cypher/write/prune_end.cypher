// Ends the deletion of old Touchpoints, so that another process may begin. A repeat changes nothing.
//
// $holder      the id of the process that began
// $days        the retention, in days, or null if the run is not complete or not that of the setting
//
// Returns nothing.
MATCH (lease:PruneLease {name: 'touchpoints'})
SET lease.locked = true
REMOVE lease.locked
WITH lease
WHERE lease.holder = $holder
FOREACH (days IN CASE WHEN $days IS NULL THEN [] ELSE [$days] END |
  SET lease.days = days, lease.finishedAt = datetime()
)
REMOVE lease.holder, lease.expiresAt, lease.deleted
