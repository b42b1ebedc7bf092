"""An incomplete message waits for the rest, in the database; what is urgent never does."""

from __future__ import annotations

import pytest

from domain.messages import InboundKind
from domain.orders import Status
from storage.keyring import Keyring
from tests.flow.means import reopened, unfinished
from tests.town import PATIENCE, Town


async def test_fragments_become_one_message(hardy: Town) -> None:
    for part in ("那个", "楼道", "3栋2单元", "灯不亮了"):
        await hardy.mutters("王阿姨", part)
    await hardy.wait_for_more()
    (order,) = await hardy.orders("王阿姨")
    assert (order.place.building, order.category) == ("3", "0402")


async def test_a_complete_message_does_not_wait(hardy: Town) -> None:
    assert await hardy.mutters("王阿姨", "3栋2单元楼道灯不亮了")
    assert await unfinished(hardy) == 0


async def test_every_new_fragment_is_waited_for_but_not_beyond_the_cap(hardy: Town) -> None:
    for part in ("3栋", "2单元", "5楼"):
        assert await hardy.mutters("王阿姨", part) == []
        assert await unfinished(hardy) > 0
        await hardy.pass_time(seconds=PATIENCE.quiet - 2)
    assert await unfinished(hardy) == 0
    assert await hardy.heard("王阿姨")


async def test_a_fragment_alone_is_answered_in_the_end(hardy: Town) -> None:
    assert await hardy.mutters("王阿姨", "那个") == []
    await hardy.wait_for_more()
    assert await hardy.heard("王阿姨")


@pytest.mark.parametrize("said", ["3栋着火了", "查进度", "帮助", "/help"])
async def test_emergencies_and_commands_never_wait(hardy: Town, said: str) -> None:
    assert await hardy.mutters("王阿姨", said)


async def test_an_emergency_takes_along_what_was_begun(hardy: Town) -> None:
    await hardy.mutters("王阿姨", "那个")
    assert "119" in "".join(await hardy.mutters("王阿姨", "5栋3楼着火了"))
    assert await unfinished(hardy) == 0


async def test_the_answer_to_a_question_never_waits(hardy: Town) -> None:
    await hardy.says("李叔", "楼道里声控灯坏了没人修")
    assert await hardy.mutters("李叔", "5栋")


async def test_a_button_never_waits_and_keeps_its_place(hardy: Town) -> None:
    await hardy.mutters("王阿姨", "那个")
    assert await hardy.mutters("王阿姨", "", kind=InboundKind.PRESS, press="no such token")
    assert await unfinished(hardy) == 0


async def test_waiting_survives_a_restart(hardy: Town, town_url: str, keyring: Keyring) -> None:
    await hardy.mutters("王阿姨", "楼道")
    async with reopened(town_url, keyring, hardy) as later:
        await later.settle()
        assert await unfinished(later) == 1
        await later.mutters("王阿姨", "3栋2单元灯不亮了")
        await later.wait_for_more()
        (order,) = await later.orders("王阿姨")
        assert order.place.building == "3"


async def test_a_waiting_fragment_is_answered_by_the_next_process(
    hardy: Town, town_url: str, keyring: Keyring
) -> None:
    await hardy.mutters("王阿姨", "那个")
    async with reopened(town_url, keyring, hardy) as later:
        await later.wait_for_more()
        assert await later.heard("王阿姨")


@pytest.mark.parametrize("shuffled", [False, True])
async def test_an_album_is_one_report_with_all_its_photos(hardy: Town, shuffled: bool) -> None:
    await hardy.sends_album("王阿姨", 10, "3栋2单元楼道灯不亮了", shuffled=shuffled)
    (order,) = await hardy.orders("王阿姨")
    assert order.status is not Status.DRAFT
    assert len(await hardy.photos(order.number)) == 10


async def test_the_photos_of_an_album_may_come_one_by_one(hardy: Town) -> None:
    album = [hardy.inbound("王阿姨", "", photo=True, album="a") for _ in range(5)]
    album[0] = hardy.inbound("王阿姨", "3栋2单元楼道灯不亮了", photo=True, album="a")
    for photo in album:
        await hardy.hears(photo, wait=False)
        await hardy.pass_time(seconds=1)
    await hardy.wait_for_more()
    (order,) = await hardy.orders("王阿姨")
    assert len(await hardy.photos(order.number)) == 5


async def test_a_photo_of_the_album_that_comes_late_joins_the_same_order(hardy: Town) -> None:
    await hardy.sends_album("王阿姨", 9, "3栋2单元楼道灯不亮了")
    late = hardy.inbound("王阿姨", "", photo=True, album=hardy.newest["王阿姨"].album)
    await hardy.pass_time(seconds=30)
    await hardy.hears(late)
    (order,) = await hardy.orders("王阿姨")
    assert len(await hardy.photos(order.number)) == 10


async def test_an_album_is_whole_after_a_restart(
    hardy: Town, town_url: str, keyring: Keyring
) -> None:
    album = [
        hardy.inbound("王阿姨", "" if number else "3栋2单元楼道灯不亮了", photo=True, album="a")
        for number in range(10)
    ]
    await hardy.hears(*album[:6], wait=False)
    async with reopened(town_url, keyring, hardy) as later:
        await later.hears(*album[6:])
        (order,) = await later.orders("王阿姨")
        assert len(await later.photos(order.number)) == 10
