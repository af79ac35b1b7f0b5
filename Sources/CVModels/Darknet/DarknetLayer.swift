import CVCore
import CVTensor

/// A layer of a darknet network, whose options are validated against the layers before it.
struct DarknetLayer: Sendable {
    /// Channels, rows and columns of the feature maps of one image.
    struct Size: Sendable, Equatable, CustomStringConvertible {
        let channels, height, width: Int

        var description: String { "\(channels)×\(height)×\(width)" }
        var count: Int { channels * height * width }
    }

    enum Kind: Sendable {
        case convolution(Convolution)
        case maxPool(ConvGeometry)
        case upsample(factor: Int, scale: Float)
        /// The concatenated outputs of `layers`, of each the part `group` of `groups`.
        case route(layers: [Int], groups: Int, group: Int)
        /// The sum of the layer before and `layers`, channel by channel as far as both have them.
        case shortcut(layers: [Int], Activation)
        /// The identity in inference.
        case dropout
        case yolo(Yolo)
    }

    struct Convolution: Sendable {
        let inputs, filters: Int
        let geometry: ConvGeometry
        let batchNormalize: Bool
        let activation: Activation

        /// Weights of the kernel alone.
        var kernelCount: Int { filters * (inputs / geometry.groups) * geometry.y.kernel * geometry.x.kernel }
        /// Numbers in the `.weights`: biases, three statistics if normalized, the kernel.
        var parameterCount: Int { filters * (batchNormalize ? 4 : 1) + kernelCount }
    }

    struct Yolo: Sendable {
        let classes: Int
        let anchors: [YOLOGrid.Anchor]
        let scaleXY: Float
        let isActivated: Bool
    }

    let kind: Kind
    let output: Size
    /// For messages: `net.cfg:12 [convolutional]`.
    let location: String

    /// Number of its floats in a `.weights` file.
    var parameterCount: Int {
        if case .convolution(let convolution) = kind { convolution.parameterCount } else { 0 }
    }

    /// Earlier layers whose output it reads, other than the one before.
    var references: [Int] {
        switch kind {
        case .route(let layers, _, _), .shortcut(let layers, _): layers
        default: []
        }
    }
}

/// Reads sections into layers. Every number comes from a file, so every one is checked before it is used.
struct DarknetLayerReader {
    typealias Section = DarknetConfiguration.Section
    typealias Size = DarknetLayer.Size

    static let maxSide = 16384
    static let maxChannels = 65536
    /// Elements of one layer's output: 1 GiB of floats.
    static let maxElements = 1 << 28
    /// All parameters: 4 GiB of floats.
    static let maxParameters = 1 << 30

    private(set) var layers: [DarknetLayer] = []
    private let input: Size

    init(input: Size) { self.input = input }

    private var previous: Size { layers.last?.output ?? input }

    mutating func append(_ section: Section) throws(DarknetError) {
        let (kind, output) = try read(section)
        guard output.height > 0, output.width > 0, output.height <= Self.maxSide, output.width <= Self.maxSide,
            output.channels > 0, output.channels <= Self.maxChannels, output.count <= Self.maxElements
        else {
            throw DarknetError(
                section.location,
                .invalid("[\(section.type)] makes \(output) of \(previous), which is too small or too large"))
        }
        layers.append(DarknetLayer(kind: kind, output: output, location: "\(section.location) [\(section.type)]"))
    }

    private func read(_ section: Section) throws(DarknetError) -> (DarknetLayer.Kind, Size) {
        switch section.type {
        case "convolutional", "conv": return try convolution(section)
        case "maxpool", "max": return try maxPool(section)
        case "upsample": return try upsample(section)
        case "route": return try route(section)
        case "shortcut": return try shortcut(section)
        case "dropout": return (.dropout, previous)
        case "yolo": return try yolo(section)
        default:
            throw DarknetError(
                section.location,
                .unsupported(
                    "layer [\(abbreviated(section.type))] (known: convolutional, maxpool, upsample, route, shortcut, "
                        + "dropout, yolo)"))
        }
    }

