import CVCore
import CVNN
import CVTensor

extension ImageTransformNet {
    /// The size of an `ImageTransformNet`, by the name that weight files use.
    public struct Variant: Sendable, Equatable {
        /// As weight files name it, such as `fast-style-w16`.
        public let name: String
        /// Channels of the encoder at full, half and a quarter of the size, and of the decoder at half and full size.
        public let down, up: [Int]
        /// Residual blocks at a quarter of the size.
        public let blocks: Int
        /// Whether the last convolution is followed by a normalization too.
        public let normalizesColors: Bool
        /// Whether convolutions have a bias, which the normalization after them cancels.
        public let hasBias: Bool

        /// Channels of the first layer.
        public static let widths = 1...128

        /// Johnson's network: `fast-style`, or `fast-style-w16` with another width than 32.
        ///
        /// - Parameter width: channels of the first layer, one of `widths`.
        public init(width: Int = 32) {
            precondition(Self.widths.contains(width), "an image transformation network of width \(width)")
            name = Self.name("fast-style", width)
            (down, up, blocks) = ([width, 2 * width, 4 * width], [2 * width, width], 5)
            (normalizesColors, hasBias) = (false, true)
        }

        private init(_ name: String, down: [Int], up: [Int], blocks: Int) {
            (self.name, self.down, self.up, self.blocks) = (name, down, up, blocks)
            (normalizesColors, hasBias) = (true, false)
        }

        /// The network of TensorFlow's demo for Android, after Dumoulin et al. 2016 (arXiv:1610.07629).
        public static let multistyle26 = Self("multistyle26", down: [32, 32, 32], up: [8, 4], blocks: 6)

        /// What earlier versions called Johnson's network. A transformer is something else today.
        private static let formerName = "transformer"

        private static func name(_ base: String, _ width: Int) -> String { width == 32 ? base : "\(base)-w\(width)" }

        /// The name that earlier versions gave it.
        package var formerName: String {
            self == .multistyle26 ? name : Self.name(Self.formerName, down[0])
        }

        /// The variant of a name, also of one that an earlier version gave, such as `transformer-w16`.
        ///
        /// - Parameter name: one for each variant: the usual width is left out.
        /// - Returns: nil for a name that is not known.
        public init?(_ name: String) {
            if name == Self.multistyle26.name {
                self = .multistyle26
                return
            }
            let width = name.split(separator: "-").last.flatMap { $0.first == "w" ? Int($0.dropFirst()) : nil } ?? 32
            guard Self.widths.contains(width) else { return nil }
            self.init(width: width)
            if name != self.name, name != formerName { return nil }
        }

        /// Keys and shapes of weights for some styles: the normalizations have a row for each.
        func parameterShapes(styles: Int) -> [(name: String, shape: Shape)] {
            ParameterSet.shapes { ImageTransformNet(self, $0) }.map { name, shape in
                (name, isByStyle(name) && styles > 1 ? Shape([styles] + shape.dimensions) : shape)
            }
        }

        private func shapes(styles: Int) -> [String: [Int]] {
            let shapes = parameterShapes(styles: styles)
            return Dictionary(uniqueKeysWithValues: shapes.map { ($0.name, $0.shape.dimensions) })
        }

        /// The parameters of normalizations: those of convolutions end in `conv2d.weight` or `conv2d.bias`.
        private func isByStyle(_ key: String) -> Bool { !key.contains("conv2d.") }

        /// The network for one style, or for a mixture of several: these share all convolutions, and differ by the scales and
        /// shifts of the normalizations (Dumoulin et al. 2016, arXiv:1610.07629: conditional instance normalization).
        ///
        /// - Parameters:
        ///   - state: as it is stored: scales and shifts are [styles, C], or [C] for one style.
        ///   - weights: the share of each style.
        /// - Returns: the network, frozen.
        /// - Throws: `ParameterMismatch` for keys and shapes of another network, or of another number of styles.
        public func network(_ state: StateDictionary, mixing weights: [Float]) throws(ParameterMismatch)
            -> ImageTransformNet
        {
            let difference = KeyDifference(
                expected: shapes(styles: weights.count), found: state.mapValues(\.shape.dimensions))
            guard difference.isEmpty else { throw ParameterMismatch(declared: state.count, difference: difference) }
            let mixture = Tensor(weights, shape: [1, weights.count])
            var mixed = state
            if weights.count > 1 {
                for (key, rows) in state where isByStyle(key) {
                    mixed[key] = matmul(mixture, rows).reshaped([rows.shape[1]])
                }
            }
            let (network, parameters) = try ParameterSet.load({ ImageTransformNet(self, $0) }, from: mixed)
            parameters.setTrainable(false)
            return network
        }
    }
}
