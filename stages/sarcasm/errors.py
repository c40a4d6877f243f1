"""The one error that is the user's to mend."""


class InputError(ValueError):
    """Something that came from outside is not as it must be.

    The message is one line that says what was found, where, and what was expected.
    """
