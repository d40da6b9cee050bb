"""Routes."""

from django.urls import path

from documents.views import collections, documents, indexes, operate, sharing, uploading

app_name = "documents"
urlpatterns = [
    path("collections/", collections.collections, name="collections"),
    path("collections/new/", collections.create, name="create"),
    path("collections/<int:pk>/", collections.collection, name="collection"),
    path("collections/<int:pk>/upload/", uploading.upload, name="upload"),
    path("collections/<int:pk>/share/", sharing.share, name="share"),
    path("collections/<int:pk>/delete/", collections.delete, name="collection_delete"),
    path("collections/<int:pk>/delete-documents/", documents.delete_many, name="delete_many"),
    path("documents/<uuid:pk>/", documents.document, name="document"),
    path("documents/<uuid:pk>/row/", uploading.row, name="row"),
    path("documents/<uuid:pk>/replace/", uploading.replace, name="replace"),
    path("documents/<uuid:pk>/retry/", uploading.retry, name="retry"),
    path("documents/<uuid:pk>/release/", uploading.release, name="release"),
    path("documents/<uuid:pk>/delete/", documents.delete, name="delete"),
    path("documents/<uuid:pk>/share/", sharing.document_share, name="document_share"),
    path("documents/<uuid:pk>/versions/<int:number>/original", documents.original, name="original"),
    path("documents/<uuid:pk>/versions/<int:number>/pages/<int:page>.webp", documents.picture, name="page_image"),
    path("operate/", operate.operate, name="operate"),
    path("operate/held/", operate.show_held, name="held"),
    path("operate/queue/", operate.show_queue, name="queue"),
    path("operate/queue/retry/", operate.retry, name="queue_retry"),
    path("operate/indexes/", indexes.show, name="indexes"),
    path("operate/indexes/build/", indexes.build, name="index_build"),
    path("operate/indexes/<int:pk>/switch/", indexes.act, {"action": "switch"}, name="index_switch"),
    path("operate/indexes/<int:pk>/resume/", indexes.act, {"action": "resume"}, name="index_resume"),
    path("operate/indexes/<int:pk>/cancel/", indexes.act, {"action": "cancel"}, name="index_cancel"),
    path("operate/indexes/<int:pk>/remove/", indexes.act, {"action": "remove"}, name="index_remove"),
]
