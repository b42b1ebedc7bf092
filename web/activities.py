"""Pages about activities: calendars, the picture at the door, record books. Each opens by a link
that is secret; without the right one there is nothing.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from datetime import timedelta
from html import escape

import icalendar
import segno
from aiohttp import web

from domain.activities import Activity, ActivityState
from domain.wording import Wording
from storage.activity_figures import record_book
from storage.activity_telling import host_name
from storage.database import Database
from storage.transaction import Transaction
from web.record_book import as_docx, as_xlsx

MAKER = "-//xiaoqi//activities//ZH"
PAST, AHEAD = timedelta(days=90), timedelta(days=730)
GUARDS = {
    "Content-Security-Policy": "default-src 'none'; img-src data:; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
BOOKS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def activity_routes(database: Database, wording: Wording) -> Iterable[web.AbstractRouteDef]:
    """One activity and one person's calendar as iCalendar, the poster, the record books."""

    async def one(request: web.Request) -> web.Response:
        signed = request.match_info["signed"]
        calendar = await database.read(lambda tx: _one(tx, signed))
        return _calendar(calendar)

    async def feed(request: web.Request) -> web.Response:
        secret = request.match_info["secret"]
        calendar = await database.read(lambda tx: _feed(tx, secret))
        return _calendar(calendar)

    async def poster(request: web.Request) -> web.Response:
        signed = request.match_info["signed"]
        page = await database.read(lambda tx: _poster(tx, signed, wording))
        if page is None:
            raise web.HTTPNotFound
        return web.Response(text=page, content_type="text/html", headers=GUARDS)

    async def book(request: web.Request) -> web.Response:
        signed, ending = request.match_info["signed"], request.match_info["ending"]
        body = await database.read(lambda tx: _book(tx, signed, ending, wording))
        if body is None:
            raise web.HTTPNotFound
        named = {"Content-Disposition": f'attachment; filename="records.{ending}"'}
        return web.Response(body=body, content_type=BOOKS[ending], headers=GUARDS | named)

    return (
        web.get("/activities/{signed:[0-9a-f-]{34,80}}.ics", one),
        web.get("/activities/{signed:[0-9a-f-]{34,80}}/poster", poster),
        web.get("/calendar/{secret:[A-Za-z0-9_-]{16,64}}.ics", feed),
        web.get("/records/{signed:[0-9a-f-]{34,120}}.{ending:xlsx|docx}", book),
    )


def _calendar(calendar: icalendar.Calendar | None) -> web.Response:
    if calendar is None:
        raise web.HTTPNotFound
    named = {"Content-Disposition": 'inline; filename="activities.ics"'}
    return web.Response(
        body=calendar.to_ical(),
        content_type="text/calendar",
        charset="utf-8",
        headers=GUARDS | named,
    )


def _one(tx: Transaction, signed: str) -> icalendar.Calendar | None:
    opened = tx.activity_links.opened("calendar", signed)
    activity = tx.activities.get(int(opened)) if opened else None
    return None if activity is None else as_calendar(tx, [activity])


def _feed(tx: Transaction, secret: str) -> icalendar.Calendar | None:
    person = tx.activity_links.owner_of_feed(secret)
    if person is None:
        return None
    found = tx.activities.of_person(person, tx.now - PAST, tx.now + AHEAD)
    return as_calendar(tx, found)


def as_calendar(tx: Transaction, activities: Iterable[Activity]) -> icalendar.Calendar:
    """The activities as events; one that was cancelled says so, a moved one replaces itself."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", MAKER)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for activity in activities:
        event = icalendar.Event()
        event.add("uid", f"activity-{activity.id}@{tx.keyring.digest('calendar', 'uid')[:12]}")
        event.add("dtstamp", tx.now.replace(microsecond=0))
        event.add("dtstart", activity.starts_at)
        event.add("dtend", activity.ends_at)
        event.add("summary", activity.title)
        event.add("location", activity.place)
        event.add("organizer", f"urn:unit:{activity.unit}")
        event["organizer"].params["CN"] = icalendar.vText(host_name(tx, activity.unit))
        event.add("sequence", activity.version)
        cancelled = activity.state is ActivityState.CANCELLED
        event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
        calendar.add_component(event)
    return calendar


def _poster(tx: Transaction, signed: str, wording: Wording) -> str | None:
    opened = tx.activity_links.opened("poster", signed)
    activity = tx.activities.get(int(opened)) if opened else None
    if activity is None:
        return None
    picture = io.BytesIO()
    segno.make(tx.activity_links.check_in(activity), error="m").save(
        picture, kind="svg", scale=8, xmldecl=False
    )
    source = f"data:image/svg+xml;base64,{base64.b64encode(picture.getvalue()).decode()}"
    values = {
        "title": activity.title,
        "code": tx.activity_links.code(activity),
        "starts": activity.starts_at,
        "place": activity.place,
    }
    title, say, when = (
        escape(wording.say(f"poster.{part}", values)) for part in ("title", "say", "when")
    )
    return (
        f'<!doctype html><html lang="zh"><meta charset="utf-8"><title>{title}</title>'
        f'<h1>{title}</h1><p>{when}</p><img src="{source}" alt="QR"><h2>{say}</h2></html>'
    )


def _book(tx: Transaction, signed: str, ending: str, wording: Wording) -> bytes | None:
    opened = tx.activity_links.opened_book(signed)
    if opened is None:
        return None
    branch, year = opened

    def word(name: str) -> str:
        return wording.say(f"record_book.file.{name}", {})

    named = {"branch": host_name(tx, branch), "year": year}
    title = wording.say("record_book.file.title", named)
    pages = list(record_book(tx, branch, year))
    return as_xlsx(title, pages, word) if ending == "xlsx" else as_docx(title, pages, word)
