"""The audience's refusals."""

from mandata.foundation.errors import NotFound, Refused


class NoSuchList(NotFound):
    """There is no such list."""

    code = "audience.no_such_list"


class NoSuchSubscriber(NotFound):
    """There is no such subscriber, or the person was erased."""

    code = "audience.no_such_subscriber"


class NoSuchImport(NotFound):
    """There is no such import."""

    code = "audience.no_such_import"


class FieldRefused(Refused):
    """A field that may not be declared so."""

    code = "audience.field_refused"
    status = 422


class FileRefused(Refused):
    """A file that cannot be read, or a mapping that cannot be carried out."""

    code = "audience.file_refused"
    status = 422


class ValueNotTaken(Refused):
    """A single value that does not fit: an address, a number, a field's value."""

    code = "audience.value_refused"
    status = 422


class WrongState(Refused):
    """The import is not in a state in which this can be done."""

    code = "audience.wrong_state"


class StillSuppressed(Refused):
    """The person asked not to be written to, and only the person can take that back."""

    code = "audience.suppressed"


class NoSuchField(NotFound):
    """There is no such field, or not one of the kind that is needed."""

    code = "audience.no_such_field"


class TooMany(Refused):
    """What lies sealed would have to be unsealed for more people than one answer may cost."""

    code = "audience.too_many"
    status = 422
