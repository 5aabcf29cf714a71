"""The child process in which MJML runs: V8 without I/O, one document after the other, gone when it is idle.

Started as a script by `mjml.py`, with nothing of Mandata imported. Requests and answers are one line of JSON each:

    {"source": MJML, "seconds": wall time, "memory": bytes of V8 heap}
    {"html": ..., "errors": [{"line", "tag", "message"}]} | {"error": "timeout" | "memory" | "script", "message": ...}

It ends by itself after `idle` seconds without a request (first argument), when its input closes, and after each run
that met a limit, since a heap that was pushed to its end is not worth keeping.
"""

import json
import resource
import select
import sys
from pathlib import Path

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


def confine() -> None:
    """Limits that the kernel keeps: no files written, no core, bounded memory and time."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (DATA_LIMIT, DATA_LIMIT))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT, CPU_LIMIT))


def engine() -> py_mini_racer.MiniRacer:
    """Return V8 with MJML loaded."""
    v8 = py_mini_racer.MiniRacer()
    v8.eval(_PRELUDE)
    v8.eval(LIBRARY.read_text(encoding="utf-8"))
    v8.eval(_RENDER)
    return v8


def answer(v8: py_mini_racer.MiniRacer, request: dict[str, object]) -> tuple[str, bool]:
    """Return the line to answer, and whether the engine may go on living."""
    try:
        code = f"mandata({json.dumps(request['source'])})"
        result = v8.eval(code, timeout_sec=float(str(request["seconds"])), max_memory=int(str(request["memory"])))
        return str(result), True
    except py_mini_racer.JSTimeoutException:
        return json.dumps({"error": "timeout", "message": ""}), False
    except py_mini_racer.JSOOMException:
        return json.dumps({"error": "memory", "message": ""}), False
    except py_mini_racer.JSEvalException as error:
        return json.dumps({"error": "script", "message": str(error)[:2000]}), True


def main(idle: float) -> None:
    """Answer requests until there are none."""
    confine()
    v8 = engine()
    while select.select([sys.stdin], [], [], idle)[0]:
        line = sys.stdin.readline()
        if not line:
            return
        reply, alive = answer(v8, json.loads(line))
        sys.stdout.write(reply + "\n")
        sys.stdout.flush()
        if not alive:
            return


if __name__ == "__main__":
    main(float(sys.argv[1]))
