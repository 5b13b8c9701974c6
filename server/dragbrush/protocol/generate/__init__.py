"""Makes the schema and the clients' message types from `dragbrush.protocol.messages`."""
