#!/usr/bin/env python3
"""Turns the Swift code of Markdown documents into sources that a compiler can check.

    code_blocks.py OUTPUT FILE.md...     write one Swift file for each document
    code_blocks.py --links FILE.md...    check that what DocC pages link to exists

The blocks of a document are read from top to bottom, as a reader does: a later one may use what an earlier one has
declared. Declarations and statements become the body of one function, which is not async: code with `await` stands in
functions of its own, as the compiler prefers async overloads in async ones. Imports and extensions go to the file's top
level. Errors of the compiler point at the lines of the document.

Two comments above a block, invisible in the rendered page, change what happens to it:

    <!-- not compiled: why -->           leaves it out
    <!-- given: let labels = [0, 1] -->  compiles this line before it
"""

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMENT = re.compile(r"<!-- (not compiled|given): (.+?) -->$")
IMPORT = re.compile(r"(@\w+ )*import \w+")


@dataclass
class Block:
    """The lines of one code block."""

    line: int
    """Of its first line of code in the document, from 1."""
    lines: list[str]
    given: list[str] = field(default_factory=list)


def blocks(path: Path) -> tuple[list[Block], int]:
    """The Swift blocks that are compiled, and the number of those that are not."""
    found, skipped, given, reason = [], 0, [], None
    lines = path.read_text().splitlines()
    index = 0
    while index < len(lines):
        line = lines[index].strip()
        comment = COMMENT.match(line)
        if comment and comment[1] == "given":
            given.append(comment[2])
        elif comment:
            reason = comment[2]
        elif line.startswith("```"):
            end = index + 1
            while end < len(lines) and lines[end].strip() != "```":
                end += 1
            if end == len(lines):
                sys.exit(f"{path}:{index + 1}: this block has no end")
            if line == "```swift" and reason is None:
                found.append(Block(index + 2, lines[index + 1 : end], given))
            elif line == "```swift":
                skipped += 1
            given, reason, index = [], None, end
        elif line:
            given, reason = [], None
        index += 1
    return found, skipped


def is_top_level(block: Block) -> bool:
    """Whether the block extends a type, which no function may."""
    code = [line for line in block.lines if line and not line.startswith(("//", "import "))]
    return bool(code) and code[0].startswith(("extension ", "public extension "))


def source(path: Path, found: list[Block]) -> str:
    """One Swift file of all blocks of a document."""
    imports, top, body = set(), [], []
    for block in found:
        target = top if is_top_level(block) else body
        for line in block.given:
            (imports.add if IMPORT.match(line) else target.append)(line)
        code = []
        for line in block.lines:
            if IMPORT.match(line):
                imports.add(line.split("//")[0].strip())
                line = ""
            code.append(line)
        target += [f'#sourceLocation(file: "{path}", line: {block.line})', *code, "#sourceLocation()"]
    name = re.sub(r"\W", "", path.stem)
    return "\n".join(
        [*sorted(imports), "", *top, "", f"func codeOf{name}() throws {{", *body, "}", ""])


def write(output: Path, paths: list[Path]) -> None:
    """The sources of all documents that have Swift code."""
    output.mkdir(parents=True, exist_ok=True)
    total = 0
    for path in paths:
        found, skipped = blocks(path)
        if found:
            name = "_".join(path.resolve().relative_to(ROOT).with_suffix("").parts[-2:])
            (output / (re.sub(r"\W", "_", name) + ".swift")).write_text(source(path, found))
        total += len(found)
        print(f"{path}: {len(found)} blocks compiled, {skipped} not")
    print(f"code_blocks: {total} blocks of {len(paths)} documents")


def check_links(paths: list[Path]) -> None:
    """Exits with a message if a page or a symbol that is linked does not exist."""
    code = "\n".join(path.read_text() for path in sorted((ROOT / "Sources").rglob("*.swift")))
    kinds = r"(?:struct|class|enum|protocol|actor|typealias|func)"
    declared = set(re.findall(rf"(?m)^public (?:final |indirect )?{kinds} (\w+)", code))
    declared.add("CVToolkit")
    problems = []
    for path in paths:
        text = re.sub(r"(?ms)^```.*?^```$", lambda m: "\n" * m[0].count("\n"), path.read_text())
        for number, line in enumerate(text.splitlines(), 1):
            for page in re.findall(r"<doc:([\w-]+)>", line):
                if not (path.parent / f"{page}.md").exists():
                    problems.append(f"{path}:{number}: there is no page {page}")
            for symbol in re.findall(r"``(\w+)[^`]*``", line):
                if symbol not in declared:
                    problems.append(f"{path}:{number}: there is no public {symbol}")
    if problems:
        sys.exit("\n".join(problems))
    print(f"code_blocks: the links of {len(paths)} pages exist")


def main() -> None:
    arguments = sys.argv[1:]
    if len(arguments) < 2:
        sys.exit(__doc__)
    if arguments[0] == "--links":
        check_links([Path(name) for name in arguments[1:]])
    else:
        write(Path(arguments[0]), [Path(name) for name in arguments[1:]])


if __name__ == "__main__":
    main()
