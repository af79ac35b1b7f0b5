import CVCore

/// How an image becomes the input of a network: resized to `width` × `height`, then `(pixel - mean) / std`.
///
/// All colors are in units of 0…255 and in the order of `channels`: `std` 255 with `mean` 0 scales to 0…1.
/// Stored with the weights, so that it is applied automatically:
///
/// ```json
/// {"width":416,"height":416,"resize":"letterbox","filter":"bilinear","fill":[127.5,127.5,127.5],
///  "channels":"rgb","mean":[0,0,0],"std":[255,255,255]}
/// ```
///
/// With one gray channel, `fill`, `mean` and `std` have one number each. `"resize":"crop"` may come with
/// `"shorter_side"`; `"letterbox"` with `"align":"top-left"`.
public struct Preprocessing: Sendable, Equatable {
    /// How the image is fitted to the size of the input.
    public enum Resize: String, Sendable, CaseIterable {
        /// Fits the image inside, keeps the aspect ratio and fills the rest.
        case letterbox
        /// Ignores the aspect ratio.
        case stretch
        /// Covers the input, keeps the aspect ratio and crops the center: torchvision's `Resize` of the shorter side, to the
        /// size of the input or to `shorterSide`, and `CenterCrop`.
        case crop
    }

    /// Where a letterboxed image is within the input.
    public enum Alignment: String, Sendable, CaseIterable {
        /// In the middle.
        case center
        /// At the upper left, as YOLOX has it.
        case topLeft = "top-left"
    }

    /// The interpolation filter, as in Pillow.
    public enum Filter: String, Sendable, CaseIterable {
        /// A filter of Pillow's `Image.Resampling`.
        case nearest, bilinear, bicubic, lanczos
        /// Between the four nearest pixels also where an image is shrunk, without smoothing: OpenCV's `INTER_LINEAR`.
        case linear
    }

    /// The channels of the input and their order.
    public enum Channels: String, Sendable, CaseIterable {
        /// Three channels: red, green, blue, or the reverse.
        case rgb, bgr
        /// One channel: 0.299 red + 0.587 green + 0.114 blue, as Pillow's `convert("L")`.
        case gray = "grey"

        /// The number of channels: 3 or 1.
        public var count: Int { self == .gray ? 1 : 3 }
    }

    /// The width of the input in pixels.
    public var width: Int
    /// The height of the input in pixels.
    public var height: Int
    /// How the image is fitted to the size of the input.
    public var resize: Resize
    /// For `.crop`, the shorter side of the resized image before the center crop. 256 for an input of 224 × 224 is
    /// torchvision's `Resize(256)` and `CenterCrop(224)`; nil: the image just covers the input.
    public var shorterSide: Int?
    /// Where a letterboxed image is within the input.
    public var alignment: Alignment
    /// The interpolation filter.
    public var filter: Filter
    /// The color around a letterboxed image, 0…255 per channel.
    public var fill: [Float]
    /// The channels of the input and their order.
    public var channels: Channels
    /// The mean that is subtracted, per channel.
    public var mean: [Float]
    /// The standard deviation by which values are divided, per channel.
    public var std: [Float]

    /// Creates a description of preprocessing.
    ///
    /// - Parameters:
    ///   - width: the width of the input in pixels.
    ///   - height: the height of the input in pixels.
    ///   - resize: how the image is fitted to the size of the input.
    ///   - shorterSide: for `.crop`, the shorter side of the resized image before the crop; nil to just cover the input.
    ///   - alignment: where a letterboxed image is within the input.
    ///   - filter: the interpolation filter.
    ///   - fill: the color around a letterboxed image; nil for black.
    ///   - channels: the channels and their order.
    ///   - mean: the mean that is subtracted; nil for 0.
    ///   - std: the standard deviation by which values are divided; nil for 255.
    public init(
        width: Int, height: Int, resize: Resize, shorterSide: Int? = nil, alignment: Alignment = .center,
        filter: Filter = .bilinear, fill: [Float]? = nil, channels: Channels = .rgb, mean: [Float]? = nil,
        std: [Float]? = nil
    ) {
        self.width = width
        self.height = height
        self.resize = resize
        self.shorterSide = shorterSide
        self.alignment = alignment
        self.filter = filter
        self.channels = channels
        self.fill = fill ?? [Float](repeating: 0, count: channels.count)
        self.mean = mean ?? [Float](repeating: 0, count: channels.count)
        self.std = std ?? [Float](repeating: 255, count: channels.count)
    }

    static let sides = 1...8192
    private static let keys = [
        "width", "height", "resize", "shorter_side", "align", "filter", "fill", "channels", "mean", "std",
    ]

    /// Parses JSON. Every key but `shorter_side` and `align` is required and no other is allowed: an unknown key might change the input.
    ///
    /// - Parameter text: a JSON object.
    /// - Throws: `PreprocessingError`.
    public init(text: String) throws(PreprocessingError) {
        let json: JSONValue
        do {
            json = try JSONValue.parse(text)
        } catch {
            throw .notJSON(error)
        }
        try self.init(json: json)
    }

