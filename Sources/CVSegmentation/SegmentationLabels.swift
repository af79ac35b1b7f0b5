import CVCore
import CVImage
import CVModels
import CVWeights

/// The names and the display colors of the classes.
public struct SegmentationLabels: Sendable, Equatable {
    /// The names of the classes, by index.
    public var names: [String]
    /// The display colors of the classes, by index.
    public var colors: [Color]

    /// Creates labels.
    ///
    /// - Parameters:
    ///   - names: the names of the classes.
    ///   - colors: one display color per class; nil for those of `Palette`.
    public init(_ names: [String], colors: [Color]? = nil) {
        self.names = names
        self.colors = colors ?? names.indices.map { Palette.color(forClass: $0) }
        precondition(self.colors.count == names.count, "\(self.colors.count) colors for \(names.count) classes")
    }

    /// Why weights trained with these labels could not be loaded; nil if they can.
    package var problem: String? {
        guard ModelSpec.Limits.maskClasses.contains(names.count) else {
            return "it has \(pluralized(names.count, "name")), one on each line; 2 to 255 are possible"
        }
        var seen: Set<String> = []
        if let twice = names.first(where: { !seen.insert($0).inserted }) { return "\(quoted(twice)) is there twice" }
        let limit = WeightsMetadata.maxLabelBytes
        if let long = names.first(where: { $0.utf8.count > limit }) {
            return "\(quoted(long)) is a name of more than \(limit) bytes"
        }
        return nil
    }
}

// MARK: In the metadata of weights

extension SegmentationLabels {
    /// The metadata key of the colors.
    package static let colorsKey = "palette"

    /// The colors as JSON: `["#808080","#800000"]`.
    package var colorsText: String { JSONValue.array(colors.map { .string($0.hexText) }).text }

    /// The labels of a weight file. The colors are those of `Palette` if the metadata has none, or not one per label.
    package init(_ names: [String], metadata: [String: String]) {
        let values = metadata[Self.colorsKey].flatMap { try? JSONValue.parse($0.utf8, maxValues: 256) }?.array
        let colors = values?.compactMap { $0.string.flatMap(Color.init(hexText:)) }
        self.init(names, colors: colors?.count == names.count ? colors : nil)
    }
}

extension Color {
    /// `#ff8000`, without alpha.
    fileprivate var hexText: String {
        "#" + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    fileprivate init?(hexText: String) {
        let digits = hexText.utf8.dropFirst()
        guard hexText.utf8.first == UInt8(ascii: "#"), digits.count == 6,
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { return nil }
        self.init(UInt8(value >> 16), UInt8(value >> 8 & 255), UInt8(value & 255))
    }
}

extension SegmentationLabels: Codable {
    private enum CodingKeys: CodingKey { case names, colors }

    /// `{"names", "colors"}`, one color for each name.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let names = try container.decode([String].self, forKey: .names)
        let colors = try container.decode([Color].self, forKey: .colors)
        guard colors.count == names.count else {
            throw DecodingError.invalid(decoder, "\(colors.count) colors for \(names.count) classes")
        }
        self.init(names, colors: colors)
    }
}
