"""Merge tags: Liquid by python-liquid, cut down to what a message needs, and bounded.

What is left out and why: include, render, extends, block and macro (they load or recurse), capture, echo, liquid,
cycle, increment, tablerow (state or output that cannot be cut into slots), raw. What stays: output, if, unless, case,
for, break, continue, assign, and the filters of `FILTERS`.

Bounds, per recipient: `SECONDS` of time over all expressions together, 10,000 loop iterations, 256 KiB of output, 64
KiB of assigned values, 32 levels, 32 KiB for any text and 1,000 items for any list a filter takes or gives. Data are
plain values only (`plain`): a path can reach keys of dictionaries and items of lists, never an attribute.

Escaping is not left to the author. Each output is escaped by the place where it stands: HTML, plain text, or one
component of a URL. There is no filter that switches it off.
"""

import datetime as dt
import html
import re
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache, wraps
from io import StringIO
from typing import Any, ClassVar, TextIO
from urllib.parse import quote
from uuid import UUID

from liquid import BoundTemplate, Environment, RenderContext
from liquid.builtin.content import Literal
from liquid.builtin.filters import array, math, misc, string
from liquid.builtin.illegal import Illegal
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags.assign_tag import AssignTag
from liquid.builtin.tags.case_tag import CaseTag
from liquid.builtin.tags.for_tag import BreakTag, ContinueTag, ForTag
from liquid.builtin.tags.if_tag import IfTag
from liquid.builtin.tags.unless_tag import UnlessTag
from liquid.exceptions import (
    ContextDepthError,
    LiquidError,
    LocalNamespaceLimitError,
    LoopIterationLimitError,
    OutputStreamLimitError,
)
from liquid.output import LimitedStringIO
from liquid.stringify import to_liquid_string
from liquid.utils import ReadOnlyChainMap

from mandata.delivery.rendering.encoding import body_text
from mandata.delivery.rendering.errors import RenderingRefused, Unrenderable

SECONDS = 0.25
MAX_TEXT = 32 * 1024
MAX_ITEMS = 1_000
MAX_NUMBER = 10**30
MAX_SOURCE = 512 * 1024

HTML, TEXT, URL = "html", "text", "url"

_DATE_FORMAT = re.compile(r"(?:[^%]|%[-_0^#]?[aAbBcdDeFHIjklmMnpPrRStTuUwWxXyYZz%])*")


class _TooMuch(LiquidError):
    """A bound was met."""


# Their messages are fixed words; those of other errors may quote the recipient's data and are not told.
_LIMITS = (_TooMuch, ContextDepthError, LocalNamespaceLimitError, LoopIterationLimitError, OutputStreamLimitError)


class Budget:
    """The time that is left for one recipient."""

    __slots__ = ("_end", "_seconds")

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._end = 0.0

    def check(self) -> None:
        """Raise when the time is used up. The clock starts at the first call."""
        at = time.monotonic()
        if not self._end:
            self._end = at + self._seconds
        elif at > self._end:
            raise _TooMuch(f"takes longer than {self._seconds} seconds", token=None)


def _bounded(value: object) -> None:
    if isinstance(value, str | list | tuple | range | dict):
        try:
            length = len(value)
        except OverflowError:
            length = MAX_TEXT + 1
        if length > (MAX_TEXT if isinstance(value, str) else MAX_ITEMS):
            raise _TooMuch("a text or list in it grows too large", token=None)
    elif isinstance(value, int | float | Decimal) and not -MAX_NUMBER <= value <= MAX_NUMBER:
        raise _TooMuch("a number in it grows too large", token=None)


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def guarded(*args: Any, **named: Any) -> Any:
        for value in args:
            _bounded(value)
        for value in named.values():
            _bounded(value)
        result = function(*args, **named)
        _bounded(result)
        return result

    return guarded


def _replace(value: object, old: object, new: object = "") -> str:
    text, search, put = words(value), words(old), words(new)
    if not search:
        return text
    if text.count(search) * len(put) > MAX_TEXT:
        raise _TooMuch("a text in it grows too large", token=None)
    return text.replace(search, put)


def _date(value: object, form: object = "%Y-%m-%d") -> str:
    """`date` for ISO 8601 texts, `now` among them, and seconds since 1970; anything else comes back as it is."""
    moment = _moment(value)
    pattern = words(form)
    if moment is None:
        return words(value)
    if len(pattern) > 100 or not _DATE_FORMAT.fullmatch(pattern):
        raise _TooMuch("the date format is not understood", token=None)
    return moment.strftime(pattern)


def _moment(value: object) -> dt.datetime | None:
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return dt.datetime.fromtimestamp(value, dt.UTC)
        if isinstance(value, str) and value:
            return dt.datetime.fromisoformat(value.strip())
    except (ValueError, OverflowError, OSError):
        return None
    return None


def _same(value: object) -> object:
    """`escape` and its kin: every output is escaped by its place anyway."""
    return value


def words(value: object) -> str:
    """Return a plain value as Liquid prints it."""
    return to_liquid_string(value, False)


