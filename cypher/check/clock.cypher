// The database's clock.
//
// Returns one row:
//   now  milliseconds since 1970
RETURN datetime.realtime().epochMillis AS now
