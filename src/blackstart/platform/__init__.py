"""Sessions and clients per region, with explicit timeouts, credentials and retries."""
