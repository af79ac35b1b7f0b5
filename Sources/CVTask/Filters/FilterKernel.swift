import CVCore
import CVTensor

/// The weights of one small filter that is chosen, not learned, such as Sobel's.
///
/// Images are cross-correlated with it, as in the layers of networks: the kernel is not flipped.
public struct FilterKernel: Sendable, Equatable {
    /// All of one length, which is 1 to `maximumSide`, as is their number.
    public let rows: [[Float]]

    /// The number of rows.
    public var height: Int { rows.count }
    /// The number of columns.
    public var width: Int { rows[0].count }

    /// 1 for what keeps the brightness, such as a blur; 0 for what answers to differences only, such as an edge.
    public var sum: Float { rows.joined().reduce(0, +) }

    /// A window of this side takes a thousand products a pixel.
    public static let maximumSide = 31

    /// A kernel of these weights.
    ///
    /// - Parameter rows: all of one length; 1 to `maximumSide` of them.
    /// - Throws: `FilterError` for rows that are not a rectangle of finite numbers, or too many.
    public init(rows: [[Float]]) throws(FilterError) {
        guard let first = rows.first, !first.isEmpty else { throw .empty }
        let widest = rows.map(\.count).max() ?? 0
        guard rows.count <= Self.maximumSide, widest <= Self.maximumSide else {
            throw .tooLarge(height: rows.count, width: widest)
        }
        for (index, row) in rows.enumerated() {
            guard row.count == first.count else {
                throw .ragged(row: index + 1, expected: first.count, found: row.count)
            }
            for value in row where !(abs(value) <= Self.largestWeight) {
                throw .notANumber("\(value)", row: index + 1)
            }
        }
        self.rows = rows
    }

    /// So that no sum of products is infinite.
    private static let largestWeight: Float = 1e9

    /// A kernel by its name, or its numbers: commas between columns, semicolons between rows, as `1,0,-1;1,0,-1;1,0,-1`.
    /// Fractions are numbers, too: `1/9`.
    ///
    /// - Parameter text: a name of `named`, or rows of numbers.
    /// - Throws: `FilterError` that says which row is wrong, or which names there are.
    public init(_ text: String) throws(FilterError) {
        let text = text.trimmed
        if text.isEmpty { throw .empty }
        if text.first?.isLetter == true, !text.contains(where: { ",;".contains($0) }) {
            self = try Self.named(text)
        } else {
            try self.init(rows: Self.parse(text))
        }
    }

    private static func parse(_ text: String) throws(FilterError) -> [[Float]] {
        // A semicolon may also stand at the end of a line.
        let lines = text.split(whereSeparator: \.isNewline).flatMap { line in
            var parts = line.split(separator: ";", omittingEmptySubsequences: false)
            if parts.count > 1, String(parts[parts.count - 1]).trimmed.isEmpty { parts.removeLast() }
            return parts
        }
        guard lines.count <= maximumSide else { throw .tooLarge(height: lines.count, width: 1) }
        var rows: [[Float]] = []
        for (index, line) in lines.enumerated() {
            let words = line.split(separator: ",", omittingEmptySubsequences: false)
            guard words.count <= maximumSide else { throw .tooLarge(height: lines.count, width: words.count) }
            var row: [Float] = []
            for word in words {
                let word = String(word).trimmed
                guard let value = number(word) else { throw .notANumber(word, row: index + 1) }
                row.append(value)
            }
            rows.append(row)
        }
        return rows
    }

    /// `-2.5` or `1/9`; nil for what is none, or infinite.
    private static func number(_ word: String) -> Float? {
        let parts = word.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map { Float($0) }
        guard let value = parts[0], let divisor = parts.count == 2 ? parts[1] : 1 else { return nil }
        let quotient = value / divisor
        return quotient.isFinite ? quotient : nil
    }
}

extension FilterKernel {
    /// A kernel that has a name.
    public struct Named: Sendable {
        /// The name that `FilterKernel.init(_:)` accepts.
        public let name: String
        /// What it does, in a few words.
        public let summary: String
        /// Its weights.
        public let kernel: FilterKernel

