"""The invented chain: its twelve stores and the people who work in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from haitang.datapack.demo.span import Span


@dataclass(frozen=True)
class Store:
    """A store; ``customers`` is what an ordinary day brings, in receipts."""

    code: str
    name: str
    opened_on: date
    closed_on: date | None
    customers: float

    def is_open(self, day: date) -> bool:
        return self.opened_on <= day and (self.closed_on is None or day <= self.closed_on)


# code, name, years open when the sixteen months begin, month and day of opening, customers a day
_OLD_STORES = (
    ("H01", "海棠药堂·人民路店", 16, 3, 1, 13.0),
    ("H02", "海棠药堂·中山路店", 14, 5, 18, 11.5),
    ("H03", "海棠药堂·解放街店", 13, 9, 8, 10.5),
    ("H04", "海棠药堂·文昌阁店", 12, 4, 26, 9.5),
    ("H05", "海棠药堂·第一医院店", 11, 6, 16, 12.0),
    ("H06", "海棠药堂·滨江花园店", 9, 10, 18, 8.0),
    ("H07", "海棠药堂·东湖社区店", 8, 3, 12, 7.0),
    ("H08", "海棠药堂·师范学院店", 7, 9, 1, 6.5),
    ("H09", "海棠药堂·老火车站店", 6, 11, 11, 5.0),
    ("H10", "海棠药堂·凤凰城店", 4, 5, 1, 7.5),
    ("H11", "海棠药堂·翠竹苑店", 3, 12, 8, 6.5),
)
_CLOSED = "H09"
_NEW = ("H12", "海棠药堂·高铁新城店", 6.0)


def stores(span: Span) -> list[Store]:
    """Twelve stores: one closed half a year before the end, one opened eight months before it."""
    closed_on = span.last.plus(-6).last
    old = [
        Store(
            code,
            name,
            date(span.first.year - years, month, day),
            closed_on if code == _CLOSED else None,
            customers,
        )
        for code, name, years, month, day, customers in _OLD_STORES
    ]
    code, name, customers = _NEW
    opened_on = span.last.plus(-8).first.replace(day=17)
    return [*old, Store(code, name, opened_on, None, customers)]


Row = tuple[str, ...]

# Whoever held the post all the time: username, name, role, department.
_OFFICE = (
    ("liusiyuan", "刘思远", "planner", "企划部"),
    ("liweidong", "李卫东", "supervisor", "督导部"),
    ("zhuwenjing", "朱文静", "copy", "企划部"),
    ("zhangzhiqiang", "张志强", "it", "信息部"),
    ("liujianhua", "刘建华", "ops", "运营部"),
    ("chenguodong", "陈国栋", "general_manager", "总经办"),
    ("wanglihua", "王丽华", "vice_general_manager", "总经办"),
    ("zhaominzhi", "赵敏芝", "finance", "财务部"),
)
_EMPLOYEES = (
    ("hechunlan", "何春兰", "客服部"),
    ("sunyu", "孙宇", "企划部"),
    ("zhoujie", "周洁", "运营部"),
    ("wudalei", "吴大磊", "信息部"),
    ("zhengxiuying", "郑秀英", "门店"),
)
_STORE_MANAGERS = (
    ("huangjing", "黄静"),
    ("xuhaiyan", "徐海燕"),
    ("mayulan", "马玉兰"),
    ("guopeng", "郭鹏"),
    ("linxiaohong", "林晓红"),
    ("gaoyuan", "高原"),
    ("luojuan", "罗娟"),
    ("liangbin", "梁斌"),
    ("songtao", "宋涛"),
    ("tangmin", "唐敏"),
    ("fengli", "冯莉"),
    ("dongxin", "董欣"),
)


def staff(span: Span, chain: list[Store]) -> list[Row]:
    """Rows of staff.csv. 美工 changed hands at a year's turn of the span, 客服 was shared before.

    Of everybody who holds one of the eleven posts, exactly one person does so on the last day.
    """
    since = date(span.first.year - 2, 1, 1).isoformat()
    handover = span.last.plus(-8)
    alone = span.last.plus(-5)
    rows: list[Row] = [
        (username, name, role, since, "", "1", department, "")
        for username, name, role, department in _OFFICE
    ]
    rows += [
        ("sunyu", "孙宇", "art", since, handover.plus(-1).last.isoformat(), "1", "企划部", ""),
        ("zhangyixin", "张艺馨", "art", handover.first.isoformat(), "", "1", "企划部", ""),
        *(
            (username, name, "cs", since, alone.plus(-1).last.isoformat(), share, "客服部", "")
            for username, name, share in (
                ("songxiaomei", "宋晓梅", "2/3"),
                ("hechunlan", "何春兰", "1/3"),
            )
        ),
        ("songxiaomei", "宋晓梅", "cs", alone.first.isoformat(), "", "1", "客服部", ""),
    ]
    rows += [
        (username, name, "employee", since, "", "1", department, "")
        for username, name, department in _EMPLOYEES
    ]
    for store, (username, name) in zip(chain, _STORE_MANAGERS, strict=True):
        begin = max(since, store.opened_on.isoformat())
        end = store.closed_on.isoformat() if store.closed_on else ""
        rows.append((username, name, "store_manager", begin, end, "1", "门店", store.code))
    return rows
