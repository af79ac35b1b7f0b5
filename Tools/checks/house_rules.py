#!/usr/bin/env python3
"""The rules of this repository that `swift format lint` does not know.

    house_rules.py                  all rules; exit status 1 if one is broken
    house_rules.py documentation    only one of them: documentation, parameters, sizes, vocabulary, platform,
                                    conversions, tests

documentation  every public declaration has a documentation comment
parameters     every public function documents its parameters, its result and what it throws, in DocC's form
sizes          no source file above 400 lines, no function above 50
vocabulary     no word of vocabulary.txt where the field has a better one; vocabulary-allowed.txt lists what is data
platform       only CVCore/Platform.swift asks which system it is; threads are its own, not those of Dispatch, which waits
               for ever where the system has none left; print() does not see a full standard output
conversions    no float becomes an integer by an initializer that traps for NaN and out of range
tests          no test imports with @testable: release builds of the tests fail with it

The types decide about conversions, so the compiler finds them: CVCore shadows the initializers of the standard library as
deprecated, and CI builds with that warning as an error. The rule here sees to what the compiler cannot: that each file
with conversions imports CVCore, and that none evades the shadows.
"""

import re
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
MAXIMUM_LINES = 400
MAXIMUM_FUNCTION_LINES = 50
TEXT_SUFFIXES = {".swift", ".c", ".h", ".inc", ".py", ".sh", ".md", ".txt"}

ATTRIBUTES = r"(?:@\w+(?:\([^)]*\))?\s+)*"
MODIFIERS = (
    r"(?:(?:(?:internal|private|package)\(set\)|static|final|mutating|indirect|nonisolated(?:\(unsafe\))?|convenience|"
    r"override|required)\s+|class\s+(?=func|var))*")
DECLARATION = re.compile(
    rf"^\s*{ATTRIBUTES}public\s+{MODIFIERS}"
    r"(?P<kind>struct|class|enum|protocol|actor|func|init|var|let|subscript|typealias|associatedtype)\b.*")
ATTRIBUTE_LINE = re.compile(r"^\s*@\w+(\(.*\))?\s*$")
FUNCTION = re.compile(r"^(\s*)(?:(?:@\w+(?:\(.*\))?|\w+(?:\(set\))?)\s+)*(?:func\s|init[?(<]|subscript\()")
# A requirement of a protocol of the standard library needs no comment: the protocol documents it.
CONFORMANCE = re.compile(
    r"\bvar (?:description|debugDescription|errorDescription|startIndex|endIndex|count|rawValue|hashValue|category)\b|"
    r"\bfunc (?:hash\(into|index\(after|index\(before|encode\(to|next\(\)|==|<)|"
    r"\binit\(from |\binit\((?:array|dictionary|string)Literal|\binit\?\(rawValue|\btypealias \w+ = ")


def swift_files(*folders: str) -> list[Path]:
    """All Swift sources below some folders, in the order of their paths."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.swift"))


def shown(path: Path) -> str:
    """A path from the root of the repository."""
    return path.relative_to(ROOT).as_posix()


def lines_of(path: Path) -> list[str]:
    """The lines of a text file."""
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


# Documentation


class Declaration(NamedTuple):
    """A public declaration and what stands above it."""
    position: str
    kind: str
    first_line: str
    comment: str
    signature: str


def comment_above(lines: list[str], index: int) -> str:
    """The documentation comment that ends just above a declaration; attributes may stand between."""
    end = index
    while end > 0 and ATTRIBUTE_LINE.match(lines[end - 1]):
        end -= 1
    start = end
    while start > 0 and lines[start - 1].lstrip().startswith("///"):
        start -= 1
    return "\n".join(lines[start:end])


def signature(lines: list[str], index: int) -> str:
    """A declaration up to its body, in one line."""
    text = ""
    for line in lines[index:index + 30]:
        text += " " + line.strip()
        if text.count("(") != text.count(")"):
            continue
        if "(" not in text or "{" in line or line.endswith("}") or not line.endswith((",", "->")):
            break
    return text


def public_declarations() -> Iterator[Declaration]:
    """The public declarations of the libraries, without those that a standard protocol requires."""
    for path in swift_files("Sources"):
        if "cvtool" in path.parts:
            continue
        lines = lines_of(path)
        for index, line in enumerate(lines):
            match = DECLARATION.match(line)
            text = signature(lines, index) if match else ""
            if match and not CONFORMANCE.search(text):
                yield Declaration(
                    f"{shown(path)}:{index + 1}", match["kind"], line.strip(), comment_above(lines, index), text)


def check_documentation() -> list[str]:
    """Public declarations without a documentation comment."""
    return [
        f"{each.position}: no documentation comment: {each.first_line[:90]}"
        for each in public_declarations() if not each.comment
    ]


def split_parameters(text: str) -> tuple[list[str], str]:
    """The parameters of a function's signature, and what follows their closing parenthesis."""
    start = text.find("(")
    if start < 0:
        return [], text
    depth, parts, part = 0, [], ""
    for end, character in enumerate(text[start:], start):
        if character in ")]}>" and not part.endswith("-"):
            depth -= 1
        if depth == 0 and character == ")":
            return [*parts, part], text[end + 1:]
        if character == "," and depth == 1:
            parts.append(part)
            part = ""
        elif depth > 0:
            part += character
        if character in "([{<":
            depth += 1
    return [*parts, part], ""


