"""Words of a magic's line as the Python source that they stand for."""

from __future__ import annotations

import argparse
import ast
import functools
import io
import json
import keyword
import re
import tokenize
from argparse import Action, ArgumentError, ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING, Any, NoReturn, get_args

from IPython.core.completer import SimpleCompletion, context_matcher
from IPython.core.error import UsageError
from IPython.core.magic import no_var_expand

import kit
from kit.definition.metadata import DeckField
from kit.definition.parsing import parse_timedelta
from kit.definition.settings import RUNTIMES
from kit.definition.shipment import Ship
from kit.errors import AuthoringError, KitError
from kit.magics.executor_module import module_flags
from kit.magics.words import FlagParser, errors_of_cell
from kit.source.literals import NotPlainError, literal
from kit.source.pages import note_cell

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext

__all__ = [
    "ContainerTaskMagic",
    "Entries",
    "Source",
    "TaskLine",
    "accelerator",
    "call_source",
    "check_body",
    "complete_flags",
    "entry",
    "function_source",
    "join_continued",
    "json_or_text",
    "keywords_of",
    "plain_python",
    "read_task_line",
    "seconds",
    "secret",
    "source_of",
    "task_flags",
    "text",
    "whole_number",
]


_VARIABLE = re.compile(r"\$([^\W\d]\w*(?:\.[^\W\d]\w*)*)\Z")


class Source(str):
    """A Python expression."""

    __slots__ = ()


Entry = tuple[str, Source] | Source
Converter = Callable[[str], Source]


def source_of(value: Any) -> Source:
    """Return the expression of a flag's value: one, or all that were given.

    >>> source_of({"a": Source("1"), "b": Source("limit")})
    "{'a': 1, 'b': limit}"
    """
    if isinstance(value, Source):
        return value
    if isinstance(value, dict):
        inside = ", ".join(f"{key!r}: {item}" for key, item in value.items())
        return Source(f"{{{inside}}}")
    if isinstance(value, list):
        return Source(f"[{', '.join(map(source_of, value))}]")
    return _literal(value)


def text(word: str) -> Source:
    """Return a word as text; ``$NAME`` is the variable of that name.

    >>> text("acme/w:1"), text("$settings.image")
    ("'acme/w:1'", 'settings.image')
    """
    return _variable(word) or _literal(word)


def json_or_text(word: str) -> Source:
    """Return a word as JSON, if it is that, or as text.

    >>> json_or_text("[1, null]"), json_or_text("penguins")
    ('[1, None]', "'penguins'")
    """
    try:
        value = json.loads(word, parse_constant=_no_json)
    except (ValueError, RecursionError):
        return text(word)
    return _literal(value)


def whole_number(word: str) -> Source:
    """Return a word as a whole number."""
    try:
        return _variable(word) or Source(int(word))
    except ValueError:
        raise ArgumentTypeError(f"{word!r} is no whole number") from None


def seconds(word: str) -> Source:
    """Return a time such as ``90`` or ``1h30m`` as whole seconds."""
    variable = _variable(word)
    if variable is not None:
        return variable
    try:
        duration = parse_timedelta(word)
    except ValueError as error:
        raise ArgumentTypeError(str(error).rstrip(".")) from None
    if duration.microseconds:
        raise ArgumentTypeError(f"{word!r} is no whole number of seconds")
    return Source(duration.days * 86_400 + duration.seconds)


def secret(word: str) -> Source:
    """Return ``GROUP/KEY`` as a secret; one without a slash is a group."""
    variable = _variable(word)
    if variable is not None:
        return variable
    group, slash, key = word.partition("/")
    if not group or bool(slash) is not bool(key):
        raise ArgumentTypeError(f"{word!r} is no GROUP/KEY")
    names = f"group={group!r}" + (f", key={key!r}" if key else "")
    return Source(f"kit.Secret({names})")


def accelerator(word: str) -> Source:
    """Return a device's name as a GPU."""
    return _variable(word) or Source(f"kit.GPUAccelerator({word!r})")


