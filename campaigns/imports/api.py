"""API: sales imports – the list, one of them, sending a file, the refused rows, withdrawal."""

from __future__ import annotations

from typing import Any

from django.http import StreamingHttpResponse
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest import ApiView, caller
from campaigns import rules, selectors
from campaigns.imports import services
from campaigns.models import SalesImport
from haitang.kernel import audit, clock
from haitang.kernel.errors import NotThere
from haitang.kernel.models import Job
from haitang.kernel.money import plain

UNDER_WAY = frozenset({SalesImport.State.WAITING, SalesImport.State.LOADING})


class ImportListApi(ApiView):
    """The imports, newest first."""

    predicate = rules.may_see_imports
    summary = "销售导入"
    explanation = "历次导入，新的在前。"
    tag = "imports"
    paginated = True

    class FilterSerializer(serializers.Serializer[Any]):
        state = serializers.ChoiceField(SalesImport.State.choices, required=False, help_text="状态")

    class OutputSerializer(serializers.ModelSerializer[SalesImport]):
        amount = serializers.SerializerMethodField(help_text="接受行的销售额（元）")
        created_by = serializers.CharField(
            source="created_by.username", default=None, allow_null=True, help_text="导入人的用户名"
        )

        class Meta:
            model = SalesImport
            fields = [
                "id",
                "file_name",
                "source",
                "state",
                "lines_read",
                "lines_accepted",
                "lines_refused",
                "lines_ignored",
                "store_days",
                "first_date",
                "last_date",
                "amount",
                "created_at",
                "created_by",
                "effective_at",
                "withdrawn_at",
            ]

        def get_amount(self, row: SalesImport) -> str:
            return plain(row.amount_fen)

    def get(self, request: Request) -> Response:
        state = self.filters(request).get("state")
        found = selectors.imports()
        return self.page(request, found.filter(state=state) if state else found)


class ProgressSerializer(serializers.Serializer[Job]):
    """How far a waiting or running import is."""

    done = serializers.IntegerField(source="progress_done", help_text="已处理")
    total = serializers.IntegerField(source="progress_total", help_text="共计；0 是还不知道")
    note = serializers.CharField(source="progress_note", allow_blank=True, help_text="正在做什么")


class ImportApi(ApiView):
    """One import: how far it is, its counts, why it failed or was withdrawn."""

    predicate = rules.may_see_imports
    summary = "一次导入"
    explanation = "一次导入进行到哪里、各种行数、为什么没有成功或被撤回。"
    tag = "imports"

    class OutputSerializer(ImportListApi.OutputSerializer):
        withdrawn_by = serializers.CharField(
            source="withdrawn_by.username",
            default=None,
            allow_null=True,
            help_text="撤回人的用户名",
        )
        progress = serializers.SerializerMethodField(help_text="进度；没有在进行的为 null")

        class Meta(ImportListApi.OutputSerializer.Meta):
            fields = [
                *ImportListApi.OutputSerializer.Meta.fields,
                "error",
                "withdrawn_by",
                "withdrawn_reason",
                "progress",
            ]

        def get_progress(self, row: SalesImport) -> dict[str, Any] | None:
            if row.state not in UNDER_WAY:
                return None
            job = Job.objects.filter(key=f"{services.JOB_KIND}:{row.pk}").first()
            return dict(ProgressSerializer(job).data) if job else None

    def get(self, request: Request, pk: int) -> Response:
        return self.answer(import_of(pk))


class ImportUploadApi(ApiView):
    """Sends a sales file; it is imported in the background, so ask for its state afterwards."""

    predicate = rules.may_import
    summary = "上传并导入销售文件"
    explanation = (
        "上传一个销售文件。导入在后台进行，之后用这次导入的地址看进度和结果；门店日整日替换。"
    )
    tag = "imports"
    answer_status = 202
    parser_classes = [MultiPartParser]
    throttle_scope = "upload"

    class InputSerializer(serializers.Serializer[Any]):
        file = serializers.FileField(help_text="CSV 或 XLSX，格式见 docs/imports.md")
        mapping = serializers.CharField(
            required=False, max_length=60, help_text="已保存的列映射的名称；默认标准列"
        )
        again = serializers.BooleanField(default=False, help_text="同一个文件已经生效也再导入一次")

    class OutputSerializer(ImportApi.OutputSerializer):
        pass

    def post(self, request: Request) -> Response:
        given = self.given(request)
        row = services.submit_import(
            content=given["file"],
            name=given["file"].name,
            by=caller(request),
            now=clock.now(),
            mapping_name=given.get("mapping"),
            again=given["again"],
        )
        return self.answer(row)


class BadRowsApi(ApiView):
    """The refused rows with line, column, value and reason, as a CSV file for Excel."""

    predicate = rules.may_see_imports
    summary = "一次导入的拒收行（CSV）"
    explanation = "没有接受的行：行号、列、值和原因，给 Excel 的 CSV 文件。"
    tag = "imports"
    media_type = "text/csv"

    def get(self, request: Request, pk: int) -> StreamingHttpResponse:
        row = import_of(pk)
        file = f"bad-rows-{row.pk}.csv"
        audit.record_download(file=file, by=caller(request), now=clock.now(), obj=row)
        answer = StreamingHttpResponse(
            services.bad_rows_csv(row), content_type="text/csv; charset=utf-8"
        )
        answer["Content-Disposition"] = f'attachment; filename="{file}"'
        return answer


class ImportWithdrawApi(ApiView):
    """Takes an import out again; what it had replaced comes back."""

    predicate = rules.may_import
    summary = "撤回一次导入"
    explanation = "撤回一次已生效的导入，它替换掉的销售恢复回来。"
    tag = "imports"

    class InputSerializer(serializers.Serializer[Any]):
        reason = serializers.CharField(max_length=200, help_text="为什么撤回；留在操作记录里")

    class OutputSerializer(serializers.Serializer[services.Withdrawal]):
        restored = serializers.IntegerField(help_text="恢复为之前销售的门店日数")
        emptied = serializers.IntegerField(help_text="现在没有销售的门店日数")
        lost = serializers.IntegerField(help_text="其中旧明细已清除、要重新导入的")

    def post(self, request: Request, pk: int) -> Response:
        row = import_of(pk)
        done = services.withdraw_import(
            sales_import=row,
            reason=self.given(request)["reason"],
            by=caller(request),
            now=clock.now(),
        )
        return self.answer(done)


def import_of(pk: int) -> SalesImport:
    """The import of that number, or NotThere."""
    row = selectors.imports().filter(pk=pk).first()
    if row is None:
        raise NotThere(f"没有第 {pk} 号导入：请从 /api/imports/ 里再找一次。")
    return row
