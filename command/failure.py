"""The one way in which Vera does not start: a sentence that says what to do, and no traceback."""


class CannotStart(Exception):
    """The text is shown to the person at the console as it is."""
