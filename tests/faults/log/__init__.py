"""The log, stopped at every durable call; afterwards everything it ever promised must still be true."""
