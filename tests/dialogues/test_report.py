"""A resident reports: what is asked, what is opened, what is said."""

from __future__ import annotations

from domain.orders import OrderClass, Privacy, Status
from domain.people import Role
from tests.town import Town


async def test_several_problems_in_one_sentence_become_several_orders(town: Town) -> None:
    answers = await town.says("王阿姨", "3栋2单元楼道灯不亮了还有垃圾两天没人收")
    orders = await town.orders("王阿姨")
    assert [order.category for order in reversed(orders)] == ["0402", "0301"]
    assert all(order.number in answers[0] for order in orders)
    assert all(order.promised_at for order in orders)
    assert all(order.place.building == "3" for order in orders)
    assert answers[0].count("前") == 2  # a promise for each


async def test_the_owner_gets_a_card_with_what_was_said(town: Town) -> None:
    await town.says("王阿姨", "5栋1单元门禁刷不开，进不去")
    (order,) = await town.orders("王阿姨")
    assert order.status is Status.ASSIGNED
    assert order.owner is not None
    assert any(order.number in card for card in await town.heard("小李"))


async def test_only_the_missing_place_is_asked(town: Town) -> None:
    asked = await town.says("李叔", "楼道里堆的全是纸箱子，癔怪死了，阿有人管啊")
    assert "哪栋" in asked[0]
    answers = await town.says("李叔", "五栋二单元")
    (order,) = await town.orders("李叔")
    assert (order.place.building, order.place.entrance) == ("5", "2")
    assert order.number in answers[0]


async def test_a_place_is_taken_in_every_usual_spelling(town: Town) -> None:
    for spelling in ("5-2", "5栋2门", "五东二单园", "5号楼2单元"):
        who = f"住户{spelling}"
        await town.says(who, "楼道里声控灯坏了")
        await town.says(who, spelling)
        (order,) = await town.orders(who) or [None]
        joined = await town.read(lambda tx: tx.orders.newest(limit=1))
        place = (order or joined[0]).place
        assert (place.building, place.entrance) == ("5", "2"), spelling


async def test_a_bare_number_is_the_building(town: Town) -> None:
    await town.says("李叔", "楼下垃圾桶满了没人收")
    await town.says("李叔", "6")
    (order,) = await town.orders("李叔")
    assert order.place.building == "6"


async def test_after_three_questions_it_is_opened_anyway(town: Town) -> None:
    await town.says("李叔", "楼道灯坏了")
    await town.says("李叔", "99栋")
    await town.says("李叔", "88栋")
    answers = await town.says("李叔", "77栋")
    (order,) = await town.orders("李叔")
    assert order.status is not Status.DRAFT
    assert order.grid is None
    assert "待核实" in answers[0]
    assert any(order.number in card for card in await town.heard("陈静"))


async def test_not_knowing_the_place_ends_the_questions(town: Town) -> None:
    await town.says("李叔", "有个路灯坏了，黑漆漆的")
    answers = await town.says("李叔", "说不清是哪栋，不知道")
    (order,) = await town.orders("李叔")
    assert order.number in answers[0]


async def test_everything_said_with_the_answer_is_taken(town: Town) -> None:
    await town.says("李叔", "楼道灯坏了")
    await town.says("李叔", "9栋1单元，还有门禁也刷不开")
    orders = await town.orders("李叔")
    assert {order.category for order in orders} == {"0402", "0403"}
    assert {order.place.building for order in orders} == {"9"}


async def test_the_last_place_is_offered_instead_of_asked(town: Town) -> None:
    await town.says("王阿姨", "3栋2单元楼道灯不亮了")
    asked = await town.says("王阿姨", "门禁又坏了，刷不开")
    assert "3栋2单元" in asked[0]
    await town.says("王阿姨", "1")
    order = (await town.orders("王阿姨"))[0]
    assert (order.category, order.place.building) == ("0403", "3")


async def test_another_place_than_the_last_one(town: Town) -> None:
    await town.says("王阿姨", "3栋2单元楼道灯不亮了")
    await town.says("王阿姨", "门禁又坏了，刷不开")
    await town.says("王阿姨", "不是")
    await town.says("王阿姨", "8-1")
    order = (await town.orders("王阿姨"))[0]
    assert (order.category, order.place.building) == ("0403", "8")


