"""The root URL map: one include per app."""

from django.contrib import admin
from django.urls import include, path

from chat.api import mcp, openai
from documents.api import tus
from ragapp.api.site import api, nowhere, pages

urlpatterns = [
    path("", include("chat.urls")),
    path("", include("documents.urls")),
    path("", include("evaluation.urls")),
    path("", include("ragapp.monitoring.urls")),
    path("v1/", include(openai.urls)),
    path("mcp", include(mcp.urls)),
    path("api/", api.urls),
    path("api/tus/", include(tus.urls)),
    path("api/", include(pages)),
    path("v1/<path:rest>", nowhere),
    path("account/", include("ragapp.accounts.urls")),
    path("admin/", admin.site.urls),
]
handler400 = "ragapp.api.site.bad_request"
handler500 = "ragapp.api.site.server_error"
