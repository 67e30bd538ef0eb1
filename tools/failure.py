"""The one way in which setting up fails: a sentence that says what to do."""


class SetupFailed(Exception):
    """Setting up cannot go on; the text is shown to the person as it is."""
