/// "Did you mean": the candidate with the smallest edit distance to `name`, if it is close enough.
///
/// Case is ignored. Close enough means at most a third of the letters, but two edits always pass. Names of more than
/// 200 letters match nothing: they may come from a hostile file, and nobody types them.
package func nearestName(to name: String, in candidates: some Sequence<String>) -> String? {
    guard name.utf8.count <= longestName else { return nil }
    let target = Array(name.lowercased().unicodeScalars)
    let allowed = max(2, target.count / 3)
    var best: (name: String, edits: Int)?
    for candidate in candidates where candidate.utf8.count <= longestName {
        let letters = Array(candidate.lowercased().unicodeScalars)
        // The difference in length is a lower bound of the edits.
        guard abs(letters.count - target.count) <= allowed else { continue }
        let edits = editDistance(target, letters)
        if edits <= allowed, edits < best?.edits ?? .max { best = (candidate, edits) }
    }
    return best?.name
}

/// In bytes of UTF-8: 200 letters of any script.
private let longestName = 800

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of adjacent letters.
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
