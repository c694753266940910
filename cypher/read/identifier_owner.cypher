// The Customer that owns an Identifier, and the Customers that a request to move it names.
//
// $kind      of the Identifier
// $value     of the Identifier
// $customer  the id of the Customer to move it from, or of one that is merged with it
// $to        the id of the Customer to move it to, or null
//
// Returns one row, or none if the first Customer does not exist:
//   survivor      the id of the surviving Customer of the first one
//   home          the id of the Customer that owns the Identifier, or did before it was merged;
//                 null if none does
//   homeSurvivor  the id of its surviving Customer
//   to            the id of the Customer to move it to; null if that does not exist
//   toSurvivor    the id of its surviving Customer
//   since         when the Identifier came to its Customer, as a text
//   shared        whether it is marked as shared
//   identifiers   how many Identifiers its surviving Customer has
MATCH (customer:Customer {id: $customer})
OPTIONAL MATCH (to:Customer {id: $to})
OPTIONAL MATCH (identifier:Identifier {kind: $kind, value: $value})
  -[identifies:IDENTIFIES]->(owner:Customer)
OPTIONAL MATCH (home:Customer {id: coalesce(identifies.home, owner.id)})
RETURN
  coalesce(customer.survivor, customer.id) AS survivor,
  home.id AS home,
  coalesce(home.survivor, home.id) AS homeSurvivor,
  to.id AS to,
  coalesce(to.survivor, to.id) AS toSurvivor,
  toString(identifies.since) AS since,
  identifier.shared IS NOT NULL AS shared,
  COUNT { (owner)<-[:IDENTIFIES]-(:Identifier) } AS identifiers
