// The database's clock. Returns now, as milliseconds since 1970.
RETURN datetime.realtime().epochMillis AS now
