"""Settings: `xiaoqi.toml`, every key overridable as `XIAOQI_SECTION__KEY`; all problems are
reported at once.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Mapping
from datetime import time, timedelta
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, cast
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

import bot.channels
from domain.activity_rules import ActivityRules, parse_ladder
from domain.broadcast_rules import BroadcastRules
from domain.flooding import Pace, Paces
from domain.retention import TERMS, Kept, Retention

# What one process may do; several processes over one PostgreSQL may split them.
ROLES = frozenset({"web", "poll", "intake", "relay", "clock"})
USUAL = BroadcastRules()


class SettingsProblem(Exception):
    """The settings cannot be used; `problems` names each key and what is wrong, never a value."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class Section(BaseModel):
    """A section of the settings; unknown keys are errors, so that a misspelt one is heard of."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DatabaseSettings(Section):
    """Where everything is remembered."""

    url: str = "sqlite:///var/xiaoqi.db"

    @field_validator("url")
    @classmethod
    def _known_engine(cls, url: str) -> str:
        if not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            raise ValueError("must begin with sqlite:/// or postgresql://")
        return url


class ServerSettings(Section):
    """The HTTP server of the pages and webhooks."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str = ""  # how residents reach it, such as https://xiaoqi.example.org
    # Machines that may read /metrics, never through a proxy; addresses or networks, by commas.
    metrics: str = "127.0.0.0/8, ::1"
    # Where a process without the role web answers /healthz, /readyz and /metrics; 0 for nowhere.
    health_port: int = Field(default=0, ge=0, le=65535)

    @property
    def readers(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of `metrics`."""
        return tuple(ip_network(one.strip()) for one in self.metrics.split(",") if one.strip())

    @field_validator("metrics")
    @classmethod
    def _networks(cls, metrics: str) -> str:
        try:
            for one in metrics.split(","):
                if one.strip():
                    ip_network(one.strip())
        except ValueError as wrong:
            raise ValueError("must be addresses or networks such as 10.0.0.0/24") from wrong
        return metrics


class SecuritySettings(Section):
    """The master key that seals personal data; the file is made at the first start and never in a
    backup.
    """

    key_file: Path = Path("var/xiaoqi.key")


class CommunitySettings(Section):
    """The community's own data, laid over what is shipped."""

    folder: Path | None = None

    time_zone: str = "Asia/Shanghai"

    def overlays(self, kind: str) -> tuple[Path, ...]:
        """The community's own folder of this kind ("phrases", "intents"), where there is one."""
        own = None if self.folder is None else self.folder / kind
        return () if own is None or not own.is_dir() else (own,)

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError) as unknown:
            raise ValueError("is not a time zone such as Asia/Shanghai") from unknown
        return name


