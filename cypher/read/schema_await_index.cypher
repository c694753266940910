// Waits until an index is online.
//
// $name     its name
// $seconds  how long to wait
//
// Returns nothing, and fails if it takes longer.
CALL db.awaitIndex($name, $seconds)
