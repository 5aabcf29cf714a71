"""What members type about a campaign."""

from typing import Any, Final

from django import forms
from django.conf.locale import LANG_INFO
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from mandata.campaigns.rules.content import Content, Format
from mandata.campaigns.selectors import CampaignDetail
from mandata.foundation import addresses

LANGUAGES: Final = (
    "en", "cs", "sk", "de", "pl", "hu", "fr", "es", "it", "nl", "pt", "ro", "bg", "hr", "sl", "uk", "sv", "da", "fi"
)  # fmt: skip
STARTS: Final = (("letter", _("A short letter")), ("empty", _("An empty page")))


def languages() -> list[tuple[str, str]]:
    """Return the languages that a message may say it is in, each under its own name."""
    return [(code, str(LANG_INFO[code]["name_local"]).capitalize()) for code in LANGUAGES]


class NewForm(forms.Form):
    """The first words about a campaign."""

    name = forms.CharField(
        label=pgettext_lazy("thing", "Name"),
        max_length=120,
        help_text=_("For you and your colleagues; recipients do not see it."),
    )
    list_id = forms.UUIDField(label=_("List"), required=False, widget=forms.Select)
    start = forms.ChoiceField(label=_("Begin with"), choices=STARTS, widget=forms.RadioSelect, initial="letter")

    def __init__(self, *args: Any, lists: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["list_id"].widget.choices = [("", gettext("Choose later")), *lists]
        self.fields["start"].widget.hints = {
            "letter": gettext("A heading, a text, a button, and the footer that the law wants."),
            "empty": gettext("For a source that you bring along."),
        }


class ContentForm(forms.Form):
    """A campaign's content. The address is two controls: a name, and one of the verified domains."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    name = forms.CharField(label=_("Name of the campaign"), max_length=120)
    subject = forms.CharField(label=_("Subject"), max_length=400, required=False)
    preheader = forms.CharField(
        label=_("Preheader"), max_length=400, required=False, help_text=_("The line that mailboxes show beside it.")
    )
    from_name = forms.CharField(label=_("Sender’s name"), max_length=120, required=False)
    from_local = forms.CharField(label=_("Sender’s address"), max_length=64, required=False)
    reply_to = forms.CharField(
        label=_("Address for replies"), max_length=254, required=False, help_text=_("Empty: the sender’s address.")
    )
    format = forms.ChoiceField(
        label=_("Format"), choices=[("mjml", "MJML"), ("html", "HTML")], widget=forms.Select(attrs={"class": "w-auto"})
    )
    source = forms.CharField(
        label=_("Source"),
        required=False,
        strip=False,
        max_length=2_000_000,
        widget=forms.Textarea(attrs={"rows": 22, "spellcheck": "false", "wrap": "off", "autocapitalize": "off"}),
    )
    track_opens = forms.BooleanField(label=_("Measure opens"), required=False)
    track_clicks = forms.BooleanField(label=_("Measure clicks"), required=False)

    def __init__(self, *args: Any, domains: list[str], shared: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shared = shared
        offered = [("", gettext("Choose a domain")), *((one, one) for one in domains)]
        if shared:
            name = shared.partition("@")[2]
            offered.append((name, gettext("%(domain)s (shared by the operator)") % {"domain": name}))
        self.fields["language"] = forms.ChoiceField(label=_("Language"), choices=languages())
        self.fields["from_domain"] = forms.ChoiceField(label=_("Sending domain"), required=False, choices=offered)
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")

    def clean_reply_to(self) -> str:
        """An address that can be written to, or nothing."""
        return _address(self.cleaned_data["reply_to"])

    def clean(self) -> dict[str, Any]:
        """The two halves of the sender's address make a whole one, or none."""
        given = super().clean() or {}
        local, domain = given.get("from_local", ""), given.get("from_domain", "")
        given["from_address"] = ""
        if domain and domain == self.shared.partition("@")[2]:
            return self._under_the_shared_domain(given)
        if local and domain:
            try:
                given["from_address"] = _address(f"{local}@{domain}")
            except forms.ValidationError as error:
                self.add_error("from_local", error)
        return given

    def _under_the_shared_domain(self, given: dict[str, Any]) -> dict[str, Any]:
        """From is the address there that names the controller, whatever was typed before the @; answers go to the
        controller, so its own address for replies has to be there."""
        given["from_address"], given["from_local"] = self.shared, self.shared.partition("@")[0]
        if not given.get("reply_to") and "reply_to" not in self.errors:
            self.add_error("reply_to", gettext("With the shared domain, answers need an address of your own."))
        return given

    def clean_source(self) -> str:
        """Lines end as on the server, however the browser sends them."""
        return str(self.cleaned_data["source"]).replace("\r\n", "\n")

    def says_the_same_as(self, found: CampaignDetail) -> bool:
        """Whether nothing was changed."""
        given = self.cleaned_data
        measured = (given["track_opens"], given["track_clicks"]) == (found.track_opens, found.track_clicks)
        return measured and given["name"] == found.row.name and self.content() == found.content

    def content(self) -> Content:
        """Return what was typed as content."""
        given = self.cleaned_data
        return Content(
            format=Format(given["format"]),
            source=given["source"],
            subject=given["subject"],
            from_name=given["from_name"],
            from_address=given["from_address"],
            preheader=given["preheader"],
            reply_to=given["reply_to"],
            language=given["language"],
        )


def _address(text: str) -> str:
    if text and not addresses.is_valid(addresses.clean(text)):
        raise forms.ValidationError(gettext("This is no address that mail can be sent to."))
    return text


def typed(found: CampaignDetail) -> dict[str, Any]:
    """Return a stored campaign as the form shows it."""
    content = found.content
    local, _at, domain = content.from_address.rpartition("@")
    return {
        "revision": found.revision,
        "name": found.row.name,
        "subject": content.subject,
        "preheader": content.preheader,
        "from_name": content.from_name,
        "from_local": local,
        "from_domain": domain,
        "reply_to": content.reply_to,
        "language": content.language,
        "format": str(content.format),
        "source": content.source,
        "track_opens": found.track_opens,
        "track_clicks": found.track_clicks,
    }