        fileprivate init(_ name: String, _ summary: String, dividedBy divisor: Float = 1, _ rows: [[Float]]) {
            self.name = name
            self.summary = summary
            kernel = FilterKernel(trusted: rows.map { $0.map { $0 / divisor } })
        }
    }

    private init(trusted rows: [[Float]]) { self.rows = rows }

    private static func named(_ name: String) throws(FilterError) -> FilterKernel {
        guard let found = named.first(where: { $0.name == name }) else {
            let names = named.map(\.name)
            throw .unknown(name, nearest: nearestName(to: name, in: names), known: names)
        }
        return found.kernel
    }

    /// Signs and scales are OpenCV's: positive where it becomes brighter to the right, or downwards.
    public static let named: [Named] = [
        Named("sobel-x", "vertical edges (Sobel 1968)", [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
        Named("sobel-y", "horizontal edges", [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]),
        Named("scharr-x", "vertical edges, more exact for slanted ones", [[-3, 0, 3], [-10, 0, 10], [-3, 0, 3]]),
        Named("scharr-y", "horizontal edges", [[-3, -10, -3], [0, 0, 0], [3, 10, 3]]),
        Named("prewitt-x", "vertical edges, all rows alike (Prewitt 1970)", [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]]),
        Named("prewitt-y", "horizontal edges", [[-1, -1, -1], [0, 0, 0], [1, 1, 1]]),
        Named("vertical-edge", "from bright to dark, to the right", [[1, 0, -1], [1, 0, -1], [1, 0, -1]]),
        Named("horizontal-edge", "from bright to dark, downwards", [[1, 1, 1], [0, 0, 0], [-1, -1, -1]]),
        Named("laplacian", "lines and edges of all directions", [[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
        Named("edge", "outlines, with the diagonals", [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]),
        Named("sharpen", "more contrast from pixel to pixel", [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
        Named("emboss", "a relief, lit from one corner", [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]),
        Named("blur", "the mean of 3×3 pixels", dividedBy: 9, [[1, 1, 1], [1, 1, 1], [1, 1, 1]]),
        Named(
            "gaussian", "a Gaussian of 5×5 pixels", dividedBy: 256,
            [1, 4, 6, 4, 1].map { row in [1, 4, 6, 4, 1].map { row * $0 } }),
    ]
}

/// An invalid kernel, or one that does not fit an image.
public enum FilterError: ToolkitError, Equatable {
    /// No weights at all.
    case empty
    /// A name that no kernel has.
    case unknown(String, nearest: String?, known: [String])
    /// A weight that is not a number of the allowed range; the row counts from 1.
    case notANumber(String, row: Int)
    /// A row whose length differs from that of the first.
    case ragged(row: Int, expected: Int, found: Int)
    /// A side of more than `FilterKernel.maximumSide`.
    case tooLarge(height: Int, width: Int)
    /// An image that is too small for the kernel and the padding.
    case doesNotFit(kernel: String, width: Int, height: Int, padding: ImageFilter.Padding)

    public var description: String {
        switch self {
        case .empty:
            "the kernel has no numbers; a name such as sobel-x, or rows such as \"1,0,-1;1,0,-1;1,0,-1\" are expected"
        case .unknown(let name, let nearest, let known):
            "there is no kernel \(quoted(name)): "
                + (nearest.map { "did you mean \($0)? " } ?? "") + "known are \(known.joined(separator: ", "))"
        case .notANumber(let word, let row):
            "row \(row) of the kernel: \(quoted(word)) is not a number from -1e9 to 1e9"
        case .ragged(let row, let expected, let found):
            "row \(row) of the kernel has \(pluralized(found, "number")), the first has \(expected): all need the same"
        case .tooLarge(let height, let width):
            "a kernel of \(pluralized(height, "row")) and \(pluralized(width, "column")): at most \(FilterKernel.maximumSide) of "
                + "each are possible"
        case .doesNotFit(let kernel, let width, let height, let padding):
            "a kernel of \(kernel) does not fit an image of \(width)×\(height) pixels with the padding \(padding.rawValue)"
        }
    }
}

extension FilterError {
    public var category: ErrorCategory {
        switch self {
        case .unknown: .notFound
        case .tooLarge: .limit
        case .empty, .notANumber, .ragged, .doesNotFit: .invalid
        }
    }
}