def missing_items(declaration: Declaration) -> list[str]:
    """What the comment of a function leaves out: names of parameters, Returns, Throws."""
    parameters, rest = split_parameters(declaration.signature)
    names = [words[-1] for words in (each.split(":")[0].split() for each in parameters) if words and words[-1] != "_"]
    missing = [each for each in names if not re.search(rf"-\s+(?:Parameter\s+)?`?{each}`?:", declaration.comment)]
    result = rest.split("{")[0]
    if declaration.kind == "func" and "->" in result and "- Returns:" not in declaration.comment:
        missing.append("Returns")
    if re.match(r"\s*(?:async\s+)?throws\b", result) and "- Throws:" not in declaration.comment:
        missing.append("Throws")
    return missing


def check_parameters() -> list[str]:
    """Public functions whose comment leaves out a parameter, the result or the error."""
    problems = []
    for each in public_declarations():
        if each.kind in ("func", "init", "subscript") and each.comment:
            missing = missing_items(each)
            if missing:
                problems.append(f"{each.position}: not documented: {', '.join(missing)}")
    return problems


# Sizes


def function_lengths(lines: list[str]) -> Iterator[tuple[int, int]]:
    """(line number, lines) of each function of a Swift file whose body ends on a line of its own."""
    for index, line in enumerate(lines):
        match = FUNCTION.match(line)
        if not match or line.lstrip().startswith("//"):
            continue
        indent = match[1]
        end = next((end for end in range(index, len(lines)) if lines[end].rstrip() == indent + "}"), index)
        # A protocol's requirement has no body: the next closing brace belongs to something else.
        is_body = all(
            not each or each.startswith(indent + " ") or each.strip().startswith((")", "//", "#"))
            for each in lines[index + 1:end])
        if is_body:
            yield index + 1, end - index + 1


def check_sizes() -> list[str]:
    """Files and functions that are too long."""
    sources = swift_files("Sources", "Tests", "Examples")
    sources += sorted(path for kind in ("*.c", "*.h", "*.inc") for path in (ROOT / "Sources").rglob(kind))
    sources += sorted((ROOT / "Tools").rglob("*.py"))
    problems = []
    for path in sources:
        lines = lines_of(path)
        if len(lines) > MAXIMUM_LINES:
            problems.append(f"{shown(path)}: {len(lines)} lines; {MAXIMUM_LINES} is the most")
        if path.suffix == ".swift":
            problems += [
                f"{shown(path)}:{number}: a function of {length} lines; {MAXIMUM_FUNCTION_LINES} is the most"
                for number, length in function_lengths(lines) if length > MAXIMUM_FUNCTION_LINES
            ]
    return problems


# Vocabulary


def table(file: str) -> list[list[str]]:
    """The rows of a table in this folder: fields between tabs; lines that begin with # are comments."""
    lines = lines_of(Path(__file__).parent / file)
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def prose_files() -> list[Path]:
    """The files whose words are checked: all text but these checks themselves and golden data."""
    files = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    for folder in ("Sources", "Tests", "Tools", "Examples", "Weights", "SampleImages"):
        files += [path for path in (ROOT / folder).rglob("*") if path.suffix in TEXT_SUFFIXES and path.is_file()]
    return sorted(path for path in files if not {"checks", "Golden"} & set(path.parts))


