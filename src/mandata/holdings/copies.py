"""Three holdings that no verb reaches into, and that answer for themselves: backups, archives for the
controller, and the log outside the database.

What makes them forget is not a verb: a backup opens nothing of a person whose key is gone, once the epoch in which it
was made has turned; the outside log has no names, only what must outlive the database to protect people.
"""

from typing import Final

from django.utils.translation import gettext_lazy as _

from mandata.holdings.rules import Cannot, Description, Place

_SUBSCRIBERS: Final = _("subscribers")

BACKUPS: Final = Place(
    Description(
        key="backups",
        area="backups",
        name=_("Backups"),
        files=("backups", "restore"),
        category=_("the whole database, encrypted to named recipients; what identifies people is sealed besides"),
        purpose=_("to bring the service back after a loss"),
        retention=_("the shortest time that an agreement promises; who is erased is unreadable once the epoch turns"),
        recipients=_("who holds the keys to the backups at the operator"),
        subjects=_("subscribers, members, people who ask"),
        source=_("the other holdings"),
        sealed=True,
    ),
    finder=Cannot(_("A backup is encrypted to keys that do not lie here; nobody looks into it.")),
    exporter=Cannot(_("What a backup has of a person is in the other holdings, and is told there.")),
    rectifier=Cannot(_("A backup is never changed; it is replaced by the next one.")),
    restrictor=Cannot(_("Nothing is done with a backup but restoring, which replays every restriction first.")),
    eraser=Cannot(
        _(
            "The person's key is destroyed with the erasure, and the value that wrapped it when the epoch turns; then "
            "no backup opens what it has. A restore inside the epoch replays the erasure before anybody can read."
        )
    ),
)

ARCHIVES: Final = Place(
    Description(
        key="archives",
        area="retention",
        name=_("Archives for the controller"),
        files=("returns",),
        category=_("everything of the controller, encrypted to its own key, while it can be fetched"),
        purpose=_("to hand the controller's data back to it"),
        retention=_("14 days after it was made"),
        recipients=_("the controller, who alone has the key"),
        subjects=_("subscribers, members, people who ask"),
        source=_("the other holdings"),
        sealed=True,
    ),
    finder=Cannot(_("An archive is encrypted to the controller's key; nobody here looks into it.")),
    exporter=Cannot(_("What an archive has of a person is in the other holdings, and is told there.")),
    rectifier=Cannot(_("An archive is never changed; a new one is made.")),
    restrictor=Cannot(_("Nothing is done with an archive but handing it to its controller.")),
    eraser=Cannot(_("It goes by itself within 14 days; the controller's own copy is the controller's.")),
)

OUTSIDE_LOG: Final = Place(
    Description(
        key="outside_log",
        area="infra",
        name=_("Log outside the database"),
        files=("outside",),
        category=_("keyed hashes of addresses, random references, codes and times of what protects people"),
        purpose=_("to keep people protected when an older database has to be put in place"),
        retention=_("as long as a backup that is older could be put in place"),
        recipients=_("nobody; a restore reads it"),
        subjects=_SUBSCRIBERS,
        source=_("the person's own act, or the sending itself"),
    ),
    finder=Cannot(_("A restore reads it as a whole; what it has of a person stands in the holdings that it protects.")),
    exporter=Cannot(_("What it has of a person is told with suppression, messages and erasures.")),
    rectifier=Cannot(_("It states what happened; what happened is not corrected, it is explained beside it.")),
    restrictor=Cannot(_("It is what brings a restriction back after a restore.")),
    eraser=Cannot(
        _(
            "It is what makes an erasure outlast a restore (Art. 17(3)(b) and Art. 5(2) GDPR); it names nobody, and "
            "old files go with the last backup that is older than they are."
        )
    ),
)
