"""What a newcomer finds in the simulator: some people, and an account with a past."""

from __future__ import annotations

from typing import TYPE_CHECKING

from haitang.wechat.simulator.people import Follower
from haitang.wechat.simulator.world import Publication, World

if TYPE_CHECKING:
    from haitang.wechat.simulator.server import Simulator

# name, days since they followed, how (the scene of a QR code, or empty)
PEOPLE = (
    ("林女士", 96, ""),
    ("王阿姨", 41, "store-001"),
    ("李先生", 12, ""),
    ("陈大爷", 3, "store-002"),
)
VISITORS = ("孙阿姨", "过路的张先生")  # do not follow yet
ARTICLES = (
    ("换季护鼻：鼻炎用药的五个误区", 12),
    ("会员日攻略：这些常备药别错过", 7),
    ("家庭小药箱，一年清两次", 3),
)


def furnish(simulator: Simulator) -> None:
    """Put the invented people and articles into an empty simulator, with a past behind them."""
    world = simulator.world
    with world.lock:
        world.history = True
        if world.followers:
            return
        for name, days, scene in PEOPLE:
            _follower(world, world.new_follower(name), days, scene)
        for name in VISITORS:
            world.new_follower(name)
        for title, days in ARTICLES:
            _article(world, title, days)


def _follower(world: World, follower: Follower, days: int, scene: str) -> None:
    follower.subscribed = True
    follower.subscribe_time = int(world.now() - days * 86400)
    if scene:
        follower.subscribe_scene, follower.qr_scene_str = "ADD_SCENE_QR_CODE", scene


def _article(world: World, title: str, days: int) -> None:
    number = world.number()
    publication = Publication(
        publish_id=str(100_000_000 + number),
        article_id=f"invented-article-{number}",
        msg_data_id=2_247_480_000 + number,
        articles=[
            {
                "title": title,
                "author": "海棠药堂",
                "digest": title,
                "content": f"<p>{title}（演示文章）</p>",
                "content_source_url": "",
                "thumb_media_id": "",
                "show_cover_pic": 0,
                "need_open_comment": 0,
                "only_fans_can_comment": 0,
            }
        ],
        done_at=world.now() - days * 86400,
    )
    world.publications[publication.publish_id] = publication
