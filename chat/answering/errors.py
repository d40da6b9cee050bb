"""What keeps an answer from being made, in words for the reader."""


class AnswerError(Exception):
    """The question could not be answered. The class's docstring is what the reader is told."""

    @property
    def reader_sentence(self) -> str:
        return (type(self).__doc__ or "").partition("\n")[0]


class AlreadyBegun(AnswerError):
    """This answer is being made already."""


class SearchFailed(AnswerError):
    """Your documents could not be searched just now. Your question is kept; try again in a moment."""