class LogSettings(Section):
    """What is logged, as JSON lines on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"


class IntakeSettings(Section):
    """How long an incomplete message waits for the rest, in seconds."""

    quiet: float = Field(default=8.0, gt=0, le=60)
    cap: float = Field(default=15.0, gt=0, le=60)
    album: float = Field(default=2.0, gt=0, le=60)
    workers: int | None = Field(default=None, ge=1, le=256)  # messages handled at once


class LimitSettings(Section):
    """How much is handled from one source: so many at once, then so many a second. Everything is
    accepted, and no danger waits (docs/what-people-say.md, "Over the limit").
    """

    enabled: bool = True
    resident_rate: float = Field(default=0.2, gt=0, le=1000)
    resident_burst: int = Field(default=10, ge=1, le=100_000)
    staff_rate: float = Field(default=2.0, gt=0, le=1000)
    staff_burst: int = Field(default=100, ge=1, le=100_000)
    group_rate: float = Field(default=1.0, gt=0, le=1000)
    group_burst: int = Field(default=60, ge=1, le=100_000)
    whole_rate: float = Field(default=500.0, gt=0, le=100_000)
    whole_burst: int = Field(default=16_000, ge=16, le=10_000_000)
    kept: int = Field(default=60, ge=1, le=1000)  # of one person until their next turn

    @property
    def paces(self) -> Paces:
        """The same as decisions read it."""
        return Paces(
            enabled=self.enabled,
            resident=Pace(rate=self.resident_rate, burst=self.resident_burst),
            staff=Pace(rate=self.staff_rate, burst=self.staff_burst),
            group=Pace(rate=self.group_rate, burst=self.group_burst),
            whole=Pace(rate=self.whole_rate, burst=self.whole_burst),
            kept=self.kept,
        )


class ActivitySettings(Section):
    """What is told of activities, and when (docs/activities.md)."""

    reminders: str = "7d,3d,1d,2h"  # before the start

    @field_validator("reminders")
    @classmethod
    def _ladder(cls, reminders: str) -> str:
        parse_ladder(reminders)
        return reminders


class NoticeSettings(Section):
    """When notices go out, from what size on two people must agree, and how long they may be
    (docs/notices.md).
    """

    alone_people: int = Field(default=USUAL.alone_people, ge=0, le=1_000_000)
    alone_groups: int = Field(default=USUAL.alone_groups, ge=0, le=100_000)
    opens: time = USUAL.opens  # nothing goes out before, or after `closes`, but an emergency
    closes: time = USUAL.closes
    digest: time = USUAL.digest
    undo: int = Field(default=int(USUAL.undo.total_seconds()), ge=0, le=3600)  # seconds
    longest: int = Field(default=USUAL.longest, ge=50, le=3500)  # characters
    recount_after: int = Field(default=10, ge=1, le=1440)  # minutes

    @model_validator(mode="after")
    def _by_day(self) -> NoticeSettings:
        if any(one.tzinfo is not None for one in (self.opens, self.closes, self.digest)):
            raise ValueError("opens, closes and digest are times of the clock such as 07:00")
        if not self.opens < self.closes:
            raise ValueError("opens must be before closes")
        if not self.opens <= self.digest < self.closes:
            raise ValueError("digest must be between opens and closes")
        return self

    @property
    def rules(self) -> BroadcastRules:
        """The same as decisions read it."""
        return BroadcastRules(
            alone_people=self.alone_people,
            alone_groups=self.alone_groups,
            opens=self.opens,
            closes=self.closes,
            digest=self.digest,
            undo=timedelta(seconds=self.undo),
            longest=self.longest,
            stale_after=timedelta(minutes=self.recount_after),
        )


def _term(kept: Kept) -> Any:
    return (int, Field(default=TERMS[kept].days, ge=TERMS[kept].least))


# How many days each class is kept, never fewer than the law or our own needs ask for.
RetentionSettings: type[Section] = create_model(
    "RetentionSettings", __base__=Section, **{kept.value: _term(kept) for kept in Kept}
)


class ModelSettings(Section):
    """A model of the operator's own, asked about policy entries; off without an address."""

    url: str = ""  # of an interface like OpenAI's, such as http://127.0.0.1:11434/v1
    chat: str = ""  # the model that says an entry again in fewer words
    embeddings: str = ""  # the model that orders entries of which one may be meant
    key: SecretStr = SecretStr("")
    deadline: float = Field(default=4.0, gt=0, le=8)  # seconds somebody waits for it, at most
    at_once: int = Field(default=4, ge=1, le=64)

    @property
    def names(self) -> tuple[str, ...]:
        """The models it is asked for."""
        return tuple(name for name in (self.chat, self.embeddings) if name)

    @field_validator("url")
    @classmethod
    def _address(cls, url: str) -> str:
        parts = urlsplit(url)
        plain = not (parts.username or parts.password or parts.query or parts.fragment)
        if url and not (parts.scheme in {"http", "https"} and parts.hostname and plain):
            raise ValueError("must be an address such as http://127.0.0.1:11434/v1, and no more")
        return url

    @model_validator(mode="after")
    def _whole(self) -> ModelSettings:
        if bool(self.url) != bool(self.names):
            raise ValueError("needs url and chat, embeddings or both")
        return self


class ProcessSettings(Section):
    """What one serving process may take of the machine."""

    memory: int = Field(default=2048, ge=0)  # MiB of data; 0 sets no limit


