import CVCore
import CVImage

/// The polygons of all regions of several images, as JSON.
///
/// ```json
/// {"images":[{"input":"a.jpg","width":640,"height":480,"regions":[
///   {"label":"person","class":0,"area":51234,"box":[x1,y1,x2,y2],"outer":[[x,y], …],"holes":[[[x,y], …], …]}]}]}
/// ```
/// Coordinates are pixels from the top left corner, on the edges between pixels. `area` counts the region's pixels, before
/// the outline was simplified.
public struct PolygonDocument: Sendable, Equatable {
    /// The outline of one region, and what is known about it.
    public struct Region: Sendable, Equatable {
        /// The name of the class.
        public let label: String
        /// Index into the labels of the network, from 0.
        public let classIndex: Int
        /// Pixels of the region, before the outline was simplified.
        public let area: Int
        /// Around all of its pixels.
        public let box: Box
        /// Simplified; with whole numbers for coordinates.
        public let polygon: Polygon
    }

    /// The regions of one image.
    public struct Entry: Sendable, Equatable {
        /// The path as given, or "-" for standard input.
        public let input: String
        /// In pixels.
        public let width, height: Int
        /// In the order of their connected components.
        public let regions: [Region]
    }

    /// Greatest distance of a corner that is left out, in pixels.
    public var tolerance: Float = 1
    /// The minimum area of a region, as a fraction of the image; smaller ones are dropped.
    public var smallestShare = 1e-4
    /// In the order in which they were added.
    public private(set) var images: [Entry] = []

    /// Creates an empty document.
    public init() {}

    /// Adds the regions of an image.
    ///
    /// - Parameters:
    ///   - map: the segmentation of the image.
    ///   - classes: the indices of the classes whose regions are added.
    ///   - input: the name of the image.
    public mutating func append(_ map: SegmentationMap, of classes: Set<Int>, input: String) {
        let components = ConnectedComponents(of: map.keeping(classes).mask)
        let least = smallestShare * Double(map.mask.values.count)
        let regions = zip(components.list, components.polygons()).filter { Double($0.0.area) >= least }
        images.append(
            Entry(
                input: input, width: map.mask.width, height: map.mask.height,
                regions: regions.map { region, polygon in
                    Region(
                        label: map.labels.names[Int(region.value)], classIndex: Int(region.value), area: region.area,
                        box: region.box, polygon: polygon.simplified(tolerance: tolerance))
                }))
    }

    /// The document as JSON, with a newline at its end.
    public var text: String { JSONValue.object([JSONMember("images", .array(images.map(\.json)))]).text + "\n" }
}

extension PolygonDocument.Entry {
    fileprivate var json: JSONValue {
        [
            "input": .string(input), "width": .integer(width), "height": .integer(height),
            "regions": .array(regions.map(\.json)),
        ]
    }
}

extension PolygonDocument.Region {
    fileprivate var json: JSONValue {
        [
            "label": .string(label), "class": .integer(classIndex), "area": .integer(area), "box": box.json,
            "outer": Self.ring(polygon.outer), "holes": .array(polygon.holes.map(Self.ring)),
        ]
    }

    private static func ring(_ points: [Point]) -> JSONValue {
        .array(points.map { .array([.integer(Int(clamping: $0.x)), .integer(Int(clamping: $0.y))]) })
    }
}

extension PolygonDocument: Codable {
    /// `{"images"}`; how the outlines were made is not kept.
    private enum CodingKeys: CodingKey { case images }
}

extension PolygonDocument.Entry: Codable {}

extension PolygonDocument.Region: Codable {
    private enum CodingKeys: String, CodingKey {
        case label
        case classIndex = "class"
        case area, box, outer, holes
    }

    /// As in the document: `{"label", "class", "area", "box", "outer", "holes"}`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        label = try container.decode(String.self, forKey: .label)
        classIndex = try container.decode(Int.self, forKey: .classIndex)
        area = try container.decode(Int.self, forKey: .area)
        box = try container.decode(Box.self, forKey: .box)
        polygon = Polygon(
            outer: try container.decode([Point].self, forKey: .outer),
            holes: try container.decode([[Point]].self, forKey: .holes))
        guard ([polygon.outer] + polygon.holes).joined().allSatisfy({ abs($0.x) < 1e9 && abs($0.y) < 1e9 }) else {
            throw DecodingError.invalid(decoder, "a corner is too far away")
        }
    }

    /// As in the document.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(label, forKey: .label)
        try container.encode(classIndex, forKey: .classIndex)
        try container.encode(area, forKey: .area)
        try container.encode(box, forKey: .box)
        try container.encode(polygon.outer, forKey: .outer)
        try container.encode(polygon.holes, forKey: .holes)
    }
}
