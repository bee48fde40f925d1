"""What the invented chain sells: names are for the reader, a sales file carries codes only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """One article of the range. Price and cost are fen a unit; weight is its share of demand."""

    code: str
    name: str
    price: int
    cost: int
    weight: float
    group: str


# Demand by calendar month, January first.
SEASONS: dict[str, tuple[float, ...]] = {
    "感冒呼吸": (1.6, 1.4, 1.2, 1.0, 0.8, 0.7, 0.6, 0.6, 0.9, 1.1, 1.4, 1.7),
    "肠胃": (0.9, 1.2, 0.9, 0.9, 1.0, 1.2, 1.4, 1.4, 1.1, 1.0, 0.8, 0.8),
    "皮肤外用": (0.7, 0.7, 0.9, 1.0, 1.2, 1.4, 1.6, 1.5, 1.2, 0.9, 0.8, 0.7),
    "慢病": (1.0,) * 12,
    "滋补": (1.3, 1.1, 0.9, 0.9, 0.9, 0.8, 0.7, 0.8, 1.1, 1.1, 1.4, 1.5),
    "营养保健": (1.1, 1.0, 1.1, 1.0, 1.1, 1.0, 0.9, 0.9, 1.0, 1.0, 1.0, 1.0),
    "器械护理": (1.1, 1.0, 1.0, 1.0, 1.0, 0.9, 0.9, 0.9, 1.0, 1.0, 1.1, 1.1),
    "儿童": (1.2, 1.1, 1.2, 1.1, 1.0, 0.9, 0.8, 0.8, 1.2, 1.1, 1.1, 1.2),
}

# group | code prefix | name price(yuan) margin(%) weight, …
_RANGE = """
感冒呼吸|10|连花清瘟胶囊 14.8 28 9,复方氨酚烷胺片 12.5 42 7,板蓝根颗粒 16.0 45 8,\
感冒灵颗粒 15.5 30 9,小柴胡颗粒 18.0 44 5,强力枇杷露 22.8 40 6,川贝枇杷膏 39.8 24 5,\
复方甘草片 9.8 35 3,布洛芬缓释胶囊 24.5 22 6,金嗓子喉片 8.5 30 6,西瓜霜含片 9.9 33 4,\
通宣理肺丸 19.8 46 2
肠胃|20|蒙脱石散 18.6 38 5,藿香正气口服液 17.8 34 7,健胃消食片 12.8 32 6,\
奥美拉唑肠溶胶囊 26.0 40 5,多潘立酮片 19.9 26 4,香砂养胃丸 16.5 45 4,保和丸 13.0 47 3,\
双歧杆菌三联活菌胶囊 34.5 24 4,乳果糖口服液 38.0 28 2
皮肤外用|30|皮炎平软膏 14.5 31 5,莫匹罗星软膏 23.8 27 4,炉甘石洗剂 6.8 40 5,花露水 19.9 30 4,\
清凉油 4.5 45 4,云南白药气雾剂 46.5 22 4,麝香壮骨膏 18.8 44 6,氟轻松乳膏 5.5 42 3,\
碘伏消毒液 7.5 45 5
慢病|40|苯磺酸氨氯地平片 28.5 18 8,缬沙坦胶囊 35.6 19 6,阿托伐他汀钙片 42.8 17 7,\
二甲双胍缓释片 29.8 20 8,格列美脲片 36.5 19 4,阿司匹林肠溶片 15.9 21 8,复方丹参滴丸 29.5 25 7,\
稳心颗粒 45.0 26 4,血塞通软胶囊 52.0 34 4,甲钴胺片 31.0 24 4,银杏叶片 33.8 36 5
滋补|50|东阿阿胶 598.0 32 1.6,阿胶固元糕 168.0 46 2.6,西洋参切片 188.0 48 2.4,枸杞子 45.0 42 5,\
黄芪 38.0 44 4,当归头 56.0 45 3,三七粉 128.0 47 3,鹿茸片 398.0 45 0.8,铁皮石斛 268.0 50 1.2,\
燕窝礼盒 498.0 41 0.7,菊花茶 28.0 46 4
营养保健|60|钙维生素D软胶囊 98.0 52 5,深海鱼油软胶囊 138.0 55 3.5,蛋白粉 258.0 48 2.4,\
维生素C泡腾片 36.0 50 5,复合维生素片 118.0 51 4,氨糖软骨素 168.0 54 3.5,\
辅酶Q10软胶囊 188.0 53 2,叶黄素酯片 108.0 54 2.5,益生菌冻干粉 128.0 50 3
器械护理|70|电子血压计 288.0 34 1.6,血糖试纸 76.0 26 4,血糖仪 158.0 30 1,\
红外额温枪 129.0 36 1.2,医用口罩 15.0 48 8,创可贴 6.5 46 6,退热贴 25.8 42 3,\
制氧机 1980.0 26 0.12,护腰带 89.0 50 1.6,艾灸贴 49.0 52 3
儿童|80|小儿氨酚黄那敏颗粒 13.8 36 5,小儿豉翘清热颗粒 42.0 22 4,葡萄糖酸锌口服液 38.5 44 4,\
维生素AD滴剂 58.0 38 4,小儿咳喘灵 21.5 40 3,妈咪爱散剂 32.0 25 3
"""


def _read_range() -> tuple[Item, ...]:
    items: list[Item] = []
    for line in _RANGE.strip().splitlines():
        group, prefix, articles = line.split("|")
        for number, article in enumerate(articles.split(","), start=1):
            name, price, margin, weight = article.split(" ")
            fen = round(float(price) * 100)
            cost = round(fen * (100 - int(margin)) / 100)
            code = f"{prefix}{number:04d}"
            items.append(Item(code, name, fen, cost, float(weight), group))
    return tuple(items)


ITEMS: tuple[Item, ...] = _read_range()
BY_CODE: dict[str, Item] = {item.code: item for item in ITEMS}


def demand(month: int) -> list[float]:
    """The weight of each item in a calendar month (1–12), in the order of ``ITEMS``."""
    return [item.weight * SEASONS[item.group][month - 1] for item in ITEMS]