def entry(value: Converter) -> Callable[[str], Entry]:
    """Return what reads ``KEY=VALUE``, or ``$NAME`` for a whole mapping."""

    def read(word: str) -> Entry:
        variable = _variable(word)
        if variable is not None:
            return variable
        key, sign, rest = word.partition("=")
        if not key or not sign:
            raise ArgumentTypeError(f"{word!r} is no KEY=VALUE")
        return key, value(rest)

    return read


class Entries(Action):
    """Collects the entries of a mapping, each key once."""

    def __call__(
        self,
        parser: ArgumentParser,
        namespace: Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Add an entry.

        Raises:
            ArgumentError: The key is there, or a variable is the whole mapping.
        """
        del parser, option_string
        known = getattr(namespace, self.dest)
        if known is None:
            known = values if isinstance(values, Source) else dict([values])
            setattr(namespace, self.dest, known)
        elif isinstance(known, Source) or isinstance(values, Source):
            raise ArgumentError(self, "a variable is the whole mapping")
        elif values[0] in known:
            raise ArgumentError(self, f"{values[0]!r} is given twice")
        else:
            known[values[0]] = values[1]


def _variable(word: str) -> Source | None:
    match = _VARIABLE.match(word)
    if match is None or any(map(keyword.iskeyword, match[1].split("."))):
        return None
    return Source(match[1])


def _literal(value: Any) -> Source:
    try:
        return Source(literal(value, str))
    except NotPlainError as error:
        raise ArgumentTypeError(f"the value is too large: {error}") from None


def _no_json(constant: str) -> NoReturn:
    raise ValueError(constant)


_RESOURCES = {
    "cpu": "cores, as 2 or 500m",
    "mem": "memory, as 512Mi",
    "gpu": "devices",
    "ephemeral-storage": "scratch space, as 10Gi",
}


@functools.cache
def task_flags() -> FlagParser:
    """Return the parser of the flags: it reads them as Python source."""
    parser = FlagParser(
        "%%container_task NAME(input: type, ...) -> output --image IMAGE [flags]"
    )
    _add_template(parser)
    _add_resources(parser)
    _add_policy(parser)
    _add_body(parser)
    return parser


def _add_template(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    image = "where the body runs; '' for the settings' default"
    add("--image", type=text, metavar="IMAGE", help=image)
    custom = "an entry of tt.custom: JSON, or else text"
    _add_entries(parser, "--custom", "custom", entry(json_or_text), custom)
    env = "an environment variable"
    _add_entries(parser, "--env", "environment", entry(text), env)
    add(
        "--secret",
        action="append",
        dest="secret_requests",
        type=secret,
        metavar="GROUP/KEY",
        help="a secret to mount",
    )
    add("--name", type=text, metavar="NAME", help="the task's name")
    add("--task-type", type=text, metavar="TYPE", help="its type on the wire")


def _add_entries(
    parser: argparse.ArgumentParser, flag: str, dest: str, read: Any, meaning: str
) -> None:
    parser.add_argument(
        flag, action=Entries, dest=dest, type=read, metavar="KEY=VALUE", help=meaning
    )


def _add_resources(parser: argparse.ArgumentParser) -> None:
    add = functools.partial(parser.add_argument, type=text, metavar="AMOUNT")
    for name, unit in _RESOURCES.items():
        key = name.replace("-", "_")
        add(f"--{name}", dest=f"requests.{key}", help=f"asks for {unit}")
        add(f"--{name}-limit", dest=f"limits.{key}", help="takes at most")
    add("--accelerator", type=accelerator, metavar="DEVICE", help="a GPU by its name")
    add("--shared-memory", help="size of /dev/shm")


def _add_policy(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    cache = "take outputs of an earlier run of this version"
    add("--cache-version", type=text, metavar="VERSION", help=cache)
    wait = "let equal runs wait for each other"
    add("--cache-serialize", action="store_true", default=None, help=wait)
    add(
        "--cache-ignore",
        action="append",
        dest="cache_ignore_input_vars",
        type=text,
        metavar="INPUT",
        help="an input that the cache does not look at",
    )
    add("--retries", type=whole_number, metavar="NUMBER", help="of further attempts")
    attempt = "of one attempt, as 90 (seconds) or 1h30m"
    add("--timeout", type=seconds, metavar="TIME", help=attempt)
    either = argparse.BooleanOptionalAction
    add("--interruptible", action=either, help="whether its node may vanish")


def _add_body(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    either = argparse.BooleanOptionalAction
    add("--enable-deck", action=either, help="whether it writes deck.html")
    add(
        "--deck-field",
        action="append",
        dest="deck_fields",
        choices=[field.value for field in DeckField],
        help="a deck to write",
    )
    add("--runtime", choices=RUNTIMES, help="what runs the body in the image")
    add("--ship", choices=get_args(Ship), help="how the body gets there")
    limit = "of source that the template may hold"
    add("--inline-limit", type=whole_number, metavar="BYTES", help=limit)
    add("--show", action="store_true", help="print this cell as plain Python, too")


def keywords_of(flags: argparse.Namespace) -> dict[str, Source]:
    """Return the keywords of ``kit.container_task``, with the source of their values.

    >>> flags = task_flags().parse_text("--cpu 1 --mem 1Gi --retries 2")
    >>> keywords_of(flags)
    {'requests': "kit.Resources(cpu='1', mem='1Gi')", 'retries': '2'}
    """
    found: dict[str, Source] = {}
    amounts: dict[str, list[str]] = {}
    for dest, value in vars(flags).items():
        whole, _, part = dest.partition(".")
        if value is None or dest == "show":
            continue
        if part:
            amounts.setdefault(whole, []).append(f"{part}={value}")
            found[whole] = Source(f"kit.Resources({', '.join(amounts[whole])})")
        else:
            found[whole] = source_of(value)
    if "cache_version" in found:
        found["cache"] = Source("True")
    return found


_STRINGS_BRACKETS_FLAGS = re.compile(
    r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[()\[\]{}]|(?<!\S)--?[A-Za-z]"""
)
_SIGNATURE = re.compile(r"\s*(?P<name>\w+)\s*(?P<rest>\(.*|->.*)?\Z", re.DOTALL)
_FORM = "NAME(input: type, ...) -> output --image IMAGE [flags]"


