"""大写金额: an amount in the characters that nobody alters, as vouchers carry it. Pure."""

from __future__ import annotations

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_UNITS = ((10**8, "亿"), (10**4, "万"), (1000, "仟"), (100, "佰"), (10, "拾"))


def capital(fen: int) -> str:
    """Fen → ``人民币壹仟肆佰零玖元伍角整``; below zero ``人民币负…``, 0 ``人民币零元整``.

    整 stands after 元 and 角, not after 分; one 零 stands for zeros within the yuan, for yuan that
    end in 0 before a 角, and for a 角 of 0 before a 分 (正确填写票据和结算凭证的基本规定).
    """
    if not isinstance(fen, int) or isinstance(fen, bool):
        raise TypeError(f"{fen!r} is not an integer number of fen")
    sign = "负" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), 100)
    return f"人民币{sign}{_amount(yuan, *divmod(rest, 10))}"


def _amount(yuan: int, jiao: int, fen: int) -> str:
    if not jiao and not fen:
        return f"{_whole(yuan)}元整"
    text = f"{_whole(yuan)}元" if yuan else ""
    if text and (not jiao or yuan % 10 == 0):
        text += "零"
    if jiao:
        text += f"{_DIGITS[jiao]}角"
    return text + (f"{_DIGITS[fen]}分" if fen else "整")


def _whole(value: int) -> str:
    for unit, name in _UNITS:
        if value >= unit:
            first, rest = divmod(value, unit)
            gap = "零" if 0 < rest < unit // 10 else ""
            return f"{_whole(first)}{name}{gap}{_whole(rest) if rest else ''}"
    return _DIGITS[value]
