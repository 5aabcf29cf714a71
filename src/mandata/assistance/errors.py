"""What assistance refuses."""

from mandata.foundation.errors import NotFound, Refused


class NoSuch(NotFound):
    """There is no such request, proceeding, file or piece of work here."""

    code = "assistance.no_such"


class NotYours(Refused):
    """Only the other party can do this."""

    code = "assistance.not_yours"


class WrongState(Refused):
    """This was done already, or cannot be done any more."""

    code = "assistance.wrong_state"
    status = 409


class BadWords(Refused):
    """Something that must be said is missing, or is not one of the possible answers."""

    code = "assistance.bad_words"
    status = 422


class BadFile(Refused):
    """A file that is empty, too large, or one too many."""

    code = "assistance.bad_file"
    status = 422


class BadWork(Refused):
    """A line of a time sheet that cannot be: a day to come, no time, an unknown kind."""

    code = "assistance.bad_work"
    status = 422
