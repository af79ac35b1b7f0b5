/// "Did you mean": the candidate that is the fewest edits away from `name`, if it is near enough to be meant.
///
/// Case is ignored. Near enough: at most a third of the letters changed, but two edits always pass. Names of more
/// than 200 letters are near to nothing: they may come from a hostile file, and nobody types them.
public func nearestName(to name: String, in candidates: some Sequence<String>) -> String? {
    guard name.utf8.count <= longestName else { return nil }
    let wanted = Array(name.lowercased().unicodeScalars)
    let allowed = max(2, wanted.count / 3)
    var best: (name: String, edits: Int)?
    for candidate in candidates where candidate.utf8.count <= longestName {
        let letters = Array(candidate.lowercased().unicodeScalars)
        // Each letter more or less is an edit.
        guard abs(letters.count - wanted.count) <= allowed else { continue }
        let edits = editDistance(wanted, letters)
        if edits <= allowed, edits < best?.edits ?? .max { best = (candidate, edits) }
    }
    return best?.name
}

/// In bytes of UTF-8: 200 letters of any script.
private let longestName = 800

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of two neighbours.
private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    var rows = Array(repeating: Array(0...b.count), count: a.count + 1)
    for i in rows.indices { rows[i][0] = i }
    guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
    for i in 1...a.count {
        for j in 1...b.count {
            var edits = min(
                rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
            if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                edits = min(edits, rows[i - 2][j - 2] + 1)
            }
            rows[i][j] = edits
        }
    }
    return rows[a.count][b.count]
}
