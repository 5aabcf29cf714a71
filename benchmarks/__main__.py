"""Run every benchmark: `python -m benchmarks [--short]`. JSON lines; exit code 1 where one of them does not hold.

`--short` is what CI runs: small counts, and verdicts on ratios to a reference in the same run only.
"""

import argparse
import subprocess
import sys

# Module: arguments in long form, arguments in short form.
RUNS: dict[str, tuple[list[str], list[str]]] = {
    "startup": ([], ["--short"]),
    "import_csv": (["--million"], ["--short"]),
    "render": ([], ["--short"]),
    "send": ([], ["--short"]),
    "tracking": (["--least", "0.2", "--limits"], ["--seconds", "2", "--least", "0.2"]),
    "ingestion": ([], ["--short"]),
    "record": ([], ["--short"]),
    "people": ([], ["--short"]),
    "erasure": ([], ["--short"]),
    "gates": ([], ["--short"]),
    "due": ([], ["--short"]),
    "subprocessors": ([], ["--short"]),
    "breach": ([], ["--short"]),
    "large": ([], ["--short"]),
    "vault": ([], ["--short"]),
    "returns": ([], ["--short"]),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="What CI runs.")
    short = parser.parse_args().short
    failed = [name for name, forms in RUNS.items() if _run(name, forms[short])]
    if failed:
        print(f"Does not hold: {', '.join(failed)}", file=sys.stderr)
    return bool(failed)


def _run(name: str, arguments: list[str]) -> bool:
    return subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *arguments], check=False).returncode != 0


if __name__ == "__main__":
    sys.exit(main())
