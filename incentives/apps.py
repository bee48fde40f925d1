from django.apps import AppConfig


class IncentivesConfig(AppConfig):
    name = "incentives"
    verbose_name = "结算"

    def ready(self) -> None:
        """Tell the policy app which months it can no longer change."""
        from haitang.policy.settled import ask_when_publishing
        from incentives.life.frozen import why_policy_stays

        ask_when_publishing(why_policy_stays)
