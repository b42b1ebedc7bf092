"""Normal form of what people type: visible characters of one width, and a copy to compare."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

# Telegram and WeChat stop at 4,096 characters; what is longer was not typed by a person.
LONGEST = 5_000
BLOT = "□"

_UNSEEN = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20e3\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
_WIDE = re.compile(
    "[\u2000-\u2bff\u2e80-\u2fff\u3000-\u303f\u3200-\u33ff\uf900-\ufaff\uff00-\uffef]+"
)
# 1.南门灯坏 2.6栋门禁坏: the second is no "2.6栋".
_FIRST_OF_A_LIST = re.compile(r"(?:^|[\s,;:])1[.、]")
_OF_A_LIST = re.compile(r"(?<=[\s,;:。][1-9])[.、](?=\d{1,2}(?:[栋幢#]|号楼|单元))")
_BLANKS = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")

# Chinese punctuation people are used to read stays as it is in what others see.
_KEPT = frozenset("，。！？；：（）、…—～“”‘’《》【】「」￥")

_FOR_COMPARING = str.maketrans("，。！？；：（）、～—–−【】「」“”‘’", ",.!?;:(),~---[][]\"\"''")

# Traditional characters that occur in reports; the long tail is the importer's business.
_SIMPLER = str.maketrans(
    "樓棟單號電燈壞門車庫圾災煙燒濃氣燃漏處陽臺關響聲們這個沒麼說話請問報進催嗎謝對錯還時間員開網"
    "鄰鬧裝寵養雞貓蟲鼠樹綠園業費價錢領證險醫療老舊區鎮鄉長書記幹務務兩幾壹貳叁參肆伍陸柒捌玖拾"
    "萬億倆雙層樑線飛充衝達堵積滿髒亂違蓋塵隊擋擾訴議撥繳斷熱溫暖凍結婦幼兒護補貼養殘疾廠場農來"
    "著給誰會從動檢測頂臨終於過當讓應該監控攝頭鎖鑰匙廳廁風廣告傳銷騙詐盜竊殺傷淚難過",
    "楼栋单号电灯坏门车库圾灾烟烧浓气燃漏处阳台关响声们这个没么说话请问报进催吗谢对错还时间员开网"
    "邻闹装宠养鸡猫虫鼠树绿园业费价钱领证险医疗老旧区镇乡长书记干务务两几一二三三四五六七八九十"
    "万亿俩双层梁线飞充冲达堵积满脏乱违盖尘队挡扰诉议拨缴断热温暖冻结妇幼儿护补贴养残疾厂场农来"
    "着给谁会从动检测顶临终于过当让应该监控摄头锁钥匙厅厕风广告传销骗诈盗窃杀伤泪难过",
)

# Words of reports as people mistype them by their sound; each as long as what is meant.
_MEANT = {
    "垃圾": ("拉圾", "垃级", "垃极", "拉级", "拉极", "勒色"),
    "电梯": ("电体", "电提"),
    "路灯": ("路登", "露灯"),
    "楼道灯": ("楼道登",),
    "声控灯": ("声控登", "声空灯"),
    "不亮": ("不量", "不靓"),
    "马桶": ("马捅", "马统"),
    "漏水": ("漏谁",),
    "停水": ("停谁", "挺水"),
    "停电": ("挺电",),
    "充电": ("冲电", "沖电"),
    "飞线": ("飞先", "非线"),
    "蟑螂": ("蟑郎", "张螂"),
    "老鼠": ("老属", "老暑"),
    "噪音": ("噪因", "造音", "燥音"),
    "装修": ("装秀", "装休"),
    "物业": ("物页", "勿业"),
    "保安": ("保按",),
    "监控": ("监空", "监孔"),
    "摄像头": ("摄象头", "摄相头"),
    "门禁": ("门尽",),
    "煤气": ("煤汽", "媒气", "霉气"),
    "燃气": ("燃汽",),
    "天然气": ("天燃气",),
    "井盖": ("井改",),
    "下水道": ("下水到", "吓水道"),
    "消防": ("肖防",),
    "小区": ("晓区",),
    "医保": ("医宝",),
    "社保": ("社宝",),
    "居住证": ("居住正",),
    "危险": ("危俭",),
    "堵了": ("赌了",),
}
_SLIPS = {slip: meant for meant, slips in _MEANT.items() for slip in slips}
# 3动2单元, 13号搂: only where a number stands before.
_SLIP = re.compile(
    "|".join(sorted(_SLIPS, key=len, reverse=True))
    + r"|(?<=\d号)搂|搂(?=[上下道顶梯栋])"
    + r"|(?<=[一二三四五六七八九十\d])动(?=\s?[\d一二三四五六]\s?单)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Normal:
    """A text in its normal form, and `key`, its copy of the same length for comparing.

    `text` keeps the person's own words and Chinese punctuation; `key` is in lower case, simplified
    characters and half-width punctuation. A span found in one is the same span of the other.
    """

    text: str
    key: str


def normal(text: str) -> Normal:
    """The normal form: nothing invisible, one width, single blanks, at most LONGEST characters."""
    shown = _UNSEEN.sub("", text[: LONGEST * 4])
    shown = _WIDE.sub(_narrow, shown)
    shown = _LINES.sub("\n", _BLANKS.sub(" ", shown)).strip()[:LONGEST]
    key = comparable(shown)
    if _FIRST_OF_A_LIST.search(key):
        key = _OF_A_LIST.sub(" ", key)
    return Normal(text=shown, key=key)


def comparable(text: str) -> str:
    """The copy for comparing; always as long as the text."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters such as İ grow
        lowered = "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
    return _SLIP.sub(_meant, lowered.translate(_FOR_COMPARING).translate(_SIMPLER))


def blotted(key: str, spans: Iterable[tuple[int, int]]) -> str:
    """The key with these spans made unreadable; as long as it was."""
    letters = list(key)
    for start, end in spans:
        letters[start:end] = BLOT * (end - start)
    return "".join(letters)


def _meant(found: re.Match[str]) -> str:
    return _SLIPS.get(found[0]) or ("楼" if found[0] == "搂" else "栋")


def _narrow(found: re.Match[str]) -> str:
    return "".join(
        char if char in _KEPT else unicodedata.normalize("NFKC", char) for char in found[0]
    )
