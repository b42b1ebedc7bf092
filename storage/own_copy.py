"""Everything kept about one person as one file: to read, for machines, and their pictures."""

from __future__ import annotations

import io
import json
import mimetypes
import zipfile
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.transaction import Transaction

MEDIA_TYPE = "application/zip"


def document(tx: Transaction, person: int) -> str:
    """What is kept, in plain Chinese."""
    return tx.wording.say("my_data.document", tx.people.export(person), language="zh")


def archive(tx: Transaction, person: int, *, most: int | None = None) -> bytes:
    """A ZIP of it; files that would make it larger than `most` bytes are only named in it."""
    values = tx.people.export(person)
    text = tx.wording.say("my_data.document", values, language="zh")
    told = json.dumps(values, ensure_ascii=False, indent=2, default=datetime.isoformat)
    name = tx.wording.say("my_data.name_of_copy", {}, language="zh")
    folder = tx.wording.say("my_data.name_of_files", {}, language="zh")
    made_at = tx.now.timetuple()[:6]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:

        def pack(entry: str, data: bytes) -> None:
            packed.writestr(
                zipfile.ZipInfo(entry, made_at), data, compress_type=zipfile.ZIP_DEFLATED
            )

        pack(f"{name}.txt", text.encode("utf-8-sig", "replace"))
        pack(f"{name}.json", told.encode("utf-8", "replace"))
        for file in values["files"]:
            found = tx.attachments.content(file["id"])
            if found is None or (most is not None and out.tell() + len(found[1]) > most):
                continue
            ending = mimetypes.guess_extension(found[0]) or ""
            pack(f"{folder}/{file['id']}{ending}", found[1])
    return out.getvalue()