@dataclass(frozen=True)
class TaskLine:
    """What the line says.

    Attributes:
        name: The function's name.
        header: Its ``def``, with ``tt`` as the first parameter, up to the colon.
        flags: What stands after the signature.
    """

    name: str
    header: str
    flags: str


def join_continued(line: str, cell: str) -> tuple[str, str, int]:
    r"""Join a magic's line with those that a backslash at its end continues it on.

    Returns:
        The joined line, what is left of the cell, and how many lines were joined.

    >>> join_continued("f() \\", "--image a:1\nreturn 1")
    ('f()  --image a:1', 'return 1', 1)
    """
    joined = 0
    while line.rstrip().endswith("\\") and cell:
        more, _, cell = cell.partition("\n")
        line = f"{line.rstrip()[:-1]} {more}"
        joined += 1
    return line, cell, joined


def read_task_line(line: str) -> TaskLine:
    """Read the line.

    Raises:
        UsageError: It has no name, or no signature of Python's.

    >>> read_task_line("weigh(grams: list[int]) -> float --cpu 1").header
    'def weigh(tt, grams: list[int]) -> float:'
    """
    begin = _begin_of_flags(line)
    signature = line[:begin].strip()
    match = _SIGNATURE.match(signature)
    if match is None:
        msg = f"{signature or line.strip()!r} is no signature: expected {_FORM}."
        raise UsageError(msg)
    name, rest = match["name"], match["rest"] or "()"
    rest = f"(){rest}" if rest.startswith("->") else rest
    header = _with_template(name, rest)
    return TaskLine(name, header, line[begin:])


def _begin_of_flags(line: str) -> int:
    """Return where the first flag stands that is in no bracket and no string."""
    depth = 0
    for match in _STRINGS_BRACKETS_FLAGS.finditer(line):
        found = match.group()
        if found.startswith("-") and depth <= 0:
            return match.start()
        depth += (found in "([{") - (found in ")]}")
    return len(line)


