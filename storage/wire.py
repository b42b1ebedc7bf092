"""The bell between processes over one PostgreSQL: LISTEN and NOTIFY on a connection of their own.

NOTIFY is sent just after the commit and not inside the transaction. Inside, every commit would
queue for the one lock that PostgreSQL takes for notifications, whole server, until the commit is
durable: commits of all processes would go one after another. A process that dies between the two
costs others the time until their next look. What is rung while one is on its way goes together
into the next.
"""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
import structlog
from psycopg import Notify

from storage.bell import Bell, Topic

logger = structlog.get_logger()

CHANNEL = "xiaoqi"
IN_ONE = 60  # topics; a payload may have 8,000 bytes
AT_MOST_EVERY = 0.005  # seconds; who rings oftener is heard together
ALIVE = 20.0  # seconds between two proofs that the connection still is one
RECONNECT = 1.0
LAST_WORDS = 2.0  # seconds a closing process waits for them
_LISTEN = "LISTEN xiaoqi"
_TELL = "SELECT pg_notify(%s, %s)"


class Wire:
    """Carries rings to other processes and theirs to our bell, on a thread of its own.

    The thread begins with the first ring or the first listener. After every new connection our
    bell sounds for everything, since rings may have been missed.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], bell: Bell) -> None:
        self._connect = connect
        self._bell = bell
        self._to_tell: set[str] = set()
        self._changing = threading.Lock()
        self._closing = False
        self._thread: threading.Thread | None = None
        self._wakes, self._woken = socket.socketpair()
        self._wakes.setblocking(False)
        self.is_open = False  # whether rings of others reach us now
        bell.others = self.tell

    def tell(self, topics: frozenset[str]) -> None:
        """Other processes hear of these soon."""
        with self._changing:
            self._to_tell |= topics
        self.listen()

    def listen(self) -> None:
        """From now on rings of others sound our bell."""
        with self._changing:
            if self._closing:
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="wire", daemon=True)
                self._thread.start()
        self._wake()

    def close(self) -> None:
        """Says what is still to be said, and ends."""
        with self._changing:
            self._closing = True
        self._wake()
        if self._thread is not None:
            self._thread.join(LAST_WORDS)
        else:
            self._woken.close()
        self._wakes.close()

    def _wake(self) -> None:
        try:
            self._wakes.send(b".")
        except OSError:  # it has been woken often enough
            return

    def _run(self) -> None:
        with self._woken:
            while not self._closing:
                try:
                    with self._connect() as connection:
                        self._serve(connection)
                except psycopg.Error as trouble:
                    logger.debug("wire cut", why=str(trouble))
                    self._pause()
                finally:
                    self.is_open = False

    def _pause(self) -> None:
        """Until the next attempt to connect, or until we close."""
        until = time.monotonic() + RECONNECT
        while not self._closing and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))

    def _serve(self, connection: psycopg.Connection[Any]) -> None:
        """Listens and tells until the connection is lost or we close."""
        own = connection.info.backend_pid

        def heard(notice: Notify) -> None:
            if notice.pid != own:
                self._bell.sound(frozenset(notice.payload.split()))

        connection.add_notify_handler(heard)
        connection.execute(_LISTEN)
        self.is_open = True
        self._bell.sound(frozenset({Topic.ALL}))
        with selectors.DefaultSelector() as both:
            both.register(connection, selectors.EVENT_READ)
            both.register(self._woken, selectors.EVENT_READ)
            while True:
                self._tell(connection)
                if self._closing:
                    return
                ready = [key.fileobj for key, _ in both.select(ALIVE)]
                if self._woken in ready:
                    self._woken.recv(4096)
                if connection in ready:
                    _take_in(connection, heard)
                if not ready:
                    connection.execute("SELECT 1")

    def _tell(self, connection: psycopg.Connection[Any]) -> None:
        with self._changing:
            topics, self._to_tell = sorted(self._to_tell), set()
        for first in range(0, len(topics), IN_ONE):
            connection.execute(_TELL, (CHANNEL, " ".join(topics[first : first + IN_ONE])))
        if topics:
            time.sleep(AT_MOST_EVERY)


def _take_in(connection: psycopg.Connection[Any], heard: Callable[[Notify], None]) -> None:
    """What the server has sent by itself."""
    connection.pgconn.consume_input()
    while (notice := connection.pgconn.notifies()) is not None:
        heard(Notify(notice.relname.decode(), notice.extra.decode(), notice.be_pid))
