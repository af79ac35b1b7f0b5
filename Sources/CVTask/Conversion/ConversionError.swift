import CVCore
import CVNN
import CVWeights

/// A checkpoint that cannot become the weights of a network.
public struct ConversionError: ToolkitError, Equatable {
    /// What is wrong.
    public enum Problem: Error, Equatable {
        /// `others` are the networks that the shapes are those of; `fitting` is the only change of names with which all fit.
        case otherParameters(ParameterMismatch, model: String, others: [String], fitting: KeyMapping?)
        case wrongLabels(expected: Int, found: Int)
        /// Labels or preprocessing that no file may have.
        case metadata(WeightsMetadataError)
        /// No tensor has such a name.
        case nothingToRename(KeyMapping.Rename, nearest: String?)
        /// No name begins with it; what they begin with.
        case nothingToStrip(String, beginnings: [String])
        /// Tensors that would have the same name.
        case sameName(String, sources: [String])
        /// The weights of the network are there several times.
        case severalPrefixes([String], model: String)
        /// A network that has no head.
        case noHead(model: String)
    }

    /// The file that it is about.
    public let path: String
    /// What is wrong with it.
    public let problem: Problem

    init(_ path: String, _ problem: Problem) {
        self.path = path
        self.problem = problem
    }

    /// The only change of names with which a checkpoint fits the network that was named; nil where there is none.
    public var fittingMapping: KeyMapping? {
        if case .otherParameters(_, _, _, let fitting) = problem { fitting } else { nil }
    }

    /// What kind of thing went wrong.
    public var category: ErrorCategory {
        switch problem {
        case .nothingToRename, .nothingToStrip, .severalPrefixes, .noHead: .usage
        case .otherParameters, .wrongLabels, .metadata, .sameName: .invalid
        }
    }

    private static let shown = 12

    public var description: String { "\(path.escapedForDisplay): \(text)" }

    private var text: String {
        switch problem {
        case .otherParameters(let mismatch, let model, let others, let fitting):
            "as \(model): " + mismatch.description
                + (others.isEmpty ? "" : "\n  They are those of \(others.joined(separator: " or ")).")
                + (fitting.map { "\n  " + $0.sentence } ?? "")
        case .wrongLabels(let expected, let found):
            "classes: \(expected), but names: \(found); one name a line for each class is expected"
        case .metadata(let error): error.description
        case .nothingToRename(let rename, let nearest):
            "there is no tensor \(quoted(rename.from)) and none in it that could be renamed to \(quoted(rename.to))"
                + (nearest.map { "; did you mean \(quoted($0))?" } ?? "")
        case .nothingToStrip(let prefix, let beginnings):
            "no name begins with \(quoted(prefix)); they begin with "
                + beginnings.prefix(Self.shown).map { quoted($0) }.joined(separator: ", ")
                + (beginnings.count > Self.shown ? " and \(beginnings.count - Self.shown) others" : "")
        case .sameName(let name, let sources):
            sources.map { quoted($0) }.joined(separator: " and ") + " would both be called \(quoted(name))"
        case .severalPrefixes(let prefixes, let model):
            "the weights of \(model) are there several times, under "
                + prefixes.map { quoted($0) }.joined(separator: " and ") + ": choose one of these prefixes"
        case .noHead(let model): "\(model) has no head that could be left out"
        }
    }
}

extension KeyMapping {
    /// "Everything fits with the prefix "model." taken off and "linear" renamed to "fc"."
    fileprivate var sentence: String {
        let changes =
            (strippedPrefix.map { ["the prefix \(quoted($0)) taken off"] } ?? [])
            + renames.map { "\(quoted($0.from)) renamed to \(quoted($0.to))" }
        return "Everything fits with \(changes.joined(separator: " and "))."
    }
}
