"""What the participants' files of a month show about customer service's KPI (docs/rules.md §5)."""

from __future__ import annotations

from django.urls import reverse

from haitang.kernel.clock import Month
from haitang.kernel.display import month_text
from haitang.kernel.money import shortest
from haitang.policy.evidence import Evidence
from membership.archive_selectors import files_kept, month_files, required_of, settings_now, total
from membership.archives import missing_points

RULE = "cs.archive_incomplete"


def evidence(month: Month) -> list[Evidence]:
    """The percent points missing in the month; nothing without participants. Five queries.

    Nor anything of a month before the house kept files here.
    """
    if not files_kept(month):
        return []
    files = total(month_files(month))
    required = required_of(settings_now())
    missing = missing_points(files, required)
    if not files.people or not missing:
        return []
    wanted = files.people * len(required)
    filled = sum(files.of(each) for each in required)
    text = (
        f"{month_text(month)}的活动有 {files.people} 位参与客户，必填 {wanted} 项，"
        f"填了 {filled} 项，缺 {shortest(missing)} 个百分点。"
    )
    url = f"{reverse('customer-files')}?month={month}"
    return [Evidence(RULE, missing, text, "archive", url)]