async def test_the_same_trouble_joins_the_order_there_is(town: Town) -> None:
    await town.says("王阿姨", "7栋楼下有人飞线充电，太危险了")
    (order,) = await town.orders("王阿姨")
    answers = await town.says("李叔", "7栋楼下那个飞线到现在还没人管")
    assert order.number in answers[0]
    assert "关注" in answers[0]
    joined = await town.order(order.number)
    assert len(joined.followers) == 1
    assert joined.promised_at == order.promised_at
    assert not await town.orders("李叔", running=True)


async def test_a_neighbour_says_that_it_is_another_one(town: Town) -> None:
    await town.says("王阿姨", "7栋楼下有人飞线充电")
    await town.says("李叔", "7栋1单元门口也有飞线充电")
    await town.press("李叔", "另一件")
    opened = await town.orders("李叔", running=True)
    assert [order.category for order in opened] == ["0503"]


async def test_a_photo_alone_is_asked_about(town: Town) -> None:
    asked = await town.says("李叔", photo=True)
    assert "1 环境卫生" in asked[0]
    await town.says("李叔", "1")
    await town.says("李叔", "4栋")
    (order,) = await town.orders("李叔")
    assert order.place.building == "4"
    assert len(order.photos) == 1


async def test_a_photo_after_a_report_belongs_to_it(town: Town) -> None:
    await town.says("李叔", "4栋1单元楼道灯坏了")
    answers = await town.says("李叔", photo=True)
    (order,) = await town.orders("李叔")
    assert order.number in answers[0]
    assert len(order.photos) == 1


async def test_a_position_says_where_it_is(town: Town) -> None:
    await town.says("李叔", "门口的垃圾桶满了，臭死了")
    await town.says("李叔", location=(32.1102, 118.899))
    (order,) = await town.orders("李叔")
    assert order.place.building == "4"


async def test_a_position_far_from_every_building_goes_to_the_desk(town: Town) -> None:
    await town.says("李叔", "这里的路灯坏了", location=(32.2, 118.5))
    (order,) = await town.orders("李叔")
    assert order.grid is None
    assert any(order.number in card for card in await town.heard("陈静"))


async def test_a_voice_message_is_handed_on_with_an_honest_line(town: Town) -> None:
    answers = await town.says("李叔", voice=True)
    assert "语音" in answers[0]
    (order,) = await town.orders("李叔")
    assert order.owner is not None
    assert order.owner.role is Role.DUTY
    assert any(order.number in card for card in await town.heard("陈静"))


async def test_a_slip_of_the_keys_is_read_back(town: Town) -> None:
    asked = await town.says("李叔", "7懂底下飞线冲电很多 危俭")
    assert "7栋" in asked[0]
    await town.says("李叔", "1")
    (order,) = await town.orders("李叔")
    assert (order.category, order.place.building) == ("0503", "7")


async def test_a_readback_that_is_wrong_is_asked_again(town: Town) -> None:
    await town.says("李叔", "7懂底下飞线冲电很多 危俭")
    asked = await town.says("李叔", "2")
    assert "哪栋" in asked[0]
    await town.says("李叔", "12栋")
    (order,) = await town.orders("李叔")
    assert order.place.building == "12"


async def test_anger_is_answered_without_an_argument(town: Town) -> None:
    asked = await town.says(
        "李叔", "你们就知道发通知！！垃圾臭死人，物业死哪去了，再不解决我拉横幅"
    )
    assert "文明" not in asked[0]
    await town.says("李叔", "11栋")
    (order,) = await town.orders("李叔")
    assert order.order_class is OrderClass.U


async def test_an_old_person_alone_is_offered_a_call(town: Town) -> None:
    asked = await town.says("李奶奶", "我眼睛看不清，打字慢，家里灯坏了不亮，老人一个人在家")
    assert "电话" in asked[0]
    await town.says("李奶奶", "1")
    (order,) = await town.orders("李奶奶")
    assert order.status is not Status.DRAFT
    assert any("电话" in event.text for event in order.history)


async def test_a_confidential_report_hides_who_it_was(town: Town) -> None:
    await town.says("王阿姨", "能不能别让楼上知道是我说的，5栋楼上天天往下扔烟头")
    (order,) = await town.orders("王阿姨")
    assert order.privacy is Privacy.CONFIDENTIAL
    assert not any("王" in card for card in await town.heard("小李"))


async def test_an_anonymous_report_keeps_no_name(town: Town) -> None:
    answers = await town.says("王阿姨", "匿名反映一下，6栋有人养了一屋子鸡，吵死了")
    assert not await town.orders("王阿姨")
    assert "匿名" in answers[0]


