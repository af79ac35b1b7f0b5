import CVCore

/// What a weight file of this toolkit says about itself in `__metadata__`.
public struct WeightsMetadata: Sendable, Equatable {
    /// The keys in `__metadata__`.
    public enum Key: String, Sendable, CaseIterable {
        case model, task, preprocessing, labels, source, version, sha256, license, attribution
        case dataSHA256 = "data_sha256"
    }

    /// The network, such as "yolov3-tiny".
    public var model: String
    /// What it does: "detect", "classify", …
    public var task: String
    public var preprocessing: Preprocessing
    /// Names of the classes, by index. Empty for a network that has none.
    public var labels: [String]
    /// The package or page that the weights come from, and its version.
    public var source: String?
    public var version: String?
    /// SHA-256 of the file that was converted.
    public var sha256: String?
    public var license: String?
    public var attribution: String?
    /// SHA-256 of all bytes after the header of this file.
    public var dataSHA256: String?

    public init(
        model: String, task: String, preprocessing: Preprocessing, labels: [String] = [], source: String? = nil,
        version: String? = nil, sha256: String? = nil, license: String? = nil, attribution: String? = nil,
        dataSHA256: String? = nil
    ) {
        self.model = model
        self.task = task
        self.preprocessing = preprocessing
        self.labels = labels
        self.source = source
        self.version = version
        self.sha256 = sha256
        self.license = license
        self.attribution = attribution
        self.dataSHA256 = dataSHA256
    }

    /// Reads `dictionary`, the metadata of a file. `file` is its path, for messages.
    ///
    /// `model`, `task` and `preprocessing` must be there; keys that are not ours are ignored.
    public init(_ dictionary: [String: String], file: String? = nil) throws(WeightsMetadataError) {
        func required(_ key: Key) throws(WeightsMetadataError) -> String {
            guard let text = dictionary[key.rawValue], !text.isEmpty else {
                throw WeightsMetadataError(.missing(key), in: file)
            }
            return text
        }
        model = try required(.model)
        task = try required(.task)
        let text = try required(.preprocessing)
        do {
            preprocessing = try Preprocessing(text: text)
        } catch {
            throw WeightsMetadataError(.badPreprocessing(error), in: file)
        }
        labels = try Self.parseLabels(dictionary[Key.labels.rawValue], file: file)
        source = dictionary[Key.source.rawValue]
        version = dictionary[Key.version.rawValue]
        sha256 = dictionary[Key.sha256.rawValue]
        license = dictionary[Key.license.rawValue]
        attribution = dictionary[Key.attribution.rawValue]
        dataSHA256 = dictionary[Key.dataSHA256.rawValue]
    }

    /// More classes, or longer names, than any network has. A network's last layer grows with the one, and what is
    /// written about every object with the other.
    package static let maxLabels = 10_000, maxLabelBytes = 1000

    private static func parseLabels(_ text: String?, file: String?) throws(WeightsMetadataError) -> [String] {
        guard let text else { return [] }
        let values = (try? JSONValue.parse(text.utf8, maxValues: maxLabels + 1))?.array
        let labels = values?.compactMap(\.string)
        guard let labels, labels.count == values?.count, labels.count <= maxLabels,
            labels.allSatisfy({ $0.utf8.count <= maxLabelBytes })
        else { throw WeightsMetadataError(.badLabels, in: file) }
        return labels
    }

    /// The form in which a file stores it.
    public var dictionary: [String: String] {
        var result: [String: String] = [
            Key.model.rawValue: model, Key.task.rawValue: task, Key.preprocessing.rawValue: preprocessing.json.text,
        ]
        if !labels.isEmpty { result[Key.labels.rawValue] = JSONValue.array(labels.map { .string($0) }).text }
        let texts: [(Key, String?)] = [
            (.source, source), (.version, version), (.sha256, sha256), (.license, license),
            (.attribution, attribution), (.dataSHA256, dataSHA256),
        ]
        for (key, text) in texts { result[key.rawValue] = text }
        return result
    }
}

/// Metadata of a weight file that is incomplete or cannot be understood.
public struct WeightsMetadataError: ToolkitError, Equatable {
    public enum Problem: Sendable, Equatable {
        case missing(WeightsMetadata.Key)
        case badLabels
        case badPreprocessing(PreprocessingError)
    }

    public let file: String?
    public let problem: Problem

    public init(_ problem: Problem, in file: String? = nil) {
        self.problem = problem
        self.file = file
    }

    public var description: String {
        let what =
            switch problem {
            case .missing(let key):
                "its metadata has no \"\(key.rawValue)\", so it cannot be told how to use these weights; "
                    + "convert them with Tools/convert_weights.py"
            case .badLabels:
                "its metadata has \"labels\" that are no JSON array of at most 10000 names; convert the weights again"
            case .badPreprocessing(let error): "its metadata has a \"preprocessing\" that cannot be used: \(error)"
            }
        return (file.map { $0.escapedForDisplay + ": " } ?? "") + what
    }
}
