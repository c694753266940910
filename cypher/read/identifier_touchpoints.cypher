// How many Touchpoints of a Customer, and of the Customers that are merged into it, carry an
// identifier.
//
// $survivor  the id of the surviving Customer
// $name      the identifier, as kind:value
// $scan      how many of the latest Touchpoints to search
//
// Returns one row:
//   touchpoints  how many of the searched ones carry it
//   searched     how many were searched
//   total        how many there are
MATCH (survivor:Customer {id: $survivor})
CALL (survivor) {
  MATCH (member:Customer)-[:MERGED_INTO*0..]->(survivor)
  RETURN collect(member) AS members
}
CALL (members) {
  UNWIND members AS member
  CALL (member) {
    MATCH (touchpoint:Touchpoint)
    USING INDEX SEEK touchpoint:Touchpoint(customerId, occurredAt, id)
    WHERE
      touchpoint.customerId = member.id AND
      touchpoint.occurredAt IS NOT NULL AND
      touchpoint.id IS NOT NULL
    WITH touchpoint
    ORDER BY touchpoint.customerId DESC, touchpoint.occurredAt DESC, touchpoint.id DESC
    LIMIT $scan
    RETURN touchpoint
  }
  WITH touchpoint, touchpoint.occurredAt AS occurredAt, touchpoint.id AS id
  ORDER BY occurredAt DESC, id DESC
  LIMIT $scan
  RETURN
    count(CASE WHEN $name IN touchpoint.identifiers THEN 1 END) AS touchpoints,
    count(*) AS searched
}
RETURN
  touchpoints,
  searched,
  reduce(total = 0, member IN members | total + COUNT { (member)-[:HAS_TOUCHPOINT]->() })
    AS total
