"""Agreement files that nobody could carry out, each made from one that ships by a single change."""

from collections.abc import Callable

from mandata.agreements import library


def changed(name: str, *pairs: tuple[str, str]) -> str:
    """An agreement that ships, with each first text replaced by the second; each must be there."""
    text = library.source(name)
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def within(name: str, clause: str, old: str, new: str) -> str:
    """An agreement that ships, with a text replaced inside one clause."""
    text = library.source(name)
    at = text.index(f"[{clause}]")
    end = text.find("\n[", at)
    table = text[at:end]
    assert old in table, (clause, old)
    return text[:at] + table.replace(old, new, 1) + text[end:]


def without(name: str, clause: str) -> str:
    text = library.source(name)
    at = text.index(f"[{clause}]")
    return text[:at] + text[text.index("\n[", at) + 1 :]


def added(name: str, table: str) -> str:
    return library.source(name) + "\n" + table


BAD: list[tuple[str, Callable[[], str], str, str, str]] = [
    (
        "an unknown clause",
        lambda: changed("imagicle", ("[end.grace]", "[end.graze]")),
        "[end.graze]",
        "executes a clause end.graze",
        "Did you mean [end.grace]?",
    ),
    (
        "an unknown key in a clause",
        lambda: within("imagicle", "rights.extension", "told =", "tolled ="),
        "tolled =",
        "holds an unknown key tolled",
        "Did you mean told?",
    ),
    (
        "a code that nothing executes",
        lambda: within("icewarp", "audit.own", "independent_auditor", "dependent_auditor"),
        "by = ",
        "which nothing executes",
        "Did you mean independent_auditor?",
    ),
    (
        "a right to object without a notice",
        lambda: without("imagicle", "subprocessor.notice"),
        "[terms]",
        "subprocessor.notice",
        "Add [subprocessor.notice]",
    ),
    (
        "a right to oppose what nobody is told",
        lambda: without("icewarp", "location.change"),
        "[location.opposition]",
        "nobody can oppose what nobody is told",
        "add [location.change]",
    ),
    (
        "an extension shorter than the answer",
        lambda: within("imagicle", "rights.extension", '"3 months"', '"3 weeks"'),
        'total = "3 weeks"',
        "is not longer than the answer (1 month)",
        "state the sum",
    ),
    (
        "an extension as long as what it extends",
        lambda: within("imagicle", "rights.extension", '"3 months"', '"1 month"'),
        'total = "1 month"',
        "is not longer than the answer",
        "state the sum",
    ),
    (
        "an extension told after the answer was due",
        lambda: within("imagicle", "rights.extension", 'told = "1 month"', 'told = "2 months"'),
        'told = "2 months"',
        "after the answer was due",
        "ends with the answer's",
    ),
    (
        "an extension of nothing",
        lambda: without("imagicle", "rights.answer"),
        "[rights.extension]",
        "what is extended is the answer",
        "add [rights.answer]",
    ),
    (
        "an extension from another event",
        lambda: within("imagicle", "rights.extension", "person_request_received", "awareness"),
        'start = "awareness"',
        "begins with another event",
        'start = "person_request_received"',
    ),
    (
        "a further rate without a first",
        lambda: within("acomware", "audit.rates", "first =", "# first ="),
        "[audit.rates]",
        "states no first",
        "Add first = ...",
    ),
    (
        "a rate without a currency",
        lambda: within("acomware", "audit.rates", '"CZK 500"', '"500"'),
        'first = "500"',
        "money is a currency's three letters",
        'money such as "USD 150"',
    ),
    (
        "a rate in no currency",
        lambda: within("acomware", "audit.rates", '"CZK 500"', '"KCS 500"'),
        'first = "KCS 500"',
        "KCS is no currency",
        'money such as "USD 150"',
    ),
    (
        "rates in two currencies",
        lambda: within("acomware", "audit.rates", '"CZK 1500"', '"EUR 1500"'),
        'further = "EUR 1500"',
        "in two currencies, CZK and EUR",
        "in one",
    ),
    (
        "backups gone before access ends",
        lambda: within("imagicle", "end.grace", '"90 days"', '"20 days"'),
        'period = "20 days"',
        "before access ends (30 days)",
        "at least as long",
    ),
    (
        "a right to ask for what is gone",
        lambda: within("imagicle", "end.request", '"90 days"', '"6 months"'),
        'period = "6 months"',
        "after 90 days all is deleted",
        "when the backups do",
    ),
    (
        "a notice later than the duty that it serves",
        lambda: within("imagicle", "breach.notify", '"48 hours"', '"4 days"'),
        'period = "4 days"',
        "later than the controller owes its own",
        "Shorten it",
    ),
    (
        "a breach that the processor need not notify",
        lambda: within("imagicle", "breach.notify", '"processor"', '"controller"'),
        'who = "controller"',
        "wrong party",
        "Article 33(2)",
    ),
    (
        "an audit announced by who is audited",
        lambda: within("imagicle", "audit.notice", '"controller"', '"processor"'),
        'who = "processor"',
        "wrong party",
        'who = "controller"',
    ),
    (
        "upstream controllers of nobody",
        lambda: within("imagicle", "agreement.roles", "customer_controller_or_processor", "customer_controller"),
        "[agreement.upstream]",
        "speaks of controllers behind",
        "customer_controller_or_processor",
    ),
    (
        "a customer that may be a processor, and nothing behind it",
        lambda: without("imagicle", "agreement.upstream"),
        'value = "customer_controller_or_processor"',
        "nothing is said of the controllers behind it",
        "Add [agreement.upstream]",
    ),
    (
        "transfers with safeguards, none named",
        lambda: without("icewarp", "transfer.safeguards"),
        'value = "safeguarded"',
        "none is named",
        "Add [transfer.safeguards]",
    ),
    (
        "two ends to one objection",
        lambda: within("imagicle", "subprocessor.unresolved", "affected_ends", "service_may_end"),
        "[subprocessor.unresolved]",
        "says otherwise",
        "affected_ends",
    ),
    (
        "a plan with nothing for where there is none",
        lambda: without("icewarp", "end.choice"),
        "[end.plan]",
        "where there is no plan",
        "add [end.choice]",
    ),
    (
        "help both paid for and free",
        lambda: added("icewarp", '[assistance.free]\nsource = "x"\nitems = ["rights"]\n'),
        'items = ["rights"]',
        "both paid for and free: rights",
        "one of assistance.paid and assistance.free",
    ),
    (
        "two limits of one liability",
        lambda: added("icewarp", '[liability.cap]\nsource = "x"\nbase = "fees_paid"\nperiod = "6 months"\n'),
        "[liability.main]",
        "two limits",
        "Keep one",
    ),
    (
        "exceptions from no limit",
        lambda: added("imagicle", '[liability.except]\nsource = "x"\nitems = ["wilful"]\n'),
        "[liability.except]",
        "there is none",
        "Add [liability.cap]",
    ),
    (
        "a pause longer than its year",
        lambda: within("ecomail", "fee.pause", '"6 months"', '"2 years"'),
        'longest = "2 years"',
        "in each 1 year, which is shorter",
        "that fits",
    ),
    (
        "calendar years in months",
        lambda: within("icewarp", "audit.own", '"2 years"', '"18 months"'),
        'every = "18 months"',
        "whole calendar years",
        "State it in years",
    ),
    (
        "support for products that nobody listed",
        lambda: without("imagicle", "agreement.products").replace(
            "[agreement.products.scope]", "[agreement.product.scope]"
        ),
        "[agreement.product.scope]",
        "agreement.product",
        "[agreement.products]?",
    ),
    (
        "a product that nobody knows",
        lambda: changed("imagicle", ("virtual_agents = []", "virtual_agent = []")),
        "virtual_agent = []",
        "which nothing executes",
        "Did you mean virtual_agents?",
    ),
    (
        "a category that nobody knows",
        lambda: changed("imagicle", ("call_recording = []", 'call_recording = ["recording"]')),
        'call_recording = ["recording"]',
        "which nothing executes",
        "Did you mean recordings?",
    ),
    (
        "California's rules in Italy",
        lambda: changed("imagicle", ('"eu_1182"', '"ca_gov_6800"')),
        "regime =",
        "'ca_gov_6800' cannot be used",
        "take eu_1182 in the Union",
    ),
    (
        "rules that nobody knows",
        lambda: changed("imagicle", ('"eu_1182"', '"eu_1183"')),
        "regime =",
        "'eu_1183'",
        "eu_1182, plain, ca_gov_6800",
    ),
    (
        "a window without a figure, not marked open",
        lambda: within("imagicle", "subprocessor.objection", 'period = "14 days"\n', ""),
        "[subprocessor.objection]",
        "states no period",
        'mark = "open"',
    ),
    (
        "a period that runs backwards",
        lambda: within("imagicle", "subprocessor.objection", '"14 days"', '"-14 days"'),
        'period = "-14 days"',
        "cannot be used",
        'a period such as "10 working days"',
    ),
    (
        "a time that no clock shows",
        lambda: within("acomware", "engine.maintenance", 'clock = "', 'clock = "9'),
        'clock = "9',
        "is no time of day",
        '"08:30"',
    ),
    (
        "an unclear clause without its other reading",
        lambda: within("imagicle", "rights.verify", 'source = "IMA 9"', 'source = "IMA 9"\nmark = "unclear"'),
        'mark = "unclear"',
        "no note says how else",
        "Keep the other reading",
    ),
    (
        "a name that is a path",
        lambda: changed("imagicle", ('name = "imagicle"', 'name = "../imagicle"')),
        "name =",
        "cannot be used",
        "a to z",
    ),
]
