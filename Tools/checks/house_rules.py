#!/usr/bin/env python3
"""The rules of this repository that `swift format lint` does not know.

    house_rules.py                  all rules; exit status 1 if one is broken
    house_rules.py documentation    only one: documentation, parameters, sizes, vocabulary, platform

documentation  every public declaration has a documentation comment
parameters     every public function documents its parameters, its result and what it throws, in DocC's form
sizes          no source file above 400 lines, no function above 50
vocabulary     no word of the private language that this project once spoke (vocabulary.txt beside this script)
platform       only CVCore/Platform.swift asks which system it is
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAXIMUM_LINES = 400
MAXIMUM_FUNCTION_LINES = 50
DECLARATION = re.compile(
    r"^(?P<indent>\s*)(?:@\w+(?:\([^)]*\))?\s+)*public\s+(?:(?:internal|private|package)\(set\)\s+|static\s+|final\s+|"
    r"mutating\s+|indirect\s+|nonisolated\s+|nonisolated\(unsafe\)\s+|convenience\s+|override\s+|required\s+|class\s+(?=func|var))*"
    r"(?P<kind>struct|class|enum|protocol|actor|func|init|var|let|subscript|typealias|associatedtype)\b(?P<rest>.*)")
CASE = re.compile(r"^(?P<indent>\s*)(?:indirect\s+)?case\s+\w")
# What a protocol of the standard library asks for says what it is by its name.
CONFORMANCE = re.compile(
    r"\b(?:var (?:description|debugDescription|errorDescription|startIndex|endIndex|count|rawValue|hashValue|category)\b|"
    r"func (?:hash\(into|index\(after|index\(before|encode\(to|next\(\)|==|<)|func ==|init\(from |init\(arrayLiteral|"
    r"init\(dictionaryLiteral|init\(stringLiteral|init\?\(rawValue|typealias \w+ = )")


def swift_files(*folders: str) -> list[Path]:
    """All Swift sources below some folders, in the order of their paths."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.swift"))


def name(path: Path) -> str:
    """A path as it is shown: from the root of the repository."""
    return str(path.relative_to(ROOT))


def comment_above(lines: list[str], index: int) -> list[str]:
    """The documentation comment that ends just above a declaration; attributes may stand between."""
    end = index
    while end > 0 and re.match(r"^\s*@\w+(\(.*\))?\s*$", lines[end - 1]):
        end -= 1
    start = end
    while start > 0 and lines[start - 1].lstrip().startswith("///"):
        start -= 1
    return lines[start:end]


def signature(lines: list[str], index: int) -> str:
    """A declaration up to its body, in one line."""
    text = ""
    for line in lines[index:index + 30]:
        text += " " + line.strip()
        if text.count("(") == text.count(")") and (line.rstrip().endswith(("{", "}")) or "{" in line or "(" not in text):
            break
        if text.count("(") == text.count(")") and text.count("(") > 0 and not line.rstrip().endswith((",", "->")):
            break
    return text


def public_declarations(path: Path):
    """(line number, match, comment, signature) of each public declaration of a file."""
    lines = path.read_text(encoding="utf-8").split("\n")
    for index, line in enumerate(lines):
        match = DECLARATION.match(line)
        if match:
            yield index + 1, match, comment_above(lines, index), signature(lines, index)


def check_documentation() -> list[str]:
    """Public declarations without a documentation comment."""
    problems = []
    for path in swift_files("Sources"):
        if "/cvtool/" in str(path):
            continue
        for number, match, comment, text in public_declarations(path):
            if not comment and not CONFORMANCE.search(text):
                problems.append(f"{name(path)}:{number}: no documentation comment: {match.group(0).strip()[:90]}")
    return problems


def parameter_names(text: str) -> list[str]:
    """The local names of a function's parameters."""
    start = text.find("(")
    depth, parts, part = 0, [], ""
    for character in text[start:]:
        if character in "([{<":
            depth += 1
        if character in ")]}>" and not part.endswith("-"):
            depth -= 1
        if depth == 0:
            break
        if character == "," and depth == 1:
            parts.append(part)
            part = ""
        else:
            part += character
    parts.append(part)
    names = []
    for part in parts:
        words = part.lstrip("(").split(":")[0].split()
        if words:
            names.append(words[-1])
    return [each for each in names if each not in ("_", "")]