    private func convolution(_ section: Section) throws(DarknetError) -> (DarknetLayer.Kind, Size) {
        try section.refuse("binary", "xnor", "antialiasing", "deform", "share_index", "assisted_excitation", "flipped")
        let size = try section.integer("size", default: 1, in: 1...255)
        let stride = try section.integer("stride", default: 1, in: 1...255)
        let dilation = try section.integer("dilation", default: 1, in: 1...255)
        let padding =
            try section.flag("pad") ? size / 2 : section.integer("padding", default: 0, in: 0...1024)
        let filters = try section.integer("filters", default: 1, in: 1...Self.maxChannels)
        let groups = try section.integer("groups", default: 1, in: 1...Self.maxChannels)
        guard previous.channels % groups == 0, filters % groups == 0 else {
            throw DarknetError(
                section.location,
                .invalid("groups=\(groups) does not divide \(previous.channels) channels into \(filters) filters"))
        }
        func axis(_ key: String) throws(DarknetError) -> ConvGeometry.Axis {
            let stride = try section.integer(key, default: stride, in: 1...255)
            let padding = padding * dilation
            return .init(kernel: size, stride: stride, padding: (padding, padding), dilation: dilation)
        }
        let geometry = ConvGeometry(y: try axis("stride_y"), x: try axis("stride_x"), groups: groups)
        let layer = DarknetLayer.Convolution(
            inputs: previous.channels, filters: filters, geometry: geometry,
            batchNormalize: try section.flag("batch_normalize"),
            activation: try activation(section, default: "logistic"))
        guard layer.parameterCount <= Self.maxParameters else {
            throw DarknetError(section.location, .invalid("a convolution with \(layer.parameterCount) parameters"))
        }
        return (.convolution(layer), resized(filters, geometry))
    }

    private func maxPool(_ section: Section) throws(DarknetError) -> (DarknetLayer.Kind, Size) {
        try section.refuse("maxpool_depth", "antialiasing")
        let stride = try section.integer("stride", default: 1, in: 1...255)
        let size = try section.integer("size", default: stride, in: 1...255)
        // The total, with the larger half after the image: stride 1 keeps the size.
        let padding = try section.integer("padding", default: size - 1, in: 0...1024)
        func axis(_ key: String) throws(DarknetError) -> ConvGeometry.Axis {
            let stride = try section.integer(key, default: stride, in: 1...255)
            return .init(kernel: size, stride: stride, padding: (padding / 2, padding - padding / 2))
        }
        let geometry = ConvGeometry(y: try axis("stride_y"), x: try axis("stride_x"))
        return (.maxPool(geometry), resized(previous.channels, geometry))
    }

    private func upsample(_ section: Section) throws(DarknetError) -> (DarknetLayer.Kind, Size) {
        let factor = try section.integer("stride", default: 2, in: 1...64)
        let scale = try section.float("scale", default: 1, in: -1e6...1e6)
        return (
            .upsample(factor: factor, scale: scale),
            Size(channels: previous.channels, height: previous.height * factor, width: previous.width * factor)
        )
    }

    private func route(_ section: Section) throws(DarknetError) -> (DarknetLayer.Kind, Size) {
        let sources = try references(section, "layers")
        let groups = try section.integer("groups", default: 1, in: 1...Self.maxChannels)
        let group = try section.integer("group_id", default: 0, in: 0...groups - 1)
        let first = layers[sources[0]].output
        var channels = 0
        for source in sources {
            let size = layers[source].output
            guard (size.height, size.width) == (first.height, first.width), size.channels % groups == 0 else {
                throw DarknetError(
                    section.location,
                    .invalid("layer \(source) gives \(size), which does not go with \(first) in \(groups) groups"))
            }
            channels += size.channels / groups
        }
        return (
            .route(layers: sources, groups: groups, group: group),
            Size(channels: channels, height: first.height, width: first.width)
        )
    }

