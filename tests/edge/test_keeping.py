"""Commands about what is kept: the audit's chain, the keys, and how long things stay."""

from __future__ import annotations

import pytest

from tests.edge.conftest import Xiaoqi


def test_the_audit_is_verified_and_its_head_printed(xiaoqi: Xiaoqi) -> None:
    xiaoqi("say", "--sample", "3栋2单元楼道灯不亮了")

    done = xiaoqi("audit", "verify")

    assert done.code == 0
    assert "0 entries are as they were sealed" in done.out
    assert "head 0:" in done.out


def test_a_missing_entry_fails_the_command_and_is_named(xiaoqi: Xiaoqi) -> None:
    xiaoqi("audit", "verify")

    done = xiaoqi("audit", "verify", "--known", "7:" + 64 * "0")

    assert done.code == 1
    assert "the entries up to the known head, place 7, are missing" in done.err


def test_a_head_that_is_none_is_refused(xiaoqi: Xiaoqi) -> None:
    assert xiaoqi("audit", "verify", "--known", "seven").code == 2


def test_the_master_key_is_rotated_and_checked(xiaoqi: Xiaoqi) -> None:
    xiaoqi("say", "--sample", "3栋2单元楼道灯不亮了")

    before = xiaoqi("keys", "check").out
    rotated = xiaoqi("keys", "rotate")
    after = xiaoqi("keys", "check").out

    assert "1 master keys" in before
    assert rotated.code == 0
    assert "2 master keys" in after
    assert "0 under older ones" in after
    assert "照明" in xiaoqi("say", "--sample", "查进度").out


def test_a_key_may_be_added_first_and_taken_into_use_later(xiaoqi: Xiaoqi) -> None:
    xiaoqi("say", "--sample", "3栋2单元楼道灯不亮了")

    assert "copy it" in xiaoqi("keys", "add").out
    assert "0 data keys are under the newest" in xiaoqi("keys", "check").out
    xiaoqi("keys", "rotate")

    assert "2 master keys" in xiaoqi("keys", "check").out


def test_what_is_past_its_time_is_told_and_ended(xiaoqi: Xiaoqi) -> None:
    xiaoqi("say", "--sample", "3栋2单元楼道灯不亮了")

    told = xiaoqi("retention", "--sample", "--dry-run")
    ended = xiaoqi("retention", "--sample")

    assert told.code == ended.code == 0
    assert told.out == ended.out  # nothing is past its time yet
    assert "inbox_words       30 days         0 due; then: words removed" in told.out


def test_network_logs_cannot_be_kept_for_less_than_half_a_year(
    xiaoqi: Xiaoqi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIAOQI_RETENTION__AUDIT", "179")
    monkeypatch.setenv("XIAOQI_RETENTION__ROUTING", "30")

    done = xiaoqi("check")

    assert done.code == 2
    assert "retention.audit: Input should be greater than or equal to 180" in done.err
    assert "retention.routing" in done.err
