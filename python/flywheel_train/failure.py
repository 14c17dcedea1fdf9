"""What goes wrong and can be said to a person."""


class Failure(Exception):
    """Its message is shown as it is; any other exception is a mistake of ours."""
