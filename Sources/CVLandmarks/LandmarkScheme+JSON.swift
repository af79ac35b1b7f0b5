import CVCore
import CVImage

/// What is wrong with the description of a scheme; a phrase.
public struct LandmarkSchemeError: ToolkitError, Equatable {
    /// What is wrong, and what is expected.
    public let reason: String

    init(_ reason: String) { self.reason = reason }

    /// What is wrong, and what is expected.
    public var description: String { reason }
    public var category: ErrorCategory { .invalid }
}

extension LandmarkScheme {
    /// More points than any object has; they bound the last layer of a network and the size of results.
    package static let mostPoints = 1000

    /// All but the names of the points, which are the labels of weights.
    ///
    /// ```json
    /// {"scheme":"ibug68","pairs":[[0,16],…],"contours":[{"name":"jaw","points":[0,…],"closed":false},…],
    ///  "eyes":{"left":[36,…],"right":[42,…],"corners":[36,45]}}
    /// ```
    package var members: [JSONMember] {
        JSONValue.members([
            "scheme": name.map { .string($0) },
            "pairs": isMirrorKnown
                ? .array(pairs.map { .array([.integer($0.left), .integer($0.right)]) }) : nil,
            "contours": contours.isEmpty ? nil : .array(contours.map(\.json)), "eyes": eyes?.json,
        ]).object ?? []
    }

    /// A scheme as a data set or a weight file describes it.
    ///
    /// - Parameters:
    ///   - points: the names of the points.
    ///   - json: an object with `pairs`, `contours` and `eyes`, each of which may be missing; see the keys of the JSON form of
    ///     data sets for landmarks.
    /// - Throws: `LandmarkSchemeError`.
    package init(points: [String], json: JSONValue) throws(LandmarkSchemeError) {
        guard json.object != nil else { throw LandmarkSchemeError("is \(json.kind); an object is expected") }
        guard (1...Self.mostPoints).contains(points.count) else {
            throw LandmarkSchemeError("has \(points.count) points; 1 to \(Self.mostPoints) are possible")
        }
        let reader = Reader(count: points.count)
        let pairs = try json["pairs"].map { (value) throws(LandmarkSchemeError) in try reader.pairs(value) }
        let contours = try json["contours"].map { (value) throws(LandmarkSchemeError) in try reader.contours(value) }
        let eyes = try json["eyes"].map { (value) throws(LandmarkSchemeError) in try reader.eyes(value) }
        self.init(
            name: json["scheme"]?.string, points: points, pairs: pairs, contours: contours ?? [], eyes: eyes)
    }

    /// Reads indices of so many points.
    private struct Reader {
        let count: Int

        func pairs(_ value: JSONValue) throws(LandmarkSchemeError) -> [Augment.Mirror.Pair] {
            var used: Set<Int> = []
            var found: [Augment.Mirror.Pair] = []
            for pair in try list(value, "pairs") {
                let indices = try indices(pair, "a pair")
                guard indices.count == 2, indices[0] != indices[1] else {
                    throw LandmarkSchemeError("has the pair \(pair.text); two different points are expected")
                }
                for index in indices where !used.insert(index).inserted {
                    throw LandmarkSchemeError("has the point \(index) in two pairs")
                }
                found.append(.init(indices[0], indices[1]))
            }
            return found
        }

        func contours(_ value: JSONValue) throws(LandmarkSchemeError) -> [Contour] {
            var found: [Contour] = []
            for contour in try list(value, "contours") {
                let indices = try indices(contour["points"] ?? .null, "a contour")
                let isClosed = contour["closed"]?.bool ?? false
                found.append(Contour(contour["name"]?.string ?? "", indices, isClosed: isClosed))
            }
            return found
        }

        func eyes(_ value: JSONValue) throws(LandmarkSchemeError) -> Eyes {
            let left = try indices(value["left"] ?? .null, "the left eye")
            let right = try indices(value["right"] ?? .null, "the right eye")
            let corners = try indices(value["corners"] ?? .null, "the corners of the eyes")
            guard !left.isEmpty, !right.isEmpty, corners.count == 2, corners[0] != corners[1] else {
                throw LandmarkSchemeError(
                    "has eyes without points; \"left\", \"right\" and two \"corners\" are expected")
            }
            return Eyes(left: left, right: right, corners: (corners[0], corners[1]))
        }

        private func list(_ value: JSONValue, _ name: String) throws(LandmarkSchemeError) -> [JSONValue] {
            guard let values = value.array else {
                throw LandmarkSchemeError("has \"\(name)\" that are \(value.kind); a list is expected")
            }
            return values
        }

        private func indices(_ value: JSONValue, _ name: String) throws(LandmarkSchemeError) -> [Int] {
            let indices = value.array?.map { $0.integer ?? -1 }
            guard let indices, indices.allSatisfy((0..<count).contains) else {
                throw LandmarkSchemeError(
                    "has \(name) of \(value.text.prefix(60)); a list of points from 0 to \(count - 1) is expected")
            }
            return indices
        }
    }
}

extension LandmarkScheme.Contour {
    fileprivate var json: JSONValue {
        [
            "name": .string(name), "points": .array(points.map { .integer($0) }), "closed": .bool(isClosed),
        ]
    }
}

extension LandmarkScheme.Eyes {
    fileprivate var json: JSONValue {
        [
            "left": .array(left.map { .integer($0) }), "right": .array(right.map { .integer($0) }),
            "corners": .array([.integer(corners.left), .integer(corners.right)]),
        ]
    }
}
