"""The words for the codes that the rules return: message, and remedy where there is one. Each call is in the language
now on."""

from typing import Final

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

_WORDS: Final[dict[str, tuple[str, str]]] = {
    # --- files
    "file_empty": (_("The file is empty."), _("Export it again and check that it holds rows.")),
    "file_binary": (
        _("This is no CSV file: its contents are not text."),
        _("Choose “CSV UTF-8” when you export or save the file."),
    ),
    "file_excel": (
        _("This is an Excel workbook, not a CSV file."),
        _("Open it in Excel and save it as “CSV UTF-8 (comma delimited)”."),
    ),
    "file_encoding": (
        _("The characters of this file cannot be told for certain, and a wrong guess would garble names."),
        _("Save the file as “CSV UTF-8”, or choose the encoding yourself."),
    ),
    "file_line_too_long": (
        _("One line of the file is far too long for a row."),
        _("Look for a quotation mark that is never closed, and check that each person stands on a line."),
    ),
    "file_without_rows": (_("The file has no rows."), _("Export it again and check that it holds rows.")),
    "file_without_email": (
        _("No column holds the e-mail address."),
        _("Choose which column it is; an import needs an address for each person."),
    ),
    "file_columns_twice": (
        _("Two columns are to go to the same place."),
        _("Keep one of them and leave the other out."),
    ),
    "file_too_large": (_("The file is larger than an upload may be."), _("Split it and import the parts.")),
    "file_field_unknown": (_("A column is to go to a field that does not exist."), _("Create the field first.")),
    "file_gone": (_("The uploaded file is not here any more."), _("Upload it again.")),
    # --- options
    "option_zone": (_("The time zone is not known."), _("Choose one by its name, for example Europe/Prague.")),
    "option_source": (
        _("It is not stated where these people come from."),
        _("Name the source in a few words: it is the evidence for each of them."),
    ),
    "option_consent_at": (
        _("It is not stated when the consent was given."),
        _("Give the date, or choose the column that holds it."),
    ),
    # --- rows
    "address_missing": (_("No e-mail address"), ""),
    "address_without_at": (_("Not an e-mail address: the @ is missing"), ""),
    "address_too_long": (_("The e-mail address is too long"), ""),
    "address_local": (_("The part before the @ is not valid"), ""),
    "address_domain": (_("The domain after the @ is not valid"), ""),
    "address_reserved": (_("The domain is reserved and receives no mail"), ""),
    "row_unreadable": (_("The row holds bytes that are no text"), _("Save the file as “CSV UTF-8”.")),
    "row_too_many_cells": (_("The row has more cells than the file has columns"), _("Check its quotation marks.")),
    "basis_missing": (_("No lawful basis: neither consent nor customer"), ""),
    "consent_refused": (_("Consent was refused"), ""),
    "consent_undated": (_("Consent without the date when it was given"), _("State a date for the whole file.")),
    "consent_in_future": (_("The consent lies in the future"), _("Check the order of day and month.")),
    "consent_unclear": (_("Whether consent was given is unclear"), ""),
    "unsubscribed_unclear": (_("Whether the person unsubscribed is unclear"), ""),
    "duplicate": (_("The address stands in this file already"), ""),
    "restricted": (_("The person's data is restricted (Art. 18 GDPR)"), ""),
    "suppressed_unsubscribed": (_("Suppressed: unsubscribed"), ""),
    "suppressed_objection": (_("Suppressed: objected"), ""),
    "suppressed_complaint": (_("Suppressed: complained"), ""),
    "suppressed_hard_bounce": (_("Suppressed: the mailbox does not exist"), ""),
    "suppressed_soft_bounce": (_("Suppressed: the mailbox took nothing for long"), ""),
    "suppressed_erasure": (_("Suppressed: was erased"), ""),
    "suppressed_manual": (_("Suppressed by a member"), ""),
    # --- values
    "telephone_invalid": (_("Not a telephone number"), ""),
    "text_too_long": (_("The text is too long"), ""),
    "number_invalid": (_("Not a number"), ""),
    "date_invalid": (_("Not a date"), ""),
    "boolean_invalid": (_("Neither yes nor no"), ""),
    "choice_unknown": (_("Not one of the choices"), ""),
    # --- fields
    "field_key": (
        _("A field's key is lower-case letters, digits and underscores, and begins with a letter."),
        _("Choose another key, for example loyalty_points."),
    ),
    "field_label": (_("A field needs a label of at most 80 characters."), ""),
    "field_special_category": (
        _("Special categories of personal data and criminal convictions are not processed here."),
        _("Leave the field out, or agree on it in writing with the processor first."),
    ),
    "field_identifying_in_clear": (
        _("A field of this category identifies people and cannot lie in clear."),
        _("Declare it as sealed."),
    ),
    "field_choices": (_("A field with choices needs them, and no other field has any."), ""),
    "field_lookup": (
        _("People are found only by a sealed text."),
        _("Declare the field as a sealed text, or leave out how people are found by it."),
    ),
    "field_exists": (_("There is a field with this key already."), _("Choose another key.")),
    "field_too_many": (_("There are as many fields as there may be."), _("Remove one first.")),
    "field_category": (_("This category of data is not under the agreement."), ""),
    # --- outcomes of an import
    "accepted": (_("Taken"), ""),
    "updated": (_("Updated"), ""),
    "unchanged": (_("Here already, unchanged"), ""),
    "left": (_("Unsubscribed by the file"), ""),
    "column_line": (_("Line"), ""),
    "column_reason": (_("Reason"), ""),
    "gate_shut": (
        _("The agreement let no further batch in; what was taken is kept, and the import can go on from there."),
        _("See on the page of the agreement what stands in the way, then let the import go on."),
    ),
    "disk_full": (
        _("The database's disk is full; what was taken is kept, and the import can go on from there."),
        _("Make room on the disk, then let the import go on."),
    ),
    "database_away": (
        _("The database could not be reached; what was taken is kept, and the import can go on from there."),
        _("Let the import go on."),
    ),
    # --- names of things
    "field.first_name": (_("First name"), ""),
    "field.last_name": (_("Last name"), ""),
    "field.degree": (_("Academic degree"), ""),
    "field.phone": (_("Telephone"), ""),
    "field.company": (_("Company"), ""),
    "field.street": (_("Street"), ""),
    "field.city": (_("City"), ""),
    "field.postcode": (_("Postcode"), ""),
    "field.region": (_("Region"), ""),
    "field.country": (_("Country"), ""),
    "field.language": (_("Language"), ""),
    "field.gender": (_("Gender"), ""),
    "field.birth_date": (_("Date of birth"), ""),
    "field.identification_number": (_("Identification number"), ""),
    "target.email": (_("E-mail address"), ""),
    "target.consent": (_("Consent given (yes or no)"), ""),
    "target.consent_at": (_("When consent was given"), ""),
    "target.consent_source": (_("Where consent was given"), ""),
    "target.consent_words": (_("What was consented to"), ""),
    "target.customer": (_("Is a customer (yes or no)"), ""),
    "target.unsubscribed": (_("Has unsubscribed (yes or when)"), ""),
    "target.ignore": (_("Leave out"), ""),
    "category.contact": (_("Contact details"), ""),
    "category.identity": (_("Identification numbers"), ""),
    "category.demographic": (_("About the person"), ""),
    "category.preference": (_("Preferences"), ""),
    "category.activity": (_("Activity and purchases"), ""),
    "category.own": (_("Own category"), ""),
    "category.special": (_("Special category (Art. 9 GDPR)"), ""),
    "category.criminal": (_("Criminal convictions (Art. 10 GDPR)"), ""),
    "basis.consent": (_("Consent"), ""),
    "basis.existing_customer": (_("Existing customer"), ""),
    "basis.contract": (_("Contract"), ""),
    "basis.legitimate_interest": (_("Legitimate interest"), ""),
    "basis.none": (_("None"), ""),
    "state.subscribed": (_("Subscribed"), ""),
    "state.pending": (_("Waiting for confirmation"), ""),
    "state.unsubscribed": (_("Unsubscribed"), ""),
    "import.uploaded": (_("Uploaded"), ""),
    "import.mapped": (_("Ready to run"), ""),
    "import.running": (_("Running"), ""),
    "import.done": (_("Done"), ""),
    "import.failed": (_("Failed"), ""),
    "import.cancelled": (_("Cancelled"), ""),
    "update.keep": (_("Leave their data as it is"), ""),
    "update.fill": (_("Fill in what is missing"), ""),
    "update.overwrite": (_("Overwrite with the file"), ""),
}

CODES: Final = frozenset(_WORDS)


def words(code: str) -> str:
    """Say what a code means."""
    return gettext(_WORDS[code][0])


def remedy(code: str) -> str:
    """Say what would mend it, or nothing."""
    text = _WORDS[code][1]
    return gettext(text) if text else ""