    private func shortcut(_ section: Section) throws(DarknetError) -> (DarknetLayer.Kind, Size) {
        let weights = section.text("weights_type", default: "none")
        guard weights == "none" else {
            throw DarknetError(section.location, .unsupported("weights_type=\(abbreviated(weights))"))
        }
        guard !layers.isEmpty else {
            throw DarknetError(section.location, .invalid("[shortcut] cannot be the first layer"))
        }
        let sources = try references(section, "from")
        for source in sources {
            let size = layers[source].output
            guard (size.height, size.width) == (previous.height, previous.width) else {
                throw DarknetError(
                    section.location, .invalid("layer \(source) gives \(size), which cannot be added to \(previous)"))
            }
        }
        return (.shortcut(layers: sources, try activation(section, default: "linear")), previous)
    }

    private func yolo(_ section: Section) throws(DarknetError) -> (DarknetLayer.Kind, Size) {
        let classes = try section.integer("classes", default: 20, in: 1...10000)
        let sizes = try section.floats("anchors")
        let all = Swift.stride(from: 0, to: sizes.count - 1, by: 2).map { YOLOGrid.Anchor(sizes[$0], sizes[$0 + 1]) }
        let mask = section.has("mask") ? try section.integers("mask") : Array(all.indices)
        guard !mask.isEmpty, mask.allSatisfy(all.indices.contains) else {
            throw DarknetError(
                section.location, .invalid("mask \(abbreviated("\(mask)")) does not pick from \(all.count) anchors"))
        }
        guard mask.allSatisfy({ all[$0].width > 0 && all[$0].height > 0 && sizes.allSatisfy(\.isFinite) }) else {
            throw DarknetError(section.location, .invalid("an anchor is not larger than 0"))
        }
        guard previous.channels == mask.count * (5 + classes) else {
            throw DarknetError(
                section.location,
                .invalid(
                    "\(mask.count) anchors · (5 + \(classes) classes) = \(mask.count * (5 + classes)) channels are "
                        + "expected, the layer before gives \(previous.channels)"))
        }
        let yolo = DarknetLayer.Yolo(
            classes: classes, anchors: mask.map { all[$0] },
            scaleXY: try section.float("scale_x_y", default: 1, in: 0.1...10),
            isActivated: try section.flag("new_coords"))
        return (.yolo(yolo), previous)
    }

    /// Indices of earlier layers; a negative one counts back from here.
    private func references(_ section: Section, _ key: String) throws(DarknetError) -> [Int] {
        let values = try section.integers(key)
        guard !values.isEmpty else { throw DarknetError(section.location, .invalid("\(key)= names no layer")) }
        var found: [Int] = []
        for value in values {
            let (index, overflow) = value < 0 ? layers.count.addingReportingOverflow(value) : (value, false)
            guard !overflow, layers.indices.contains(index) else {
                throw DarknetError(
                    section.location, .invalid("\(key)=\(value): there are \(layers.count) layers before this one"))
            }
            found.append(index)
        }
        return found
    }

    private func activation(_ section: Section, default fallback: String) throws(DarknetError) -> Activation {
        switch section.text("activation", default: fallback) {
        case "linear": return .linear
        case "leaky": return .leakyReLU(slope: 0.1)
        case "relu": return .relu
        case "relu6": return .relu6
        case "mish": return .mish
        case "swish", "silu": return .silu
        case "logistic": return .sigmoid
        case let other:
            throw DarknetError(
                section.location,
                .unsupported(
                    "activation=\(abbreviated(other)) (known: linear, leaky, relu, relu6, mish, swish, logistic)"))
        }
    }

    private func resized(_ channels: Int, _ geometry: ConvGeometry) -> Size {
        Size(
            channels: channels, height: geometry.y.outputSize(previous.height),
            width: geometry.x.outputSize(previous.width))
    }
}