def _with_template(name: str, rest: str) -> str:
    """Return the head of the function, which takes ``tt`` first."""
    function = _parse(name, f"def {name}{rest}:")
    parameters = [*function.args.posonlyargs, *function.args.args]
    if parameters and parameters[0].arg == "tt":
        return f"def {name}{rest}:"
    inside = rest[1:].lstrip()
    comma = "" if inside.startswith(")") else ", "
    header = f"def {name}(tt{comma}{inside}:"
    _parse(name, header)
    return header


def _parse(name: str, header: str) -> ast.FunctionDef:
    try:
        (statement,) = ast.parse(f"{header}\n    pass").body
    except (SyntaxError, ValueError) as error:
        said = error.msg if isinstance(error, SyntaxError) else str(error)
        msg = f"The signature of {name} is no Python: {said}. Expected {_FORM}."
        raise UsageError(msg) from error
    if isinstance(statement, ast.FunctionDef) and len(statement.body) == 1:
        return statement
    msg = f"The signature of {name} is more than a signature. Expected {_FORM}."
    raise UsageError(msg)


_WIDTH = 88
_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_ASYNC = (ast.Await, ast.AsyncFor, ast.AsyncWith)


def function_source(header: str, body: str, *, lines_above: int = 0) -> str:
    r"""Return the function that has a cell for its body, with the cell's line numbers.

    Lines that begin inside a string stay as they are: they are part of its value.

    Args:
        header: The ``def``, which takes the line of the magic.
        body: The rest of the cell.
        lines_above: How many lines of the cell stand between the two.

    >>> print(function_source("def f(tt):", "x = 'a'\nreturn x"))
    def f(tt):
        x = 'a'
        return x
    """
    inside = _rows_inside_strings(body)
    lines = [
        line if row in inside or not line.strip() else f"    {line}"
        for row, line in enumerate(io.StringIO(body), start=1)
    ]
    return header + "\n" * (lines_above + 1) + "".join(lines)


def _rows_inside_strings(body: str) -> set[int]:
    """Return the rows whose beginning belongs to a string that an earlier row opens."""
    rows: set[int] = set()
    opened: list[int] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(body).readline):
            kind, begin = tokenize.tok_name[token.type], token.start[0]
            if kind.endswith("STRING_START"):  # of f-strings, from Python 3.12 on
                opened.append(begin)
                continue
            if kind.endswith("STRING_END"):
                begin = opened.pop()
            elif kind != "STRING":
                continue
            rows.update(range(begin + 1, token.end[0] + 1))
    except (tokenize.TokenError, SyntaxError):
        return set()  # no Python: the compiler says where
    return rows


def check_body(function: ast.FunctionDef) -> None:
    """Refuse a body that no container could run, or that forgets its output.

    Raises:
        AuthoringError: It awaits, yields, or never returns what it declares.
    """
    returns = False
    for node in _own_nodes(function):
        if isinstance(node, _ASYNC):
            raise _refused(node, "awaits", "Run it with asyncio.run(...).")
        if isinstance(node, ast.Yield | ast.YieldFrom):
            raise _refused(node, "yields", "Collect a list and return it.")
        returns |= isinstance(node, ast.Raise)
        returns |= isinstance(node, ast.Return) and node.value is not None
    declared = function.returns
    if returns or declared is None or ast.unparse(declared) == "None":
        return
    raise AuthoringError(
        f"{function.name} declares the output {ast.unparse(declared)} and never "
        "returns one: end the cell with `return ...`."
    )


def _own_nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Yield what a function's body holds, but not what functions inside it do."""
    todo: list[ast.AST] = list(function.body)
    while todo:
        node = todo.pop(0)
        yield node
        if not isinstance(node, _INNER):
            todo.extend(ast.iter_child_nodes(node))


def _refused(node: ast.AST, does: str, way_out: str) -> AuthoringError:
    line = getattr(node, "lineno", 0)
    return AuthoringError(
        f"Line {line} of the cell {does}, and a container calls the body once and "
        f"waits for its `return`. {way_out}"
    )


def call_source(keywords: Mapping[str, str]) -> str:
    """Return the call of ``kit.container_task``, on one line where it fits.

    >>> call_source({"image": "'a:1'"})
    "kit.container_task(image='a:1')"
    """
    arguments = [f"{name}={value}" for name, value in keywords.items()]
    line = f"kit.container_task({', '.join(arguments)})"
    if len(line) < _WIDTH and "\n" not in line:
        return line
    return "kit.container_task(\n" + "".join(f"    {a},\n" for a in arguments) + ")"


