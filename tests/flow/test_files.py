"""Photos and voices go on with the words they came with, or their words say that they are lost."""

from __future__ import annotations

import pytest

from domain.messages import Lane
from storage.transaction import Transaction
from tests.flow.means import run_out
from tests.town import Town


async def hand_over(town: Town) -> None:
    await town.says("王阿姨", "转人工")
    await town.press("陈静", "接")
    await town.heard("陈静")


@pytest.mark.parametrize("what", [{"photo": True}, {"voice": True}], ids=["photo", "voice"])
async def test_what_a_resident_shows_reaches_the_human(town: Town, what: dict[str, bool]) -> None:
    await hand_over(town)
    await town.says("王阿姨", **what)

    file = town.last("陈静").photos[0]
    assert await town.read(lambda tx: tx.attachments.content(file))


async def test_words_wait_for_their_file(town: Town) -> None:
    await hand_over(town)
    coming = town.inbound("王阿姨", "您听", voice=True)
    town.channels["web"].slow.add(coming.attachments[0].reference)
    await town.hears(coming)
    assert await town.heard("陈静") == []

    file = await town.read(newest)
    town.channels["web"].slow.clear()
    await run_out(town.database)
    await town.pass_time(seconds=2)

    [text] = await town.heard("陈静")
    assert "您听" in text
    assert "没能取到" not in text
    assert town.last("陈静").photos == (file,)


async def test_words_do_not_wait_for_ever(town: Town) -> None:
    await hand_over(town)
    coming = town.inbound("王阿姨", "您听", voice=True)
    town.channels["web"].slow.add(coming.attachments[0].reference)
    await town.hears(coming)
    await town.pass_time(minutes=2)

    [text] = await town.heard("陈静")
    assert "您听" in text
    assert "1 个文件没能取到" in text
    assert town.last("陈静").photos == ()


async def test_a_lost_file_is_told_at_once(town: Town) -> None:
    await hand_over(town)
    gone = town.inbound("王阿姨", "您听", voice=True)
    town.channels["web"].lost.add(gone.attachments[0].reference)
    await town.hears(gone)

    [text] = await town.heard("陈静")
    assert "1 个文件没能取到" in text


async def test_what_a_resident_says_by_voice_reaches_the_desk(town: Town) -> None:
    answers = await town.says("王阿姨", voice=True)

    assert any("语音" in answer for answer in answers)
    told = [out for out in town.channels["web"].sent if out.lane is Lane.STAFF]
    assert [len(out.photos) for out in told] == [1, 1]


def newest(tx: Transaction) -> int:
    """The number of the file heard last."""
    number = 1
    while tx.attachments.get(number + 1) is not None:
        number += 1
    return number
