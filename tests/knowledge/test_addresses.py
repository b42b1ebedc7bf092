"""Full addresses are taken apart, whatever is left out or said twice."""

from __future__ import annotations

import pytest

from knowledge.addresses import LONGEST, districts, parse

READ = {
    "江苏省南京市栖霞区仙林街道文苑路118号梧桐花园3幢2单元501室": (
        "prov:江苏省 city:南京市 district:栖霞区 town:仙林街道 road:文苑路 roadno:118号 "
        "poi:梧桐花园 houseno:3幢 cellno:2单元 roomno:501室"
    ),
    "南京栖霞区和燕路16号": "city:南京 district:栖霞区 road:和燕路 roadno:16号",
    "梧桐花园3-2-501": "poi:梧桐花园 houseno:3 cellno:2 roomno:501",
    "仙林街道银杏村7组": "town:仙林街道 community:银杏村 road:7组",
    "学海路华星大厦12楼1206室": "road:学海路 poi:华星大厦 floorno:12楼 roomno:1206室",
    "江苏省南京市江苏省南京市栖霞区文苑路9号": (
        "prov:江苏省 city:南京市 district:栖霞区 road:文苑路 roadno:9号"
    ),
    "文苑路9-11号锦绣家园": "road:文苑路 roadno:9-11号 poi:锦绣家园",
}


@pytest.mark.parametrize("address", READ)
def test_an_address_is_taken_apart(address: str) -> None:
    assert " ".join(f"{part.kind}:{part.text}" for part in parse(address)) == READ[address]


@pytest.mark.parametrize("address", READ)
def test_parts_stand_where_they_say(address: str) -> None:
    assert all(address[part.start : part.end] == part.text for part in parse(address))


@pytest.mark.parametrize("text", ["", " ", "-", "\n", "😀", "1" * 5000, "路" * 5000, "ａｂ１２"])
def test_what_is_no_address_is_read_quietly(text: str) -> None:
    assert all(part.end <= LONGEST for part in parse(text))


def test_districts_are_found_by_their_full_names() -> None:
    assert districts("栖霞区和鼓楼区，朝阳真好") == {"栖霞区", "鼓楼区"}