def plain_python(line: TaskLine, body: str, keywords: Mapping[str, str]) -> str:
    """Return what one would write without the magic."""
    function = function_source(line.header, body).rstrip()
    return f"import kit\n\n\n@{call_source(keywords)}\n{function}\n"


_HELP = """Make a container task of this cell: its body is the executor's.

The body sees ``tt``, the template, and the inputs, and ends with ``return``. What it
uses of other cells travels with it, as with ``@kit.container_task``, which is what the
cell becomes; ``--show`` prints that.

    %%container_task weigh(grams: list[int]) -> int --image acme/w:1 --cpu 1
    total = sum(grams)
    return total * int(tt.custom.get("factor", 1))

A string that the body begins with is the documentation. A backslash at the end of the
line continues it on the next one. ``$NAME`` is the value of a variable of the notebook.

"""


class ContainerTaskMagic:
    """The magic of one shell."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    @no_var_expand  # braces in a signature are Python
    def container_task(self, line: str, cell: str) -> None:
        """Define a task; its help is that of the flags."""
        head, body, joined = join_continued(line, cell)
        read = read_task_line(head)
        flags = task_flags().parse_text(read.flags)
        keywords = keywords_of(flags)
        if "image" not in keywords:
            msg = (
                f"{read.name} needs an image: add --image ghcr.io/acme/app:1.0, or "
                "--image '' for the default image of the settings."
            )
            raise UsageError(msg)
        if not body.strip():
            raise UsageError(f"{read.name} has no body: write it below the line.")
        source = function_source(read.header, body, lines_above=joined)
        task = self._make(read.name, source, call_source(keywords))
        self._shell.push({read.name: task})
        if flags.show:
            print(plain_python(read, body, keywords), end="")  # noqa: T201 - asked for

    container_task.__doc__ = _HELP + task_flags().format_help()

    def _make(self, name: str, source: str, call: str) -> Any:
        """Compile the function as the shell does its cells, and make a task of it."""
        shell = self._shell
        cell = shell.displayhook.prompt_count  # execution_count may be the next one's
        filename = shell.compile.cache(source, cell, raw_code=source)
        note_cell(source)
        with errors_of_cell(shell, filename):
            tree = shell.compile.ast_parse(source, filename=filename)
            check_body(tree.body[0])
            code = shell.compile(shell.transform_ast(tree), filename, "exec")
            made: dict[str, Any] = {}
            exec(code, shell.user_ns, made)  # noqa: S102 - the user's own cell
            return self._decorator(call)(made[name])

    def _decorator(self, call: str) -> Any:
        try:
            return eval(call, {**self._shell.user_ns, "kit": kit})  # noqa: S307 - idem
        except KitError:
            raise
        except (NameError, AttributeError) as error:
            msg = f"A flag's $NAME is not in the notebook: {error}. Run its cell first."
            raise UsageError(msg) from error


_PARSERS = {"%%container_task": task_flags, "%%executor_module": module_flags}


@context_matcher()  # type: ignore[untyped-decorator]
def complete_flags(context: CompletionContext) -> dict[str, Any]:
    """Offer flags and their values on the line of a magic, and nothing elsewhere."""
    line = _line_of_magic(context)
    magic, _, rest = line.partition(" ")
    if magic not in _PARSERS or not rest:
        return {"completions": []}
    parser, word = _PARSERS[magic](), context.token
    before = rest[: len(rest) - len(word)].split()
    known = parser.values_of(before[-1].rstrip("=")) if before else []
    if not known and word.startswith("-"):
        known = parser.flags()
    found = [SimpleCompletion(quote(each)) for each in known if each.startswith(word)]
    return {"completions": found, "suppress": bool(found)}


def _line_of_magic(context: CompletionContext) -> str:
    """Return the text before the cursor, if backslashes make it one line."""
    above = context.full_text.split("\n")[: context.cursor_line]
    if not all(line.rstrip().endswith("\\") for line in above):
        return ""
    return " ".join([*above, context.line_with_cursor[: context.cursor_position]])
