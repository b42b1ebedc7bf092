"""Templates of notices: those of the package, with a community's own laid over them.

# notices/spring.toml in the community's folder
[template.water]                # one of ours: what is written here replaces it, the rest stays
text = "{where}将于{when}停水。[原因：{why}。]"
[template.water.fields]         # all of them, when one changes
when = "时间"
where = "地点"
why = "原因"

[template.dragon_boat]          # one of their own needs a name, a text and its fields
name = "包粽子"
text = "{when}在{where}包粽子，[请带{bring}，]欢迎来。"
[template.dragon_boat.fields]
when = "时间"
where = "地点"
bring = "携带"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

FREE = "free"
KEYS = {"name": str, "text": str, "fields": dict, "urgent": bool, "asks": bool}
NEEDED = ("name", "text", "fields")
LONGEST_TEXT = 800  # characters; what is filled in comes on top
_SLOT = re.compile(r"\{(\w+)\}")
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_LABEL = re.compile(r"\w{1,6}")
_NAME = re.compile(r"\w{1,10}")


class TemplateError(ValueError):
    """A template cannot be used: in which file, which one, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A notice with gaps; what stands in […] is left out when its gap is not filled."""

    key: str
    name: str
    text: str
    fields: Mapping[str, str]  # the gap and what it is called, in the order they are asked for
    urgent: bool = False  # its groups hear of it although they had a notice today
    asks: bool = False  # recipients answer with a button

    @property
    def required(self) -> tuple[str, ...]:
        """The gaps that must be filled."""
        must = set(_SLOT.findall(_OPTIONAL.sub("", self.text)))
        return tuple(name for name in self.fields if name in must)

    def missing(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """The gaps that must be filled and are not."""
        return tuple(name for name in self.required if not values.get(name))

    def render(self, values: Mapping[str, str]) -> str:
        """The words; raises TemplateError when a gap that must be filled is not."""
        if missing := self.missing(values):
            raise TemplateError(f"{self.name}: {self.fields[missing[0]]}")

        def optional(found: re.Match[str]) -> str:
            gaps = _SLOT.findall(found[1])
            return found[1] if all(values.get(gap) for gap in gaps) else ""

        kept = _OPTIONAL.sub(optional, self.text)
        return _SLOT.sub(lambda found: values[found[1]], kept)


Templates = Mapping[str, Template]


@cache
def shipped() -> Templates:
    """The templates of the package."""
    return load_templates()


def load_templates(overlays: Iterable[Traversable] = ()) -> Templates:
    """All templates by key, each folder of `overlays` laid over those of the package; raises
    TemplateError naming the file and the template.
    """
    tables = _words_of_ours()["template"]
    found = {key: _template("notices.toml", key, table) for key, table in tables.items()}
    for folder in overlays:
        for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if file.name.endswith(".toml"):
                for key, table in _read(file).items():
                    laid_over = {**tables.get(key, {}), **table}
                    found[key] = _template(file.name, key, laid_over)
                    tables = {**tables, key: laid_over}
                _check_names(file.name, found)
    return found


@cache
def _words_of_ours() -> Mapping[str, Any]:
    text = (resources.files("knowledge") / "notices.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _read(file: Traversable) -> Mapping[str, dict[str, Any]]:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TemplateError(f"{file.name}: not readable: {error}") from error
    if unknown := sorted(table.keys() - {"template"}):
        raise TemplateError(f"{file.name}: {unknown[0]}: only template.… is known here")
    found = table.get("template", {})
    if not isinstance(found, dict) or not all(isinstance(one, dict) for one in found.values()):
        raise TemplateError(f"{file.name}: template: each needs a table such as [template.water]")
    return found


def _template(file: str, key: str, table: Mapping[str, Any]) -> Template:
    """Raises TemplateError for the first thing that is wrong with it."""

    def wrong(why: str) -> TemplateError:
        return TemplateError(f"{file}: template.{key}: {why}")

    for name, value in table.items():
        if name not in KEYS:
            raise wrong(f"there is no {name}; known are {', '.join(KEYS)}")
        if not isinstance(value, KEYS[name]):
            raise wrong(f"{name} is no {KEYS[name].__name__}")
    if absent := [name for name in NEEDED if name not in table]:
        raise wrong(f"{absent[0]} is missing")
    template = Template(key=key, **table)
    if not _NAME.fullmatch(template.name):
        raise wrong("name must be one to ten letters")
    for gap, label in table["fields"].items():
        if not isinstance(label, str) or not _LABEL.fullmatch(label):
            raise wrong(f"fields.{gap} must be one to six letters")
    reserved = {*_words_of_ours()["target"], *_words_of_ours()["begin"]}
    if taken := sorted(reserved.intersection(template.fields.values())):
        raise wrong(f"fields: {taken[0]} says for whom or when a notice goes out")
    if len(set(template.fields.values())) < len(template.fields):
        raise wrong("two fields are called the same")
    if why := _wrong_with(template):
        raise wrong(why)
    return template


def _wrong_with(template: Template) -> str:
    """What is wrong with its text, or ""."""
    text = template.text
    slots = set(_SLOT.findall(text))
    if not text.strip() or len(text) > LONGEST_TEXT:
        return f"text must be 1 to {LONGEST_TEXT} characters"
    if unknown := sorted(slots - template.fields.keys()):
        return f"text has a gap {{{unknown[0]}}} that fields does not name"
    if unused := sorted(template.fields.keys() - slots):
        return f"fields.{unused[0]} stands nowhere in text"
    if set("{}") & set(_SLOT.sub("", text)):
        return "text has a { or } that is no gap"
    if set("[]") & set(_OPTIONAL.sub("", text)):
        return "text has a [ or ] that is left open, or brackets in brackets"
    if template.key == FREE and len(template.required) != 1:
        return "the free one has exactly one gap that must be filled"
    return ""


def _check_names(file: str, found: Templates) -> None:
    names: dict[str, str] = {}
    for one in found.values():
        if (other := names.setdefault(one.name, one.key)) != one.key:
            raise TemplateError(
                f"{file}: template.{one.key}: template.{other} is called {one.name} already"
            )
