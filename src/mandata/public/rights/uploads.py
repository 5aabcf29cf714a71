"""How a proof of identity waits until it is sealed: in memory, bounded, never on a disk and never under a name.

The installation's own handler takes files of people who are logged in alone; here a link's token, checked before the
body is read, opens the door for one small file.
"""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile

from mandata.rights import rules


class SmallFile(FileUploadHandler):
    """Keeps at most one byte more than is taken: the view sees that there was more, and the rest is let go. Of many
    files in one request only the first is kept."""

    _begun = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file, or pass over one more."""
        if self._begun:
            raise SkipFile
        self._begun = True
        super().new_file(*args, **kwargs)
        self._kept = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:  # noqa: ARG002 - Django's protocol
        """Keep a piece, as far as there is room."""
        room = rules.MAX_PROOF + 1 - self._kept.tell()
        if room > 0:
            self._kept.write(raw_data[:room])

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:  # noqa: ARG002
        """Hand the file over."""
        size = self._kept.tell()
        self._kept.seek(0)
        return InMemoryUploadedFile(
            self._kept, self.field_name, "proof", self.content_type, size, self.charset, self.content_type_extra
        )
