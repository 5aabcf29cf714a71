"""The child process in which MJML runs and HTML is parsed: V8 without I/O, and css-inline.

Both take what somebody wrote: MJML is a program of its own, and a parser in machine code may take minutes over hostile
styles or fall over absurd nesting. Here that ends one child, never the platform.

Started as a script by `workshop.py`, with nothing of Mandata imported. Requests and answers are one line of JSON each:

    {"source": text, "mjml": true or false, "seconds": wall time for V8, "memory": bytes of V8 heap}
    {"html": ..., "errors": [{"line", "tag", "message"}]}
    {"error": "timeout" | "memory" | "mjml" | "html", "message": ...}

An answer is preceded by the line "ready", once the tools are loaded, from where the time for the document counts.

What comes back is html5ever's serialisation. For HTML the style sheets are inlined and kept. MJML has put its styles in
their places, and its author says by mj-style which others are to be inlined; doing it again would only repeat its
resets on every cell (half as large again).

It ends by itself after `idle` seconds without a request (first argument), when its input closes, and after each run
that met a limit, since a heap that was pushed to its end is not worth keeping.
"""

import json
import os
import resource
import select
import sys
from pathlib import Path
from typing import Any

import css_inline
import py_mini_racer

LIBRARY = Path(__file__).parent / "vendor" / "mjml-browser" / "index.js"
DATA_LIMIT = 1536 * 1024 * 1024  # private writable memory: V8's heap limit comes first, this holds if it fails
CPU_LIMIT = 600  # seconds over a whole life; the parent's clock comes first

_PRELUDE = "var window = globalThis, self = globalThis, module = {exports: {}}, exports = module.exports;"
_RENDER = """
var mandata = (function (library) {
  return function (source) {
    var done = library(source, {validationLevel: 'soft', keepComments: true, fonts: {}, minify: false, beautify: false,
                                ignoreIncludes: true});
    return JSON.stringify({html: done.html, errors: done.errors.map(function (e) {
      return {line: e.line || 0, tag: e.tagName || '', message: String(e.message || '')}; })});
  };
})(module.exports.default || module.exports);
"""


class Bench:
    """The tools, each taken up at first need."""

    def __init__(self) -> None:
        self._v8: py_mini_racer.MiniRacer | None = None

    def prepare(self, request: dict[str, Any]) -> None:
        """Load what the request needs."""
        if request["mjml"] and self._v8 is None:
            self._v8 = _engine()

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return what to answer."""
        try:
            done = self._mjml(request) if request["mjml"] else {"html": request["source"], "errors": []}
            return done | {"html": _inliner(inline=not request["mjml"]).inline(done["html"])}
        except py_mini_racer.JSTimeoutException:
            return {"error": "timeout", "message": ""}
        except py_mini_racer.JSOOMException:
            return {"error": "memory", "message": ""}
        except py_mini_racer.JSEvalException as error:
            return {"error": "mjml", "message": str(error)[:2000]}
        except css_inline.InlineError as error:
            return {"error": "html", "message": str(error)[:2000]}

    def _mjml(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._v8 is not None
        code = f"mandata({json.dumps(request['source'])})"
        done: dict[str, Any] = json.loads(
            str(self._v8.eval(code, timeout_sec=request["seconds"], max_memory=request["memory"]))
        )
        return done


def _engine() -> py_mini_racer.MiniRacer:
    """Return V8 with MJML loaded."""
    v8 = py_mini_racer.MiniRacer()
    v8.eval(_PRELUDE)
    v8.eval(LIBRARY.read_text(encoding="utf-8"))
    v8.eval(_RENDER)
    return v8


def _inliner(*, inline: bool) -> css_inline.CSSInliner:
    return css_inline.CSSInliner(
        inline_style_tags=inline,
        keep_style_tags=True,
        keep_at_rules=True,
        keep_link_tags=False,
        load_remote_stylesheets=False,
    )


def confine() -> None:
    """Limits that the kernel keeps: no files written, no core, bounded memory and time."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (DATA_LIMIT, DATA_LIMIT))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT, CPU_LIMIT))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(idle: float) -> None:
    """Answer requests until there are none."""
    confine()
    bench = Bench()
    while select.select([sys.stdin], [], [], idle)[0]:
        line = sys.stdin.readline()
        if not line:
            return
        request = json.loads(line)
        bench.prepare(request)
        _say("ready")
        reply = bench.answer(request)
        _say(json.dumps(reply))
        if reply.get("error") in ("timeout", "memory"):
            return


if __name__ == "__main__":
    main(float(sys.argv[1]))
    os._exit(0)  # nothing to save; V8 need not take its heap apart first
