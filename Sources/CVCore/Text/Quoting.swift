/// `name` in quotes, on one line and of bounded length: it may come from a hostile file.
package func quoted(_ name: String) -> String { "\"\(abbreviated(name))\"" }

/// The first 120 letters of `text`, on one line.
package func abbreviated(_ text: String) -> String {
    // By scalars, because one character may have any number of accents.
    let limit = 120
    let start = text.unicodeScalars.prefix(limit)
    return String(start).escapedForDisplay + (start.endIndex < text.unicodeScalars.endIndex ? "…" : "")
}
