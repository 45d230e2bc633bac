"""Why a tag stays in the text as it is: its code can't be read, or what it asks for can't be done."""


class InvalidSyntax(Exception):
    """Code that the template's language doesn't have."""


class EvaluationFailed(Exception):
    """An expression that calls what isn't there, or that calls or compares with values it can't take."""
