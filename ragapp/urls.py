"""The root URL map: one include per app."""

from django.contrib import admin
from django.urls import include, path

from documents.api import tus
from ragapp.api.site import api, pages

urlpatterns = [
    path("", include("chat.urls")),
    path("", include("documents.urls")),
    path("", include("evaluation.urls")),
    path("", include("ragapp.monitoring.urls")),
    path("api/", api.urls),
    path("api/tus/", include(tus.urls)),
    path("api/", include(pages)),
    path("account/", include("ragapp.accounts.urls")),
    path("admin/", admin.site.urls),
]
handler400 = "ragapp.api.site.bad_request"
handler500 = "ragapp.monitoring.views.server_error"
