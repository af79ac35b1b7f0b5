"""Tests of checks/code_blocks.py: python3 -m unittest discover -s Tools/tests"""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "checks"))

from code_blocks import blocks, check_links, source

DOCUMENT = """# Title

```swift
import CVToolkit  // all of it

let a = 1
```

<!-- given: let labels = [a] -->
```swift
print(labels)
```

<!-- not compiled: a fragment -->
```swift
…
```

```sh
ls
```

```swift
extension Int {}
```
"""


class CodeBlocksTests(unittest.TestCase):
    """What becomes of the blocks of a document."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "Page.md"

    def written(self, text: str) -> Path:
        self.path.write_text(text)
        return self.path

    def test_swift_is_taken_with_its_lines(self):
        found, skipped = blocks(self.written(DOCUMENT))
        self.assertEqual([block.line for block in found], [4, 11, 24])
        self.assertEqual(skipped, 1)

    def test_imports_and_extensions_are_at_the_top_level(self):
        path = self.written(DOCUMENT)
        top, body = source(path, blocks(path)[0]).split("func codeOfPage() throws {")
        self.assertEqual(top.splitlines()[0], "import CVToolkit")
        self.assertIn("extension Int {}", top)
        self.assertNotIn("import", body)
        self.assertIn(f'let labels = [a]\n#sourceLocation(file: "{path}", line: 11)\nprint(labels)', body)

    def test_a_block_without_an_end_is_an_error(self):
        with self.assertRaises(SystemExit):
            blocks(self.written("```swift\nlet a = 1\n"))

    def test_links_to_nothing_are_an_error(self):
        check_links([self.written("``Tensor``, ``Tape``\n\n```swift\n// ``Nothing``\n```\n")])
        for text in ("``NoSuchType``", "<doc:NoSuchPage>"):
            with self.assertRaisesRegex(SystemExit, "NoSuch"):
                check_links([self.written(text)])


if __name__ == "__main__":
    unittest.main()
