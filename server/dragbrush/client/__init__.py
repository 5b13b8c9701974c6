"""The Python client of a running server: asynchronous, or blocking for scripts.

from dragbrush.client import connect

with connect() as client:
    result = client.drag(samples, [Drag((120, 80), (150, 60))])
"""

from dragbrush.client.blocking import BlockingClient, connect
from dragbrush.client.client import Client
from dragbrush.client.connection import ServerAddress, find_server
from dragbrush.client.job import Job, JobEvent, PreviewImage, Result

__all__ = [
    "BlockingClient",
    "Client",
    "Job",
    "JobEvent",
    "PreviewImage",
    "Result",
    "ServerAddress",
    "connect",
    "find_server",
]
