"""The one place of the server that knows sockets: guard, routes, websocket, and the file that says where it is."""