def check_vocabulary() -> list[str]:
    """Words that have a better one in the field, and exceptions that are no longer needed."""
    rules = [(re.compile(pattern), better) for pattern, better in table("vocabulary.txt")]
    allowed = [(glob, re.compile(pattern)) for glob, pattern, _ in table("vocabulary-allowed.txt")]
    unused = set(range(len(allowed)))
    problems = []
    for path in prose_files():
        name = shown(path)
        exceptions = [(index, pattern) for index, (glob, pattern) in enumerate(allowed) if fnmatch(name, glob)]
        for number, line in enumerate(lines_of(path), 1):
            for index, pattern in exceptions:
                line, count = pattern.subn("", line)
                if count:
                    unused.discard(index)
            for pattern, better in rules:
                if match := pattern.search(line):
                    problems.append(f"{name}:{number}: {match[0]!r}: better {better}")
    return problems + [
        f"Tools/checks/vocabulary-allowed.txt: never used: {allowed[index][0]} {allowed[index][1].pattern}"
        for index in sorted(unused)
    ]


# Platform


PLATFORM = {
    re.compile(r"canImport\("): "canImport belongs in Sources/CVCore/Platform.swift",
    re.compile(r"DispatchQueue|DispatchGroup|OperationQueue"): "threads come from Parallel or BackgroundThreads",
    re.compile(r"(?<![\w.])print\("): "StandardOutput.write reports what cannot be written, print does not",
}


def check_platform() -> list[str]:
    """What only one file may do, or none."""
    return [
        f"{shown(path)}:{number}: {advice}"
        for path in swift_files("Sources") if path.name != "Platform.swift"
        for number, line in enumerate(lines_of(path), 1) if not line.lstrip().startswith("//")
        for pattern, advice in PLATFORM.items() if pattern.search(line)
    ]


# Conversions

# `Int(x)`, but not `Int(clamping: x)` or another label.
CONVERSION = re.compile(r"\bU?Int(?:8|16|32|64)?\((?!\w+:)")
# The standard library by name, and generic conversions, evade the shadows.
EVASION = re.compile(r"\bSwift\.U?Int\d*\(|\bnumericCast\(")


def check_conversions() -> list[str]:
    """Files whose conversions the compiler does not check."""
    problems = []
    for path in swift_files("Sources"):
        lines = [line.split("//")[0] for line in lines_of(path)]
        used = next((number for number, line in enumerate(lines, 1) if CONVERSION.search(line)), None)
        imports = any(re.match(r"(?:\w+ )?import CVCore\b", line) for line in lines)
        if used and not imports and "CVCore" not in path.parts:
            problems.append(f"{shown(path)}:{used}: a conversion to an integer without import CVCore: it may trap")
        problems += [
            f"{shown(path)}:{number}: {match[0]!r} evades the check of conversions; use init(clamping:) or init(exactly:)"
            for number, line in enumerate(lines, 1) if (match := EVASION.search(line))
        ]
    return problems


# Tests

TESTABLE = re.compile(r"^\s*@testable\b")


def check_tests() -> list[str]:
    """Tests that see more of a module than `package` shows."""
    return [
        f"{shown(path)}:{number}: @testable does not build in release; make what the test needs `package`"
        for path in swift_files("Tests") for number, line in enumerate(lines_of(path), 1) if TESTABLE.search(line)
    ]


CHECKS = {
    "documentation": check_documentation,
    "parameters": check_parameters,
    "sizes": check_sizes,
    "vocabulary": check_vocabulary,
    "platform": check_platform,
    "conversions": check_conversions,
    "tests": check_tests,
}


def main() -> int:
    """Runs the rules that are named, or all of them."""
    wanted = sys.argv[1:] or list(CHECKS)
    unknown = [each for each in wanted if each not in CHECKS]
    if unknown:
        print(f"house_rules: {', '.join(unknown)}: not one of {', '.join(CHECKS)}", file=sys.stderr)
        return 64
    broken = 0
    for rule in wanted:
        problems = CHECKS[rule]()
        print("\n".join([*problems, f"{rule}: {len(problems)} problems"]))
        broken += len(problems)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
