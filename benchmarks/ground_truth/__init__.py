"""A server whose outages are known to the microsecond: it breaks by a script and writes down when it truly did."""
