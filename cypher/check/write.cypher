// Writes what the service writes; to be rolled back.
//
// Returns nothing.
CREATE (:Customer)