class CoreSettings(BaseSettings):
    """What every installation has; each channel adds the section its own file declares."""

    model_config = SettingsConfigDict(
        env_prefix="XIAOQI_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    database: DatabaseSettings = DatabaseSettings()
    server: ServerSettings = ServerSettings()
    security: SecuritySettings = SecuritySettings()
    community: CommunitySettings = CommunitySettings()
    log: LogSettings = LogSettings()
    intake: IntakeSettings = IntakeSettings()
    limits: LimitSettings = LimitSettings()
    activities: ActivitySettings = ActivitySettings()
    notices: NoticeSettings = NoticeSettings()
    retention: RetentionSettings = RetentionSettings()  # type: ignore[valid-type]
    model: ModelSettings = ModelSettings()
    process: ProcessSettings = ProcessSettings()
    sample: bool = False
    roles: frozenset[str] = ROLES

    @field_validator("roles")
    @classmethod
    def _known_roles(cls, roles: frozenset[str]) -> frozenset[str]:
        if not roles or roles - ROLES:
            raise ValueError(f"must be some of {', '.join(sorted(ROLES))}")
        return roles

    @property
    def kept_for(self) -> Retention:
        """How long what is kept is kept."""
        values: dict[str, int] = cast(BaseModel, self.retention).model_dump()
        return Retention(days={Kept(name): days for name, days in values.items()})

    @property
    def activity_rules(self) -> ActivityRules:
        """The same as decisions read it."""
        return ActivityRules(
            ladder=parse_ladder(self.activities.reminders), public_url=self.server.public_url
        )

    def channel(self, name: str) -> BaseModel:
        """The section of a channel."""
        section: BaseModel = getattr(self, name)
        return section

    def secrets(self) -> frozenset[str]:
        """Every secret among the settings, so that none is ever shown."""
        password = urlsplit(self.database.url).password
        found = {password, unquote(password), self.database.url} if password else set()
        for section in (getattr(self, name) for name in type(self).model_fields):
            values = dict(section).values() if isinstance(section, BaseModel) else ()
            found |= {one.get_secret_value() for one in values if isinstance(one, SecretStr)}
        return frozenset(found - {""})

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment goes before the file."""
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls))


@cache
def channel_modules() -> Mapping[str, ModuleType]:
    """Every channel file, by its name: a module of bot.channels with `Settings` and
    `open_channel`.
    """
    found = {}
    for module in pkgutil.iter_modules(bot.channels.__path__):
        if module.name != "base" and "_" not in module.name and not module.ispkg:
            found[module.name] = importlib.import_module(f"bot.channels.{module.name}")
    return found


def read_settings(file: Path | None = None, **given: Any) -> CoreSettings:
    """The settings of this start; raises SettingsProblem naming every problem.

    `file` must exist when it is named; without it `xiaoqi.toml` in the working folder is read when
    there is one.
    """
    if file is not None and not file.is_file():
        raise SettingsProblem([f"{file}: no such file"])
    sections: dict[str, Any] = {
        name: (module.Settings, module.Settings()) for name, module in channel_modules().items()
    }
    with_channels = create_model("Settings", __base__=CoreSettings, **sections)
    with_channels.model_config = {
        **with_channels.model_config,
        "toml_file": file or Path("xiaoqi.toml"),
    }
    problems = _unknown_variables(with_channels)
    try:
        settings = with_channels(**given)
    except ValidationError as invalid:
        problems += [
            f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}"
            for error in invalid.errors(include_input=False, include_url=False)
        ]
    except ValueError as unreadable:
        problems.append(f"{file or 'xiaoqi.toml'}: {type(unreadable).__name__}")
    if problems:
        raise SettingsProblem(problems)
    return settings


def _unknown_variables(settings: type[CoreSettings]) -> list[str]:
    """Variables that look like settings of a section there is none of: misspelt, most likely."""
    sections = {
        name.split("__")[0].lower().removeprefix("xiaoqi_")
        for name in os.environ
        if name.upper().startswith("XIAOQI_") and "__" in name
    }
    unknown = sorted(sections - settings.model_fields.keys())
    return [f"{section}: there is no such section" for section in unknown]


def apart_from_the_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment of another process of ours: these settings, and none of this one's."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("XIAOQI_")}
    return {**own, **variables}
