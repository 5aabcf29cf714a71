"""A letter that costs little: what storms try is the account, not the rendering."""

from mandata.campaigns.rules.content import Content, Format

SHORT = Content(
    Format.HTML,
    '<p>Our newsletter. {{ postal_address }} <a href="{{ unsubscribe_url }}">Leave</a></p>',
    "Bread",
    "Demo Bakery",
    "news@bakery.example",
    language="en",
)
