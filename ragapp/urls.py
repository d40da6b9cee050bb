"""The root URL map: one include per app."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("chat.urls")),
    path("", include("documents.urls")),
    path("", include("evaluation.urls")),
    path("", include("ragapp.monitoring.urls")),
    path("account/", include("ragapp.accounts.urls")),
    path("admin/", admin.site.urls),
]
handler500 = "ragapp.monitoring.views.server_error"
