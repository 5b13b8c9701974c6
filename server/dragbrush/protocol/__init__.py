"""The wire format `dragbrush.v1`, without input or output: no sockets, no asyncio, no torch, no numpy."""
