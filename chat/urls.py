"""Routes."""

from django.urls import path

from chat.views import answers, asking, attaching, pages, sharing, stream, threads

app_name = "chat"
urlpatterns = [
    path("", pages.home, name="home"),
    path("c/<uuid:pk>/", pages.conversation, name="conversation"),
    path("c/<uuid:pk>/rename/", threads.rename, name="rename"),
    path("c/<uuid:pk>/pin/", threads.pin, name="pin"),
    path("c/<uuid:pk>/delete/", threads.delete, name="delete"),
    path("c/<uuid:pk>/restore/", threads.restore, name="restore"),
    path("attach/", attaching.attach_first, name="attach_first"),
    path("c/<uuid:pk>/files/", attaching.files, name="files"),
    path("c/<uuid:pk>/files/<uuid:document>/remove/", attaching.detach, name="detach"),
    path("c/<uuid:pk>/share/", sharing.share, name="share"),
    path("c/<uuid:pk>/share/withdraw/", sharing.withdraw, name="withdraw"),
    path("c/<uuid:pk>/export.<str:ending>", sharing.export, name="export"),
    path("shared/<uuid:pk>/", sharing.shared, name="shared"),
    path("search/", pages.search, name="search"),
    path("ask/", asking.ask, name="ask"),
    path("answers/<uuid:pk>/", answers.answer, name="answer"),
    path("answers/<uuid:pk>/stream/", stream.stream, name="stream"),
    path("answers/<uuid:pk>/stop/", asking.stop, name="stop"),
    path("answers/<uuid:pk>/again/", asking.again, name="again"),
    path("answers/<uuid:pk>/choose/", threads.choose_answer, name="choose_answer"),
    path("turns/<uuid:pk>/choose/", threads.choose_turn, name="choose_turn"),
    path("answers/<uuid:pk>/why/", answers.why, name="why"),
    path("answers/<uuid:pk>/sources/<int:marker>/", answers.source, name="source"),
]
