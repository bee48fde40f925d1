"""Addresses of the inbox, complaints, replies, followers, codes and customer files."""

from __future__ import annotations

from django.urls import path

from membership.views import complaints, deeds, followers, inbox, participants, replies, scenes

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/news/", inbox.inbox_news, name="inbox-news"),
    path("inbox/targets/", replies.targets, name="reply-targets"),
    path("inbox/targets/change/", replies.targets_change, name="reply-targets-change"),
    path("inbox/messages/<int:pk>/", inbox.message, name="message"),
    path("inbox/messages/<int:pk>/settle/", inbox.settle, name="message-settle"),
    path("inbox/messages/<int:pk>/file/", inbox.file, name="message-file"),
    path("inbox/messages/<int:pk>/fetch/", inbox.fetch, name="message-fetch"),
    path("inbox/<int:pk>/", inbox.conversation, name="conversation"),
    path("inbox/<int:pk>/news/", inbox.conversation_news, name="conversation-news"),
    path("inbox/<int:pk>/answer/", inbox.answer, name="conversation-answer"),
    path("inbox/<int:pk>/assign/", deeds.assign, name="conversation-assign"),
    path("inbox/<int:pk>/close/", deeds.close, name="conversation-close"),
    path("inbox/<int:pk>/reopen/", deeds.reopen, name="conversation-reopen"),
    path("inbox/<int:pk>/note/", deeds.note, name="conversation-note"),
    path("inbox/<int:pk>/sort/", deeds.sort, name="conversation-sort"),
    path("inbox/<int:pk>/member/", deeds.member, name="conversation-member"),
    path("inbox/<int:pk>/remark/", deeds.remark, name="conversation-remark"),
    path("inbox/<int:pk>/complaint/", complaints.complaint_from, name="conversation-complaint"),
    path("complaints/", complaints.complaint_list, name="complaints"),
    path("complaints/new/", complaints.complaint_new, name="complaint-new"),
    path("complaints/<int:pk>/", complaints.complaint, name="complaint"),
    path("complaints/<int:pk>/decide/", complaints.complaint_decide, name="complaint-decide"),
    path("complaints/<int:pk>/tell/", complaints.complaint_tell, name="complaint-tell"),
    path("complaints/<int:pk>/close/", complaints.complaint_close, name="complaint-close"),
    path("replies/", replies.reply_list, name="replies"),
    path("replies/new/", replies.reply_new, name="reply-new"),
    path("replies/quick/", replies.quick_replies, name="quick-replies"),
    path("replies/quick/<int:pk>/", replies.quick_reply, name="quick-reply"),
    path("replies/<int:pk>/", replies.reply_edit, name="reply-edit"),
    path("replies/<int:pk>/delete/", replies.reply_delete, name="reply-delete"),
    path("followers/", followers.follower_list, name="followers"),
    path("followers/export.csv", followers.export, {"fmt": "csv"}, name="followers-csv"),
    path("followers/export.xlsx", followers.export, {"fmt": "xlsx"}, name="followers-xlsx"),
    path("followers/sync/", followers.sync, name="followers-sync"),
    path("followers/sync/progress/", followers.sync_progress, name="followers-progress"),
    path("followers/<int:pk>/", followers.follower, name="follower"),
    path("scenes/", scenes.scene_list, name="scenes"),
    path("scenes/new/", scenes.scene_new, name="scene-new"),
    path("scenes/report/", scenes.report, name="scene-report"),
    path("scenes/report.csv", scenes.export, {"fmt": "csv"}, name="scene-report-csv"),
    path("scenes/report.xlsx", scenes.export, {"fmt": "xlsx"}, name="scene-report-xlsx"),
    path("scenes/<int:pk>/", scenes.scene, name="scene"),
    path("scenes/<int:pk>/code.png", scenes.picture, name="scene-picture"),
    path("scenes/<int:pk>/poster/", scenes.poster, name="scene-poster"),
    path("scenes/<int:pk>/fetch/", scenes.fetch, name="scene-fetch"),
    path("scenes/<int:pk>/retire/", scenes.retire, name="scene-retire"),
    path("participants/", participants.month, name="customer-files"),
    path("participants/required/", participants.required, name="customer-files-required"),
    path("participants/<int:pk>/", participants.participant, name="participant"),
    path("participants/<int:pk>/edit/", participants.participant_edit, name="participant-edit"),
    path(
        "participants/<int:pk>/remove/", participants.participant_remove, name="participant-remove"
    ),
    path(
        "campaigns/<path:code>/participants/",
        participants.participant_list,
        name="participants",
    ),
    path(
        "campaigns/<path:code>/participants.csv",
        participants.export,
        name="participants-csv",
    ),
    path(
        "campaigns/<path:code>/participants/new/",
        participants.participant_new,
        name="participant-new",
    ),
    path(
        "campaigns/<path:code>/participants/cards/",
        participants.take_up,
        name="participants-take-up",
    ),
]
