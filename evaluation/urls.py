"""Routes."""

from django.urls import path

from evaluation.views import alerts, boards, dashboard, feedback, prompts, releases

app_name = "evaluation"
urlpatterns = [
    path("answers/<uuid:pk>/feedback/", feedback.give, name="feedback"),
    path("answers/<uuid:pk>/copied/", feedback.copied, name="copied"),
    path("answers/<uuid:pk>/ask-a-person/", feedback.ask_a_person, name="ask_a_person"),
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("dashboard/answers/", boards.behind, name="behind"),
    path("dashboard/controls/", boards.control_register, name="controls"),
    path("dashboard/state/", boards.state, name="state"),
    path("dashboard/alerts/", alerts.listed, name="alerts"),
    path("dashboard/alerts/<int:pk>/", alerts.shown, name="alert"),
    path("dashboard/alerts/<int:pk>/act/", alerts.act, name="alert_act"),
    path("releases/", releases.overview, name="releases"),
    path("releases/new/", releases.new, name="release_new"),
    path("releases/<int:pk>/", releases.detail, name="release"),
    path("releases/<int:pk>/production/", releases.act, {"action": "production"}, name="release_promote"),
    path("releases/<int:pk>/back/", releases.act, {"action": "back"}, name="release_back"),
    path("releases/<int:pk>/canary/", releases.act, {"action": "canary"}, name="release_canary"),
    path("releases/canaries/<int:pk>/", releases.canary, name="canary"),
    path("releases/canaries/<int:pk>/pause/", releases.steer, {"action": "pause"}, name="canary_pause"),
    path("releases/canaries/<int:pk>/resume/", releases.steer, {"action": "resume"}, name="canary_resume"),
    path("releases/canaries/<int:pk>/next/", releases.steer, {"action": "next"}, name="canary_next"),
    path("releases/canaries/<int:pk>/back/", releases.steer, {"action": "back"}, name="canary_back"),
    path("prompts/", prompts.library, name="prompts"),
    path("prompts/new/", prompts.write, name="prompt_write"),
    path("prompts/versions/<int:pk>/", prompts.version, name="prompt_version"),
    path("prompts/versions/<int:pk>/preview/", prompts.preview, name="prompt_preview"),
    path("prompts/versions/<int:pk>/label/", prompts.label, name="prompt_label"),
    path("prompts/<slug:name>/", prompts.family, name="prompt"),
    path("dashboard/<slug:name>/", boards.board, name="board"),
    path("dashboard/<slug:name>/<slug:chart>.csv", boards.board_csv, name="board_csv"),
]
