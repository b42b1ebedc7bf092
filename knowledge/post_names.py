"""Which post is meant by what people call it, from `knowledge/post_names.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from domain.people import Role
from knowledge.normal import comparable


def role_called(name: str) -> Role | None:
    """The role somebody calls so, or None."""
    return _roles().get(comparable(name))


def roles_in(text: str) -> tuple[Role, ...]:
    """The roles a sentence names, in the order it names them."""
    said = comparable(text)
    found = sorted((said.find(name), role) for name, role in _roles().items() if name in said)
    return tuple(dict.fromkeys(role for _, role in found))


@cache
def _roles() -> Mapping[str, Role]:
    text = (resources.files("knowledge") / "post_names.toml").read_text(encoding="utf-8")
    return {name: Role(role) for role, names in tomllib.loads(text).items() for name in names}