    /// The same, of JSON that is parsed.
    private init(json: JSONValue) throws(PreprocessingError) {
        guard let members = json.object else { throw .notAnObject(found: json.kind) }
        if let extra = members.first(where: { !Self.keys.contains($0.key) }) {
            throw .unknownKey(extra.key, nearest: nearestName(to: extra.key, in: Self.keys))
        }
        width = try Self.side(json, "width")
        height = try Self.side(json, "height")
        resize = try Self.choice(json, "resize")
        shorterSide = try Self.shorterSide(json, resize, width: width, height: height)
        alignment = json["align"] == nil ? .center : try Self.choice(json, "align")
        if alignment != .center, resize != .letterbox {
            throw Self.bad(json, "align", "left out where \"resize\" is not \"letterbox\"")
        }
        filter = try Self.choice(json, "filter")
        let channels: Channels = try Self.choice(json, "channels")
        self.channels = channels
        let (number, numbers) = channels == .gray ? ("one", "number") : ("three", "numbers")
        func color(
            _ key: String, _ kind: String, where isValid: (Float) -> Bool
        ) throws(PreprocessingError) -> [Float] {
            try Self.color(json, key, count: channels.count, expected: "\(number) \(kind)", where: isValid)
        }
        fill = try color("fill", "\(numbers) from 0 to 255") { (0...255).contains($0) }
        mean = try color("mean", numbers) { _ in true }
        std = try color("std", "positive \(numbers)") { $0 >= .leastNormalMagnitude }
    }

    /// The JSON object that `init(text:)` parses.
    public var json: JSONValue {
        func color(_ values: [Float]) -> JSONValue {
            // Integers without ".0", as they are written by hand.
            .array(values.map { Int(exactly: $0).map { .integer($0) } ?? JSONValue($0) })
        }
        var members = [
            JSONMember("width", .integer(width)), JSONMember("height", .integer(height)),
            JSONMember("resize", .string(resize.rawValue)),
        ]
        if let shorterSide { members.append(JSONMember("shorter_side", .integer(shorterSide))) }
        if alignment != .center { members.append(JSONMember("align", .string(alignment.rawValue))) }
        members += [
            JSONMember("filter", .string(filter.rawValue)), JSONMember("fill", color(fill)),
            JSONMember("channels", .string(channels.rawValue)), JSONMember("mean", color(mean)),
            JSONMember("std", color(std)),
        ]
        return .object(members)
    }

    private static func shorterSide(
        _ json: JSONValue, _ resize: Resize, width: Int, height: Int
    ) throws(PreprocessingError) -> Int? {
        guard let value = json["shorter_side"] else { return nil }
        guard resize == .crop else { throw bad(json, "shorter_side", "left out where \"resize\" is not \"crop\"") }
        let (shorter, longer) = (min(width, height), max(width, height))
        let possible = shorter...sides.upperBound * shorter / longer
        guard let side = value.integer, possible.contains(side) else {
            throw bad(json, "shorter_side", "a whole number from \(possible.lowerBound) to \(possible.upperBound)")
        }
        return side
    }

    private static func side(_ json: JSONValue, _ key: String) throws(PreprocessingError) -> Int {
        guard let side = json[key]?.integer, sides.contains(side) else {
            throw bad(json, key, "a whole number from \(sides.lowerBound) to \(sides.upperBound)")
        }
        return side
    }

    private static func choice<Choice: RawRepresentable & CaseIterable>(
        _ json: JSONValue, _ key: String
    ) throws(PreprocessingError) -> Choice where Choice.RawValue == String {
        guard let choice = json[key]?.string.flatMap(Choice.init(rawValue:)) else {
            let names = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw bad(json, key, "one of \(names)")
        }
        return choice
    }

    private static func color(
        _ json: JSONValue, _ key: String, count: Int, expected: String, where isValid: (Float) -> Bool
    ) throws(PreprocessingError) -> [Float] {
        let values = json[key]?.array ?? []
        let color = values.compactMap { $0.double.map { Float($0) } }.filter { $0.isFinite && isValid($0) }
        guard values.count == count, color.count == count else { throw bad(json, key, expected) }
        return color
    }

    private static func bad(_ json: JSONValue, _ key: String, _ expected: String) -> PreprocessingError {
        .badValue(key: key, expected: expected, found: json[key]?.text ?? "missing")
    }
}

/// An error for a description of preprocessing that cannot be parsed.
public enum PreprocessingError: ToolkitError, Equatable {
    /// The text is not JSON.
    case notJSON(JSONError)
    /// The JSON is not an object.
    case notAnObject(found: String)
    /// A key is unknown; the nearest known one.
    case unknownKey(String, nearest: String?)
    /// A value is missing or invalid.
    case badValue(key: String, expected: String, found: String)

    /// The message.
    public var description: String {
        switch self {
        case .notJSON(let error): "it is not valid JSON: \(error)"
        case .notAnObject(let found): "it must be a JSON object, but is \(found)"
        case .unknownKey(let key, let nearest):
            "the key \(quoted(key)) is not known" + (nearest.map { "; did you mean \"\($0)\"?" } ?? "")
        case .badValue(let key, let expected, let found): "\(key) must be \(expected), but is \(abbreviated(found))"
        }
    }
}

extension PreprocessingError {
    public var category: ErrorCategory { .invalid }
}

extension Preprocessing: Codable {
    /// The form that weights store, see `init(text:)`.
    public init(from decoder: any Decoder) throws {
        let json = try JSONValue(from: decoder)
        do throws(PreprocessingError) {
            try self.init(json: json)
        } catch {
            throw DecodingError.invalid(decoder, error.description)
        }
    }

    /// The form that weights store.
    public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}
