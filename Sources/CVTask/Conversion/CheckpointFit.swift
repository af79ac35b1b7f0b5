import CVCore
import CVModels
import CVNN

/// How the shapes of a checkpoint fit a network.
package struct CheckpointFit {
    /// As many as the checkpoint's last layer has, if they were not given.
    package let classes: Int
    /// How many parameters the network has.
    let declared: Int
    package let difference: KeyDifference

    /// What the checkpoint is compared with.
    package struct Target {
        let spec: ModelSpec
        /// nil for what the shapes say.
        let classes: Int?
        let input: ModelSpec.Input
        /// Whether the head is left out.
        let isHeadless: Bool

        package init(spec: ModelSpec, classes: Int?, input: ModelSpec.Input, isHeadless: Bool) {
            (self.spec, self.classes, self.input, self.isHeadless) = (spec, classes, input, isHeadless)
        }

        /// Keys and shapes for so many classes, in the order of the layers.
        func shapes(_ classes: Int, offered keys: [String]) -> [(name: String, shape: [Int])] {
            let heads = isHeadless ? spec.headScopes.map { $0 + "." } : []
            return spec.parameterShapes(classes: classes, input: input, offered: keys)
                .filter { parameter in !heads.contains { parameter.name.hasPrefix($0) } }
                .map { ($0.name, $0.shape.dimensions) }
        }
    }

    /// - Parameters:
    ///   - shapes: those of the checkpoint by name.
    ///   - target: the network.
    /// - Throws: `ArchitectureError` for classes or a size that the network cannot have.
    package init(_ shapes: [String: [Int]], _ target: Target) throws(ArchitectureError) {
        let spec = target.spec
        try spec.check(classes: target.classes ?? spec.limits.classes.lowerBound, input: target.input)
        // torchvision's checkpoints of GoogLeNet come without the auxiliary heads.
        let keys = Array(shapes.keys)
        let known = target.classes ?? Self.classes(shapes, target)
        classes = known ?? spec.defaultClasses
        if known != nil { try spec.check(classes: classes, input: target.input) }
        let expected = target.shapes(classes, offered: keys)
        declared = expected.count
        difference = KeyDifference(
            expected: Dictionary(uniqueKeysWithValues: expected.map { ($0.name, $0.shape) }), found: shapes)
    }

    /// What the dimension that changes with the number of classes says.
    private static func classes(_ shapes: [String: [Int]], _ target: Target) -> Int? {
        for (key, shape) in ClassShape.all(of: target, offered: Array(shapes.keys)) {
            if let found = shapes[key], let count = shape.classes(of: found) { return count }
        }
        return nil
    }
}

/// The shape of a parameter, of which a dimension may depend on the number of classes.
struct ClassShape {
    private let two, three: [Int]

    enum Match: Equatable {
        case no
        /// It fits, whatever the number of classes.
        case always
        /// It fits for so many classes.
        case classes(Int)
    }

    /// Those of all parameters of a network, in the order of its layers.
    static func all(of target: CheckpointFit.Target, offered keys: [String]) -> [(name: String, shape: ClassShape)] {
        zip(target.shapes(2, offered: keys), target.shapes(3, offered: keys)).map { two, three in
            (two.name, ClassShape(two: two.shape, three: three.shape))
        }
    }

    /// The number of classes that a shape of the same rank says, whether its other dimensions fit or not; nil where none
    /// depends on it.
    func classes(of found: [Int]) -> Int? {
        guard found.count == two.count, let index = two.indices.first(where: { two[$0] != three[$0] }) else {
            return nil
        }
        // A detector has three boxes of 5 numbers and one for each class: 3 · (5 + classes).
        let step = three[index] - two[index]
        let (count, rest) = (found[index] - (two[index] - 2 * step)).quotientAndRemainder(dividingBy: step)
        return rest == 0 && count > 0 ? count : nil
    }

    /// Whether a parameter of this shape could be the one.
    func match(_ found: [Int]) -> Match {
        guard found.count == two.count else { return .no }
        if two == three { return two == found ? .always : .no }
        guard let count = classes(of: found) else { return .no }
        // Two points make the line; it is checked in all dimensions.
        let expected = zip(two, three).map { $0 + (count - 2) * ($1 - $0) }
        return expected == found ? .classes(count) : .no
    }
}
