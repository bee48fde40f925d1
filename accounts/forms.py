"""What a person fills in about people: log-in, password, person, tenure, department, deputy."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import ValidationError

from accounts.models import Department, Tenure, User, open_on
from accounts.roles import TEAM, Role
from accounts.selectors import PeopleSearch
from accounts.stores import store_names
from haitang.kernel.display import factor, moment_text
from haitang.kernel.errors import Invalid
from haitang.kernel.money import exact

if TYPE_CHECKING:
    ChoiceOfPerson = forms.ModelChoiceField[User]
else:
    ChoiceOfPerson = forms.ModelChoiceField

_STATES = [("", "在用"), ("left", "已停用"), ("all", "全部")]


class LogInForm(AuthenticationForm):
    """User name and password; a wrong pair never says which of the two was wrong."""

    error_messages = {
        "invalid_login": "用户名或密码不对，请核对大小写后再试；忘了密码请找管理员重设。",
        "inactive": "这个账号已停用：如有疑问请联系管理员。",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "用户名"
        self.fields["password"].label = "密码"
        for name in ("username", "password"):
            self.fields[name].error_messages["required"] = (
                f"请填写{self.fields[name].label}后再登录。"
            )
        self.fields["username"].widget.attrs["autocapitalize"] = "none"

    def get_invalid_login_error(self) -> ValidationError:
        """Why not, as the backend left it on the request."""
        wait_until = getattr(self.request, "log_in_wait_until", None)
        closed = getattr(self.request, "log_in_closed", None)
        if wait_until:
            return ValidationError(
                f"登录试得太多：请在{moment_text(wait_until, year=wait_until.year)} 以后再试；"
                "忘了密码请找管理员重设。",
                code="throttled",
            )
        if closed:
            return ValidationError(self.error_messages["inactive"], code="inactive")
        return ValidationError(self.error_messages["invalid_login"], code="invalid_login")


class OwnPasswordForm(PasswordChangeForm):
    """The present password and the new one twice."""

    error_messages = {
        "password_incorrect": "现在的密码不对：请重新输入。",
        "password_mismatch": "两次输入的新密码不一样：请重新输入。",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {
            "old_password": "现在的密码",
            "new_password1": "新密码",
            "new_password2": "再输入一次新密码",
        }
        for name, label in labels.items():
            self.fields[name].label = label
            self.fields[name].error_messages["required"] = f"请填写{label}。"
        self.fields[
            "new_password1"
        ].help_text = "至少 8 个字符，不能全是数字，不要用姓名、用户名或常见的密码。"


class PeopleSearchForm(forms.Form):
    """The filters of the list of people, in the address; a wrong one narrows nothing."""

    q = forms.CharField(label="姓名、用户名或部门", required=False, max_length=100)
    department = forms.ModelChoiceField(
        label="部门", required=False, queryset=Department.objects.all(), empty_label="全部部门"
    )
    role = forms.ChoiceField(
        label="现任岗位", required=False, choices=[("", "全部岗位"), *Role.choices]
    )
    state = forms.ChoiceField(label="账号", required=False, choices=_STATES)
    scope = forms.BooleanField(label="只看参与部门", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].widget.attrs["type"] = "search"

    def search(self) -> PeopleSearch:
        """The filters that could be understood."""
        self.is_valid()
        given = self.cleaned_data
        department = given.get("department")
        return PeopleSearch(
            text=given.get("q", "").strip(),
            department=department.pk if department else None,
            role=given.get("role", ""),
            state=given.get("state", ""),
            scope=bool(given.get("scope")),
        )


class PersonForm(forms.Form):
    """Name and department of a person."""

    name = forms.CharField(label="姓名", max_length=60, error_messages={"required": "请填写姓名。"})
    department = forms.ModelChoiceField(
        label="部门",
        queryset=Department.objects.all(),
        empty_label="请选部门",
        error_messages={
            "required": "请选部门：每个人都属于一个部门。",
            "invalid_choice": "没有这个部门：请从列表里选。",
        },
    )


class NewPersonForm(PersonForm):
    """A person who gets an account."""

    field_order = ["username", "name", "department"]
    username = forms.CharField(
        label="用户名",
        max_length=150,
        help_text="登录用，字母、数字和 @ . + - _，例如 liu.siyuan",
        error_messages={"required": "请填写用户名。"},
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off"}),
    )


def day_field(label: str, *, required: bool = True, help_text: str = "") -> forms.DateField:
    """A day, with the device's own calendar."""
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": f"请填写{label}。",
            "invalid": f"{label}写得不对：请写成 2026-10-17 这样。",
        },
    )


def reason_field(label: str = "原因") -> forms.CharField:
    """A reason for the audit trail."""
    return forms.CharField(
        label=label,
        max_length=200,
        error_messages={"required": f"请写明{label}：它会留在操作记录里。"},
    )


class ClosingForm(forms.Form):
    """The last day of a person."""

    prefix = "close"
    last_day = day_field("最后一天", help_text="过了这一天账号停用；填昨天或更早，立即停用")
    reason = reason_field()


