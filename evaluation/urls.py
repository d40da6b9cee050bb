"""Routes."""

from django.urls import path

from evaluation.views import alerts, dashboard, feedback

app_name = "evaluation"
urlpatterns = [
    path("answers/<uuid:pk>/feedback/", feedback.give, name="feedback"),
    path("answers/<uuid:pk>/copied/", feedback.copied, name="copied"),
    path("answers/<uuid:pk>/ask-a-person/", feedback.ask_a_person, name="ask_a_person"),
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("dashboard/alerts/", alerts.listed, name="alerts"),
    path("dashboard/alerts/<int:pk>/", alerts.shown, name="alert"),
    path("dashboard/alerts/<int:pk>/act/", alerts.act, name="alert_act"),
]
