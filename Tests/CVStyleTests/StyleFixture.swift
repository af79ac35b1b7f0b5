import CVImage
import CVModels
import CVNN
import CVStyle
import CVTensor
import CVWeights
import TestSupport

/// A small network with the architecture of a VGG and small images, as in `Tools/golden/style.py`.
enum StyleFixture {
    static let widths = [6, 8, 10, 12, 12]
    static let depth = VGG.Depth.vgg13

    /// Uniform with the standard deviation of He; seeds count from 100.
    static var state: StateDictionary {
        var state: StateDictionary = [:]
        let shapes = ParameterSet.shapes { VGGFeatures(depth, widths: widths, $0) }
        for (index, (name, shape)) in shapes.enumerated() {
            let values = seededTensor(seed: 100 + UInt64(index), shape)
            let fan = shape.dimensions.dropFirst().reduce(1, *)
            state[name] = values * (shape.rank > 1 ? Float((6 / Double(fan)).squareRoot()) : 0.1)
        }
        return state
    }

    static let preprocessing = Preprocessing(
        width: 32, height: 32, resize: .stretch, mean: [120, 115, 100], std: [60, 58, 56])

    static var transfer: StyleTransfer {
        StyleTransfer(name: "small", depth, widths: widths, state: state, preprocessing)
    }

    static func network(through last: String, pooling: VGGFeatures.Pooling = .max) throws -> StyleNetwork {
        StyleNetwork(
            try VGGFeatures.load(depth, through: last, pooling: pooling, widths: widths, from: state), preprocessing)
    }

    /// Blocks of seeded colors with noise, as integer levels.
    static func image(seed: UInt64, width: Int, height: Int) -> Image {
        let noise = uniformTensor(seed: seed, [height, width, 3]).values
        let colors = uniformTensor(seed: seed + 1, [(height + 7) / 8, (width + 7) / 8, 3]).values
        let across = (width + 7) / 8
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                for channel in 0..<3 {
                    let color = colors[((y / 8) * across + x / 8) * 3 + channel]
                    let value = 0.75 * color + 0.25 * noise[(y * width + x) * 3 + channel]
                    pixels.append(UInt8(value * 255))
                }
            }
        }
        return Image(width: width, height: height, format: .rgb, pixels: pixels)
    }

    /// Few steps on few pixels.
    static func options(size: Int = 32, iterations: Int = 6) -> StyleOptions {
        var options = StyleOptions()
        options.size = size
        options.smallestSize = 24
        options.iterations = iterations
        options.contentLayers = [StyleLayer("conv3_2")]
        options.styleLayers = ["conv1_1", "conv2_1", "conv3_1"].map { StyleLayer($0) }
        // The values of the goldens.
        (options.contentWeight, options.variationWeight, options.matchesPalette) = (0.05, 2, false)
        return options
    }
}