class EndingForm(forms.Form):
    """The last day of a tenure."""

    last_day = day_field("最后一天")
    reason = reason_field()


class ReasonForm(forms.Form):
    """Only why."""

    reason = reason_field()


class TenureFactsForm(forms.Form):
    """Dates, share and place of a tenure."""

    valid_from = day_field("开始日期")
    valid_to = day_field("结束日期", required=False, help_text="还没有定就空着")
    share = forms.CharField(
        label="份额",
        initial="1",
        max_length=20,
        required=False,
        help_text="几人分担一个分提成的岗位时，各人的份额合计为 1，例如 0.5 或 1/3",
    )
    store_code = forms.ChoiceField(label="门店（只有店长要选）", required=False)
    department = forms.ModelChoiceField(
        label="部门（只有部门对接人要选）",
        required=False,
        queryset=Department.objects.filter(liaison_role=""),
        empty_label="不适用",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["store_code"] = forms.ChoiceField(
            label="门店（只有店长要选）",
            required=False,
            choices=[
                ("", "不适用"),
                *((code, f"{name}（{code}）") for code, name in store_names().items()),
            ],
            error_messages={"invalid_choice": "没有这家门店：请从列表里选。"},
        )

    def clean_share(self) -> Fraction:
        try:
            return exact(self.cleaned_data["share"] or "1")
        except Invalid as error:
            raise ValidationError(error.sentence) from error

    @property
    def facts(self) -> dict[str, Any]:
        """The cleaned facts, as the services take them."""
        names = ("valid_from", "valid_to", "share", "store_code", "department")
        return {name: self.cleaned_data[name] for name in names}


class TenureForm(TenureFactsForm):
    """A new tenure."""

    prefix = "tenure"
    field_order = ["role"]
    role = forms.ChoiceField(
        label="岗位",
        choices=[("", "请选岗位"), *Role.choices],
        error_messages={"required": "请选岗位。", "invalid_choice": "没有这个岗位：请从列表里选。"},
    )


class CorrectionForm(TenureFactsForm):
    """A tenure that was recorded wrongly."""

    reason = reason_field("更正的原因")

    @classmethod
    def of(cls, tenure: Tenure, data: Any = None) -> CorrectionForm:
        """The form with the tenure's present facts; fields that the role has not are left out."""
        form = cls(
            data,
            initial={
                "valid_from": tenure.valid_from,
                "valid_to": tenure.valid_to,
                "share": factor(tenure.share)
                if tenure.share.denominator in (1, 2, 4, 5)
                else str(tenure.share),
                "store_code": tenure.store_code,
                "department": tenure.department_id,
            },
        )
        if tenure.role not in TEAM:
            form.fields["share"].widget = forms.HiddenInput()
        if tenure.role != Role.STORE_MANAGER:
            form.fields["store_code"].widget = forms.HiddenInput()
        if tenure.role != Role.LIAISON:
            form.fields["department"].widget = forms.HiddenInput()
        return form


class DepartmentForm(forms.Form):
    """A department's name and whether it takes part."""

    name = forms.CharField(
        label="名称", max_length=60, error_messages={"required": "请填写部门名称。"}
    )
    takes_part = forms.BooleanField(label="参与公众号工作（要有一位对接人）", required=False)


class PersonChoice(ChoiceOfPerson):
    """People by name, with the user name beside: there are namesakes."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj}（{obj.username}）"


class DeputyForm(forms.Form):
    """Who stands in for whom, in what and when; ``for_others`` lets one choose the person."""

    field_order = ["person", "deputy", "role", "valid_from", "valid_to", "reason"]
    role = forms.ChoiceField(
        label="代理的岗位", required=False, choices=[("", "全部岗位"), *Role.choices[:-1]]
    )
    valid_from = day_field("开始日期")
    valid_to = day_field("结束日期")
    reason = reason_field("原因（出差、休假、轮班……）")

    def __init__(
        self, *args: Any, today: date, for_others: bool, roles: frozenset[str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(open_on(today)).order_by("name", "username")
        messages = {"required": "请选一位同事。", "invalid_choice": "没有这位同事：请从列表里选。"}
        self.fields["deputy"] = PersonChoice(
            people, label="代理人", empty_label="请选同事", error_messages=messages
        )
        if for_others:
            self.fields["person"] = PersonChoice(
                people, label="本人（不在的人）", empty_label="请选同事", error_messages=messages
            )
        else:
            mine = [choice for choice in Role.choices if choice[0] in roles - {Role.EMPLOYEE}]
            self.fields["role"] = forms.ChoiceField(
                label="代理的岗位", required=False, choices=[("", "全部岗位"), *mine]
            )
        self.order_fields(self.field_order)


class TokenForm(forms.Form):
    """What a token is for and up to when it works."""

    name = forms.CharField(
        label="用途",
        max_length=60,
        help_text="写明哪个程序用它，例如“收银系统”。",
        error_messages={
            "required": "请写明令牌的用途。",
            "max_length": "用途最多 60 个字。",
        },
    )
    last_day = day_field("最后一天", help_text="过了这一天自动失效；到期前另建一个换上。")