def check_parameters() -> list[str]:
    """Public functions whose comment leaves out a parameter, the result or the error."""
    problems = []
    for path in swift_files("Sources"):
        if "/cvtool/" in str(path):
            continue
        for number, match, comment, text in public_declarations(path):
            if match["kind"] not in ("func", "init", "subscript") or not comment or CONFORMANCE.search(text):
                continue
            body = "\n".join(comment)
            missing = [each for each in parameter_names(text) if not re.search(rf"-\s+(?:Parameter\s+)?`?{each}`?:", body)]
            head = text.split("{")[0]
            if match["kind"] == "func" and "->" in head.rsplit(")", 1)[-1] and "- Returns:" not in body:
                missing.append("Returns")
            if re.search(r"\)\s*(?:async\s+)?throws", head) and "- Throws:" not in body:
                missing.append("Throws")
            if missing:
                problems.append(f"{name(path)}:{number}: not documented: {', '.join(missing)}")
    return problems


def check_sizes() -> list[str]:
    """Files and functions that are too long."""
    problems = []
    sources = swift_files("Sources", "Tests", "Examples")
    sources += [path for kind in ("*.c", "*.h", "*.inc") for path in sorted((ROOT / "Sources").rglob(kind))]
    sources += sorted((ROOT / "Tools").rglob("*.py"))
    for path in sources:
        lines = path.read_text(encoding="utf-8").split("\n")
        if len(lines) > MAXIMUM_LINES + 1:
            problems.append(f"{name(path)}: {len(lines) - 1} lines; {MAXIMUM_LINES} is the most")
        if path.suffix != ".swift":
            continue
        for index, line in enumerate(lines):
            match = re.match(r"^(\s*)(?:(?:@\w+(?:\(.*\))?|\w+(?:\(set\))?)\s+)*(?:func\s|init[?(<]|subscript\()", line)
            if not match or line.lstrip().startswith("//"):
                continue
            length = next(
                (end - index + 1 for end in range(index, len(lines)) if lines[end].rstrip() == match[1] + "}"), 0)
            inner = lines[index + 1:index + length - 1] if length else []
            # A protocol's requirement has no body: the next closing brace belongs to something else.
            if length > MAXIMUM_FUNCTION_LINES and all(not each or each.startswith(match[1] + " ") or each.strip().startswith((")", "//", "#")) for each in inner):
                problems.append(f"{name(path)}:{index + 1}: a function of {length} lines; {MAXIMUM_FUNCTION_LINES} is the most")
    return problems


def check_vocabulary() -> list[str]:
    """Words that have a better one in the field."""
    rules = []
    for line in (ROOT / "Tools/checks/vocabulary.txt").read_text(encoding="utf-8").split("\n"):
        if line and not line.startswith("#"):
            pattern, _, better = line.partition("\t")
            rules.append((re.compile(pattern), better.strip()))
    suffixes = (".swift", ".c", ".h", ".inc", ".py", ".sh", ".md", ".txt")
    files = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    for folder in ("Sources", "Tests", "Tools", "Examples", "Weights", "SampleImages"):
        files += [path for path in (ROOT / folder).rglob("*") if path.suffix in suffixes and path.is_file()]
    problems = []
    for path in sorted(files):
        if "checks" in path.parts or "Golden" in path.parts:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").split("\n"), 1):
            for pattern, better in rules:
                match = pattern.search(line)
                if match:
                    problems.append(f"{name(path)}:{number}: {match.group(0)!r}: better {better}")
    return problems


def check_platform() -> list[str]:
    """Conditional imports outside the one file for them."""
    return [
        f"{name(path)}:{number}: canImport belongs in Sources/CVCore/Platform.swift"
        for path in swift_files("Sources") if path.name != "Platform.swift"
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1) if "canImport(" in line
    ]


CHECKS = {
    "documentation": check_documentation,
    "parameters": check_parameters,
    "sizes": check_sizes,
    "vocabulary": check_vocabulary,
    "platform": check_platform,
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
        print("\n".join(problems + [f"{rule}: {len(problems)} problems"]))
        broken += len(problems)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
