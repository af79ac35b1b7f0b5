import CVCore

/// The metadata of this toolkit in the `__metadata__` of a weight file.
public struct WeightsMetadata: Sendable, Equatable {
    /// The keys in `__metadata__`.
    public enum Key: String, Sendable, CaseIterable {
        /// The key of the property of the same name.
        case model, task, preprocessing, labels, source, version, sha256, license, attribution
        /// The key of `dataSHA256`.
        case dataSHA256 = "data_sha256"
    }

    /// The name of the network, such as "yolov3-tiny".
    public var model: String
    /// The task: "detect", "classify", …
    public var task: String
    /// How an image becomes the input of the network.
    public var preprocessing: Preprocessing
    /// The names of the classes by index; empty for a network without classes.
    public var labels: [String]
    /// The package or page that the weights come from.
    public var source: String?
    /// The version of the source.
    public var version: String?
    /// The SHA-256 of the file that was converted, in hexadecimal.
    public var sha256: String?
    /// The license of the weights.
    public var license: String?
    /// The authors to name.
    public var attribution: String?
    /// The SHA-256 of all bytes after the header of this file, in hexadecimal.
    public var dataSHA256: String?

    /// Creates metadata.
    ///
    /// - Parameters:
    ///   - model: the name of the network.
    ///   - task: the task.
    ///   - preprocessing: how an image becomes the input.
    ///   - labels: the names of the classes by index.
    ///   - source: the package or page that the weights come from.
    ///   - version: the version of the source.
    ///   - sha256: the SHA-256 of the file that was converted.
    ///   - license: the license of the weights.
    ///   - attribution: the authors to name.
    ///   - dataSHA256: the SHA-256 of all bytes after the header.
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

    /// Parses the metadata of a file.
    ///
    /// `model`, `task` and `preprocessing` are required; unknown keys are ignored.
    ///
    /// - Parameters:
    ///   - dictionary: the `__metadata__` of the file.
    ///   - file: its path, for messages.
    /// - Throws: `WeightsMetadataError`.
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

    /// More classes, and longer names, than any network has: they bound the size of the last layer and of the results.
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

    /// The `__metadata__` of a file.
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

/// An error for metadata of a weight file that is incomplete or cannot be parsed.
public struct WeightsMetadataError: ToolkitError, Equatable {
    /// What is wrong.
    public enum Problem: Sendable, Equatable {
        /// A required key is missing.
        case missing(WeightsMetadata.Key)
        /// The labels are not a JSON array of at most 10,000 strings.
        case badLabels
        /// The preprocessing cannot be parsed.
        case badPreprocessing(PreprocessingError)
    }

    /// The path of the file, if known.
    public let file: String?
    /// What is wrong.
    public let problem: Problem

    /// Creates the error.
    ///
    /// - Parameters:
    ///   - problem: what is wrong.
    ///   - file: the path of the file, if known.
    public init(_ problem: Problem, in file: String? = nil) {
        self.problem = problem
        self.file = file
    }

    /// The message.
    public var description: String {
        let what =
            switch problem {
            case .missing(let key):
                "its metadata has no \"\(key.rawValue)\", so it is unknown how to use these weights; "
                    + "convert them with Tools/convert_weights.py"
            case .badLabels:
                "its metadata has \"labels\" that are not a JSON array of at most 10000 names; convert the weights again"
            case .badPreprocessing(let error): "its metadata has a \"preprocessing\" that cannot be used: \(error)"
            }
        return (file.map { $0.escapedForDisplay + ": " } ?? "") + what
    }
}

extension WeightsMetadataError {
    public var category: ErrorCategory { .invalid }
}

extension WeightsMetadata: Codable {
    /// The form in which a file stores it: an object of texts.
    public init(from decoder: any Decoder) throws {
        let dictionary = try decoder.singleValueContainer().decode([String: String].self)
        do throws(WeightsMetadataError) {
            try self.init(dictionary)
        } catch {
            throw DecodingError.invalid(decoder, error.description)
        }
    }

    /// The form in which a file stores it: an object of texts.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(dictionary)
    }
}
