import CVCore
import CVImage

/// The polygons of all regions of several pictures, as JSON.
///
/// ```json
/// {"images":[{"input":"a.jpg","width":640,"height":480,"regions":[
///   {"label":"person","class":0,"area":51234,"box":[x1,y1,x2,y2],"outer":[[x,y], …],"holes":[[[x,y], …], …]}]}]}
/// ```
/// Coordinates are pixels from the top left corner, on the edges between pixels. `area` counts the region's pixels, before
/// the outline was simplified.
public struct PolygonDocument: Sendable {
    /// Greatest distance of a corner that is left out, in pixels.
    public var tolerance: Float = 1
    /// Regions of fewer pixels are left out, in parts of the picture.
    public var smallestShare = 1e-4

    private var images: [JSONValue] = []

    public init() {}

    /// Adds the regions of these classes.
    public mutating func append(_ map: SegmentationMap, of classes: Set<Int>, input: String) {
        let components = ConnectedComponents(of: map.keeping(classes).mask)
        let least = smallestShare * Double(map.mask.values.count)
        let regions = zip(components.list, components.polygons()).filter { Double($0.0.area) >= least }
        images.append(
            .members([
                "input": .string(input), "width": .integer(map.mask.width), "height": .integer(map.mask.height),
                "regions": .array(
                    regions.map { region, polygon in
                        json(
                            region, polygon.simplified(tolerance: tolerance),
                            label: map.labels.names[Int(region.value)])
                    }),
            ]))
    }

    private func json(_ region: ConnectedComponents.Component, _ polygon: Polygon, label: String) -> JSONValue {
        [
            "label": .string(label), "class": .integer(Int(region.value)), "area": .integer(region.area),
            "box": region.box.json, "outer": Self.ring(polygon.outer), "holes": .array(polygon.holes.map(Self.ring)),
        ]
    }

    private static func ring(_ points: [Point]) -> JSONValue {
        .array(points.map { .array([.integer(Int($0.x)), .integer(Int($0.y))]) })
    }

    public var text: String { JSONValue.object([JSONMember("images", .array(images))]).text + "\n" }
}
