"""Finding whatever can write a file: in a module's syntax tree, under whatever name it was imported."""

import ast
from collections.abc import Iterator
from typing import Final

MODES: Final = (
    "open",
    "os.open",
    "io.open",
    "codecs.open",
    "gzip.open",
    "bz2.open",
    "lzma.open",
    "os.fdopen",
    "tarfile.open",
)
"""Functions that write where their mode says so; a mode that is not written out may be any."""
MODED: Final = ("open", "ZipFile", "TarFile", "GzipFile", "BZ2File", "LZMAFile", "FileIO")
"""The same as methods and classes, of whatever they are."""
FLAGS: Final = ("O_CREAT", "O_WRONLY", "O_RDWR", "O_APPEND", "O_TRUNC", "O_TMPFILE")
ALWAYS: Final = (
    *("os.write", "os.pwrite", "os.writev", "os.pwritev", "os.sendfile", "os.copy_file_range", "os.mkfifo"),
    *("os.mknod", "os.truncate", "os.ftruncate", "os.posix_fallocate", "os.memfd_create", "mmap.mmap"),
    *("shutil.copy", "shutil.copy2", "shutil.copyfile", "shutil.copyfileobj", "shutil.copytree", "shutil.move"),
    *("shutil.make_archive", "shutil.unpack_archive", "urllib.request.urlretrieve"),
    *("tempfile.mkstemp", "tempfile.mkdtemp", "tempfile.NamedTemporaryFile", "tempfile.TemporaryFile"),
    *("tempfile.SpooledTemporaryFile", "tempfile.TemporaryDirectory", "tempfile.mktemp"),
    *("sqlite3.connect", "dbm.open", "shelve.open", "logging.FileHandler", "logging.basicConfig:filename"),
    *("logging.handlers.RotatingFileHandler", "logging.handlers.TimedRotatingFileHandler"),
    *("subprocess.run", "subprocess.Popen", "subprocess.call", "subprocess.check_call", "subprocess.check_output"),
    *("os.system", "os.popen", "os.execv", "os.execve", "os.execvp", "os.execvpe", "os.posix_spawn", "os.spawnv"),
    *(
        "asyncio.create_subprocess_exec",
        "asyncio.create_subprocess_shell",
        "multiprocessing.shared_memory.SharedMemory",
    ),
)
"""Functions that write, or start a program that may."""
METHODS: Final = (
    *("write_bytes", "write_text", "touch", "extractall", "mkstemp", "NamedTemporaryFile", "TemporaryFile"),
    *("SpooledTemporaryFile", "FileSystemStorage", "default_storage", "copyfileobj", "copytree", "urlretrieve"),
    *("FileField", "ImageField", "FilePathField"),
)
"""Names that write, of whatever they are called."""
REACHES: Final = ("os", "io", "shutil", "tempfile", "pathlib", "builtins", "subprocess", "codecs")
"""Modules of which nothing may be taken by a name made at run time."""


def writes(source: str) -> set[str]:
    """Return by what a module can write files; empty where it cannot."""
    tree = ast.parse(source)
    known = dict(_imported(tree))
    return {found for node in ast.walk(tree) for found in _found(node, known)}


def _imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                yield (one.asname, one.name) if one.asname else (one.name.partition(".")[0],) * 2
        elif isinstance(node, ast.ImportFrom) and node.module:
            for one in node.names:
                yield one.asname or one.name, f"{node.module}.{one.name}"


def _found(node: ast.AST, known: dict[str, str]) -> Iterator[str]:
    if isinstance(node, ast.Attribute | ast.Name):
        full = _full(node, known)
        last = full.rpartition(".")[2]
        if (last in FLAGS or last in METHODS or full in ALWAYS) and not full.startswith("django.forms."):
            yield full
    if isinstance(node, ast.Call):
        yield from _called(node, known)


def _called(node: ast.Call, known: dict[str, str]) -> Iterator[str]:
    full = _full(node.func, known)
    last = full.rpartition(".")[2]
    if full == "getattr" and node.args and _full(node.args[0], known).partition(".")[0] in REACHES:
        yield f"getattr({ast.unparse(node.args[0])})"
    if full == "typst.compile" and (len(node.args) > 1 or any(one.arg == "output" for one in node.keywords)):
        yield full
    if (full in MODES or last in MODED) and _mode_writes(node, full, last):
        yield full or last
    if f"{full}:filename" in ALWAYS and any(one.arg == "filename" for one in node.keywords):
        yield full


def _mode_writes(node: ast.Call, full: str, last: str) -> bool:
    """Whether a mode says that it writes. A place in memory is none; of a method, the mode comes first."""
    if last != "open" and node.args and "BytesIO" in ast.unparse(node.args[0]):
        return False
    second = full in MODES or last != "open"
    given = [one.value for one in node.keywords if one.arg in ("mode", "flags")]
    given += node.args[1:2] if second else [one for one in node.args[:2] if not _is_place(one)]
    return any(_may_write(one) for one in given)


def _is_place(node: ast.AST) -> bool:
    """Whether a text is too long or too odd to be a mode, so that it names a file."""
    return (
        not isinstance(node, ast.Constant)
        or not isinstance(node.value, str)
        or not set(node.value) <= set("rwxab+tU:|")
    )


def _may_write(node: ast.AST) -> bool:
    """Whether a mode or flags may write: what is not written out may; flags that are, are judged by their names."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and bool(set(node.value.partition(":")[0]) & set("wxa+"))
    names = [one for one in ast.walk(node) if isinstance(one, ast.Attribute | ast.Name)]
    flags = [one for one in names if ast.unparse(one).rpartition(".")[2].startswith("O_")]
    return not flags


def _full(node: ast.AST, known: dict[str, str]) -> str:
    """Return the dotted name that an expression stands for, as far as it has one."""
    if isinstance(node, ast.Name):
        return known.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        before = _full(node.value, known)
        return f"{before}.{node.attr}" if before else node.attr
    return ""
