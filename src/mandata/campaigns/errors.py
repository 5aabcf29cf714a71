"""The refusals of the campaigns."""

from collections.abc import Mapping

from mandata.foundation.errors import NotFound, Refused


class NoSuchCampaign(NotFound):
    """There is no such campaign at this controller."""

    code = "campaign.not_found"


class WrongState(Refused):
    """The act does not follow from the state that the campaign is in."""

    code = "campaign.state"


class AlreadyLaunched(WrongState):
    """Somebody launched it before: exactly one wins."""

    code = "campaign.already_launched"


class EditedMeanwhile(Refused):
    """Somebody saved another version since this one was opened."""

    code = "campaign.edited_meanwhile"


class ContentNotReady(Refused):
    """The content check stops the launch; `evidence["findings"]` lists the codes."""

    code = "campaign.content"
    status = 422


class ContentRefused(Refused):
    """The content gives no message. `msgid` and `remedy_id` are for translation, `evidence` fills their places."""

    code = "content.refused"
    status = 422

    def __init__(self, code: str, msgid: str, remedy_id: str, evidence: Mapping[str, object]) -> None:
        filled = dict(evidence)
        super().__init__(msgid % filled, code=code, remedy=remedy_id % filled, evidence=filled)
        self.msgid = msgid
        self.remedy_id = remedy_id
