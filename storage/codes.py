"""Codes that may be used once: invitations, links between two channels, deep links."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select

from domain.changes import AuditEntry
from storage.schema import codes, stored
from storage.statements import Statement, Store, adding

SECRET_BYTES = 16
# No 0, O, 1, I or L: read out over the phone, typed on another one.
SPOKEN = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
SPOKEN_LENGTH = 8
LINK = "link"
INVITE = "invite"

_ADD = Statement(adding(codes, "digest", "kind", "payload", "until"))
_LIVING = (
    codes.c.digest == bindparam("given"),
    codes.c.kind == bindparam("of_kind"),
    codes.c.until > bindparam("now"),
)
_PEEK = Statement(select(codes.c.payload).where(*_LIVING))
_REDEEM = Statement(delete(codes).where(*_LIVING).returning(codes.c.payload))


class CodeStore(Store):
    """Only digests are kept, so that nobody who reads the table can use a code."""

    __slots__ = ()

    def make(self, kind: str, payload: Mapping[str, Any], until: datetime) -> str:
        """A new code ("invite", "link" or "start") that stands for the payload until then.

        A link code is short, because people type it; the others carry 128 bits and fit a deep
        link.
        """
        code = _spoken() if kind == LINK else secrets.token_urlsafe(SECRET_BYTES)
        self.db.run(
            _ADD,
            digest=self._digest(code, kind),
            kind=kind,
            payload=json.dumps(dict(payload), separators=(",", ":")),
            until=stored(until),
        )
        if kind == INVITE:
            subject = f"person:{payload.get('person', '')}"
            self.tx.audit.add(AuditEntry(action="invite.made", subject=subject))
        return code

    def redeem(self, code: str, kind: str) -> dict[str, Any] | None:
        """What the code stands for, once; None when it is unknown, used or too late."""
        payload = self.db.value(_REDEEM, **self._given(code, kind))
        return None if payload is None else json.loads(payload)

    def peek(self, code: str, kind: str) -> dict[str, Any] | None:
        """The same without using it up."""
        payload = self.db.value(_PEEK, **self._given(code, kind))
        return None if payload is None else json.loads(payload)

    def _given(self, code: str, kind: str) -> dict[str, Any]:
        return {
            "given": self._digest(code, kind),
            "of_kind": kind,
            "now": stored(self.tx.now),
        }

    def _digest(self, code: str, kind: str) -> str:
        spelled = code.strip().upper() if kind == LINK else code.strip()
        return self.tx.keyring.digest("code", spelled)


def _spoken() -> str:
    return "".join(secrets.choice(SPOKEN) for _ in range(SPOKEN_LENGTH))