async def test_a_complaint_about_the_grid_leader_never_reaches_them(town: Town) -> None:
    await town.says("王阿姨", "我要投诉网格长小李，3栋报修他态度太差，骂人")
    (order,) = await town.orders("王阿姨")
    assert order.about_staff
    assert order.owner is not None
    assert order.owner.role is Role.SECRETARY
    assert await town.heard("小李") == []


async def test_a_complaint_about_the_secretary_climbs_past_the_secretary(town: Town) -> None:
    await town.says("王阿姨", "我要投诉社区书记不作为，态度恶劣")
    (order,) = await town.orders("王阿姨")
    assert order.owner is not None
    assert order.owner.role is Role.STREET_DUTY
    assert await town.heard("刘书记") == []


async def test_corruption_is_shown_the_lawful_path_and_kept_nowhere(town: Town) -> None:
    answers = await town.says("王阿姨", "我要举报张主任收钱")
    assert "12388" in answers[0]
    assert await town.orders() == []


async def test_a_policy_question_goes_honestly_to_a_human(town: Town) -> None:
    answers = await town.says("王阿姨", "请问社区阅览室什么时候装空调")
    (order,) = await town.orders("王阿姨")
    assert order.order_class is OrderClass.Q
    assert order.number in answers[0]
    assert any(order.number in card for card in await town.heard("陈静"))


async def test_praise_is_kept(town: Town) -> None:
    await town.says("王阿姨", "建议小区门口多放几把椅子")
    (order,) = await town.orders("王阿姨")
    assert order.order_class is OrderClass.S


async def test_an_edited_message_opens_nothing_twice(town: Town) -> None:
    from domain.messages import InboundKind

    await town.says("王阿姨", "3栋2单元楼道灯坏了")
    await town.says("王阿姨", "3栋2单元楼道灯坏了！！", kind=InboundKind.EDIT)
    assert len(await town.orders("王阿姨")) == 1


async def test_three_fragments_are_one_report(town: Town) -> None:
    first = town.inbound("李叔", "那个")
    second = town.inbound("李叔", "6栋的灯")
    third = town.inbound("李叔", "坏了好几天了")
    await town.hears(first, second, third)
    (order,) = await town.orders("李叔")
    assert (order.category, order.place.building) == ("0402", "6")


async def test_english_is_answered_in_english(town: Town) -> None:
    answers = await town.says(
        "Anna", "Hi, the stairs light in building 9 is broken", language="en"
    )
    (order,) = await town.orders("Anna")
    assert order.place.building == "9"
    assert "Registered" in answers[0]


async def test_a_draft_survives_until_the_next_day_and_opens_by_itself(town: Town) -> None:
    await town.says("李叔", "楼道灯坏了")
    await town.pass_time(hours=25)
    (order,) = await town.orders("李叔")
    assert order.status is not Status.DRAFT
    await town.says("李叔", "6栋2单元")
    assert (await town.order(order.number)).place.building == "6"


async def test_a_place_found_out_later_is_welcome(town: Town) -> None:
    await town.says("李叔", "有个路灯坏了，黑漆漆的")
    await town.says("李叔", "不知道在哪栋")
    (order,) = await town.orders("李叔")
    assert order.grid is None
    await town.says("李叔", "问到了，12栋")
    assert (await town.order(order.number)).place.building == "12"


async def test_a_phone_number_sent_in_private_goes_with_the_order(town: Town) -> None:
    await town.says("李奶奶", "我眼睛看不清，家里灯坏了不亮，老人一个人在家")
    await town.says("李奶奶", "1")
    await town.says("李奶奶", "13812345678")
    (order,) = await town.orders("李奶奶")
    assert any("13812345678" in event.text for event in order.history)


async def test_who_writes_english_is_answered_in_english_without_a_hint(town: Town) -> None:
    answers = await town.says("Tom", "the street light near building 9 is broken")
    assert "Registered" in answers[0]
    answers = await town.says("Tom", "查进度")
    assert "承诺" in answers[0]


async def test_a_photo_with_nothing_but_its_place(town: Town) -> None:
    asked = await town.says("李叔", "3栋", photo=True)
    assert "1 环境卫生" in asked[0]
    await town.says("李叔", "2")
    (order,) = await town.orders("李叔")
    assert order.place.building == "3"


async def test_two_buildings_in_one_sentence_keep_their_floors(town: Town) -> None:
    await town.says("李叔", "8栋1单元2楼楼道灯坏了，9栋1单元门禁坏了")
    gate, light = await town.orders("李叔")
    assert (light.place.building, light.place.spot) == ("8", "2楼")
    assert (gate.place.building, gate.place.spot) == ("9", "")
