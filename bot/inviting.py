"""How staff come in: one-time codes that bind an account to an imported person."""

from __future__ import annotations

from datetime import timedelta

from bot.import_kinds import misplaced
from domain.people import Person, Post, Role
from domain.units import UnknownUnit
from storage.database import Database
from storage.transaction import Transaction

CODE_LIFE = timedelta(days=14)


class UnknownPost(Exception):
    """The post named is not one of this installation."""


async def invite(database: Database, name: str, role: str, *, public_url: str = "") -> list[str]:
    """Gives the person the post and a code to come in with; raises UnknownPost.

    A person of this name who holds the post already gets a new code only. With the address of the
    web chat the code comes as a link to it, too.
    """
    return await database.run(lambda tx: _invite(tx, name, role, public_url))


async def invite_unreachable(database: Database, *, public_url: str = "") -> list[str]:
    """A code for every member of staff whom no channel reaches yet."""
    return await database.run(
        lambda tx: [_code(tx, person, post, public_url) for person, post in unreachable(tx)]
    )


def _invite(tx: Transaction, name: str, role: str, public_url: str) -> list[str]:
    post = _post(tx, role)
    same_name = (one for one in tx.people.holders(post, tx.now) if one.name == name)
    person = next(same_name, None)
    if person is None:
        person = tx.people.add(name)
        tx.people.grant(person.id, post)
    return [_code(tx, person, post, public_url)]


def _post(tx: Transaction, text: str) -> Post:
    unit, colon, role = text.rpartition(":")
    if not colon or role not in set(Role):
        raise UnknownPost(f"{text!r} is not UNIT:ROLE with a role of {', '.join(Role)}")
    try:
        place = tx.org.coded(unit)
    except UnknownUnit:
        raise UnknownPost(f"there is no unit {unit!r}") from None
    if reason := misplaced(Role(role), place.kind):
        raise UnknownPost(f"{unit}: {reason}")
    return Post(unit=place.id, role=Role(role))


def unreachable(tx: Transaction) -> list[tuple[Person, Post]]:
    """Staff whom no channel reaches, each with the first of their posts."""
    found: dict[int, tuple[Person, Post]] = {}
    for unit in tx.org:
        for role in Role:
            post = Post(unit=unit.id, role=role)
            for person in tx.people.holders(post, tx.now):
                contacts = tx.people.contacts(person.id)
                if not any(contact.reachable and contact.private_chat for contact in contacts):
                    found.setdefault(person.id, (person, post))
    return list(found.values())


def _code(tx: Transaction, person: Person, post: Post, public_url: str) -> str:
    until = tx.now + CODE_LIFE
    code = tx.codes.make("invite", {"person": person.id}, until=until)
    link = f"{public_url.rstrip('/')}/?start={code}" if public_url else ""
    values = {
        "name": person.name,
        "role": post.role.value,
        "code": code,
        "until": until,
        "link": link,
    }
    return tx.wording.say("invite.code", values)
