import CVCore
import CVTask

/// What weights say about their landmarks beside the names: the text of the key `landmarks` in their metadata.
package struct LandmarkMetadata: Sendable, Equatable {
    /// What the points are.
    package let scheme: LandmarkScheme
    /// Nil for the usual one of the network.
    package let decoding: LandmarkDecoding?
    /// The fraction of the input that an object takes; nil for the usual one.
    package let fill: Double?

    package init(scheme: LandmarkScheme, decoding: LandmarkDecoding?, fill: Double?) {
        (self.scheme, self.decoding, self.fill) = (scheme, decoding, fill)
    }

    /// Reads it; weights without it have points of `LandmarkScheme.of`.
    ///
    /// - Parameter file: weights for the task `.landmarks`.
    /// - Throws: `ModelFileError` for a text that cannot be used.
    package init(_ file: ModelFile) throws(ModelFileError) {
        func wrong(_ reason: String) -> ModelFileError {
            ModelFileError(file.path, .metadata(LandmarkDetector.metadataKey, reason: reason))
        }
        guard let text = file.texts[LandmarkDetector.metadataKey] else {
            let usual = LandmarkScheme.of(max(file.classes, 1))
            let isSame = usual.points == file.labels
            self.init(
                scheme: isSame ? usual : LandmarkScheme(points: file.labels, pairs: nil), decoding: nil, fill: nil)
            return
        }
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue.parse(text)
        } catch {
            throw wrong("it is not valid JSON: \(error)")
        }
        let scheme: LandmarkScheme
        do throws(LandmarkSchemeError) {
            scheme = try LandmarkScheme(points: file.labels, json: json)
        } catch {
            throw wrong("it \(error.reason)")
        }
        let decoding = json["decoding"]?.string.flatMap(LandmarkDecoding.init(rawValue:))
        if let found = json["decoding"], decoding == nil { throw wrong("the decoding \(found.text) is not known") }
        let fill = json["fill"]?.double
        if let fill, !(0.05...1).contains(fill) { throw wrong("a fill of \(fill); 0.05 to 1 is possible") }
        self.init(scheme: scheme, decoding: decoding, fill: fill)
    }

    /// The text of the key.
    package var text: String {
        let more = JSONValue.members([
            "decoding": decoding.map { .string($0.rawValue) }, "fill": fill.map { .number($0) },
        ])
        return JSONValue.object(scheme.members + (more.object ?? [])).text
    }
}