FILTERS: dict[str, Callable[..., Any]] = {
    "abs": math.abs_,
    "append": string.append,
    "at_least": math.at_least,
    "at_most": math.at_most,
    "capitalize": string.capitalize,
    "ceil": math.ceil,
    "compact": array.compact,
    "concat": array.concat,
    "date": _date,
    "default": misc.default,
    "divided_by": math.divided_by,
    "downcase": string.downcase,
    "escape": _same,
    "escape_once": _same,
    "first": array.first,
    "floor": math.floor,
    "join": array.join,
    "last": array.last,
    "lstrip": string.lstrip,
    "map": array.map_,
    "minus": math.minus,
    "modulo": math.modulo,
    "plus": math.plus,
    "prepend": string.prepend,
    "remove": lambda value, old: _replace(value, old, ""),
    "remove_first": string.remove_first,
    "replace": _replace,
    "replace_first": string.replace_first,
    "reverse": array.reverse,
    "round": math.round_,
    "rstrip": string.rstrip,
    "size": misc.size,
    "slice": string.slice_,
    "sort": array.sort,
    "split": string.split,
    "strip": string.strip,
    "strip_newlines": string.strip_newlines,
    "times": math.times,
    "truncate": string.truncate,
    "truncatewords": string.truncatewords,
    "uniq": array.uniq,
    "upcase": string.upcase,
    "url_encode": lambda value: quote(words(value), safe=""),
    "where": array.where,
}

TAGS = (AssignTag, BreakTag, CaseTag, ContinueTag, ForTag, IfTag, Illegal, Literal, UnlessTag)


def escape_html(value: str) -> str:
    """Escape for element content and quoted attributes."""
    return html.escape(value, quote=True)


def escape_url(value: str) -> str:
    """Encode as one URL component: nothing in it can end the path, start a query or name another host."""
    return quote(value, safe="")


def escape_text(value: str) -> str:
    """Plain text stays as it is."""
    return value


ESCAPES: dict[str, Callable[[str], str]] = {HTML: escape_html, TEXT: escape_text, URL: escape_url}


class _Node(OutputNode):
    """An output that escapes by its place."""

    __slots__ = ()

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        value = body_text(words(self.expression.evaluate(context)))
        return buffer.write(context.env.escape(value))  # type: ignore[attr-defined]


class _Output(Output):
    node_class = _Node


class _Context(RenderContext):
    """A context without the built-in clock, that looks at the time where work is done."""

    __slots__ = ("budget",)

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.scope = ReadOnlyChainMap(self.locals, self.globals)
        self.budget: Budget = self.globals.get("", None) or Budget()  # type: ignore[assignment]

    def get(self, *args: Any, **named: Any) -> object:
        self.budget.check()
        return super().get(*args, **named)

    def filter(self, name: str, token: Any) -> Callable[..., object]:
        self.budget.check()
        return super().filter(name, token)

    def raise_for_loop_limit(self, length: int = 1) -> None:
        self.budget.check()
        super().raise_for_loop_limit(length)

    def assign(self, key: str, val: Any) -> None:
        _bounded(val)
        super().assign(key, val)


class _Template(BoundTemplate):
    context_class = _Context


class _Environment(Environment):
    template_class = _Template
    block_nesting_limit = 32
    context_depth_limit = 32
    loop_iteration_limit: ClassVar[int | None] = 10_000
    local_namespace_limit: ClassVar[int | None] = 64 * 1024
    output_stream_limit: ClassVar[int | None] = 256 * 1024
    escape: Callable[[str], str]

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:  # noqa: ARG002
        for tag in TAGS:
            self.add_tag(tag)
        self.add_tag(_Output)
        for name, function in FILTERS.items():
            self.add_filter(name, _guarded(function))
        self.add_filter("mandata_url", lambda value: quote(body_text(words(value)), safe=""))


def _environment(escape: Callable[[str], str]) -> _Environment:
    environment = _Environment()
    environment.escape = escape
    return environment


_ENVIRONMENTS = {mode: _environment(escape) for mode, escape in ESCAPES.items()}


@lru_cache(maxsize=512)
def parse(source: str, mode: str) -> BoundTemplate:
    """Return the parsed template. Raises RenderingRefused with the line and what is wrong."""
    if len(source) > MAX_SOURCE:
        raise RenderingRefused("content.tag_long")
    try:
        template = _ENVIRONMENTS[mode].from_string(source)
        used = template.analyze(include_partials=False).filters
    except (LiquidError, RecursionError, ValueError) as error:
        raise RenderingRefused("content.tag_syntax", reason=_reason(error)) from error
    unknown = sorted(set(used) - set(_ENVIRONMENTS[mode].filters))
    if unknown:
        raise RenderingRefused("content.tag_syntax", reason=f"there is no filter {unknown[0]}")
    return template


def render(template: BoundTemplate, data: Mapping[str, object], budget: Budget) -> str:
    """Return the output for one recipient. Raises Unrenderable when a bound is met or the data do not fit."""
    context = _Context(template, globals={**data, "": budget})
    buffer: StringIO = LimitedStringIO(limit=_Environment.output_stream_limit or 0)
    try:
        budget.check()
        template.render_with_context(context, buffer)
    except (LiquidError, ArithmeticError, RecursionError, ValueError, TypeError) as error:
        reason = str(error.message) if isinstance(error, _LIMITS) else type(error).__name__
        raise Unrenderable("message.merge_tag", reason=reason) from error
    return buffer.getvalue()


def variables(template: BoundTemplate) -> set[str]:
    """Return the names of the outer values that a template reads."""
    return {str(name) for name in template.analyze(include_partials=False).globals}


def plain(value: object, depth: int = 0) -> object:
    """Return a value as plain data: text, numbers, lists and dictionaries of them. TypeError for anything else."""
    if value is None or isinstance(value, bool | int | float) or type(value) is str:
        return value
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID | str):
        return str(value)
    if depth < 5:
        if isinstance(value, Mapping):
            return {str(key): plain(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [plain(item, depth + 1) for item in value]
    raise TypeError(f"{type(value).__name__} is no plain value")


def _reason(error: Exception) -> str:
    """Words about the template: there are no data yet when it is parsed."""
    if isinstance(error, LiquidError):
        line = error.context()
        where = f" (line {line[0]})" if line else ""
        return str(error.message).split("\n", 1)[0].rstrip(".") + where
    return type(error).__name__
