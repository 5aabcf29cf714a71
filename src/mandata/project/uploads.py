"""How an uploaded file waits until its view has read it: on the disk of MANDATA_VAR, and without a name.

Django's own handler keeps a named copy in the system's temporary folder; a process killed with -9 leaves it there, in
clear. A file without a name goes with the process that holds it, in whatever way that ends.
"""

import tempfile
from collections.abc import Iterator
from typing import Any, Final

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.utils.translation import gettext as _

from mandata.foundation.errors import Refused
from mandata.infra.environment import env

KEPT: Final = 2 * 2**30 + 1
"""One byte more than any view takes: it sees that there was more, and the rest is not kept."""


class UnnamedFiles(FileUploadHandler):
    """Keeps the files of people who are logged in; from others none is taken."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file, or end the request's where nobody is logged in."""
        super().new_file(*args, **kwargs)
        if self.request is None or not self.request.user.is_authenticated:
            raise StopUpload(connection_reset=True)
        self._full = False
        self._length = 0
        # Unbuffered: a buffer that found no room would fail once more wherever the file is touched.
        self._file = tempfile.TemporaryFile(dir=env().var, buffering=0)  # noqa: SIM115 - the request closes it

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:  # noqa: ARG002 - Django's protocol
        """Keep a piece. A full disk is remembered, so that the view can tell it."""
        if self._full or self._length >= KEPT:
            return
        self._length += len(raw_data)
        rest = memoryview(raw_data)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            self._full = True
            self._file.truncate(0)

    def file_complete(self, file_size: int) -> UploadedFile:  # type: ignore[type-arg]  # noqa: ARG002
        """Hand the file over."""
        self._file.seek(0)
        kind = _Lost if self._full else UploadedFile
        return kind(self._file, self.file_name, self.content_type, self._length, self.charset, self.content_type_extra)

    def upload_interrupted(self) -> None:
        """Let go of a file that never came to its end."""
        if hasattr(self, "_file"):
            self._file.close()


class _Lost(UploadedFile):  # type: ignore[type-arg]
    """A file for which there was no room: reading it says so."""

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:  # noqa: ARG002
        raise Refused(
            _("There is no room on the installation's disk for this file; nothing of it was kept."),
            code="upload.disk_full",
            status=507,
            remedy=_("Tell the operator, and try again once there is room."),
        )
