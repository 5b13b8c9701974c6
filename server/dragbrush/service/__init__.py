"""Jobs, their queue, their store and the sessions that hear of them: asyncio, no sockets, no torch."""
