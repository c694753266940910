// Waits until an index is in use. Returns nothing, and fails where that takes longer.
//
// $name     its name
// $seconds  how long to wait
CALL db.awaitIndex($name, $seconds)
