import CVCore
import CVImage
import CVTensor
import CVWeights

/// Filters images with a kernel, by the convolution that networks use: each color channel by itself.
///
/// ```swift
/// let edges = try ImageFilter(FilterKernel("sobel-x"), gray: true)(Image(contentsOf: "photo.jpg"))
/// try edges.image(.absolute).write(to: "edges.png")
/// ```
public struct ImageFilter: Sendable {
    /// What is assumed beyond the border.
    public enum Padding: String, Sendable, CaseIterable {
        /// Nothing: the result is smaller by the kernel's side less one.
        case valid
        /// Zeros, as in networks: the result has the size of the image.
        case same
        /// The mirrored image: the same size, and no edge where the image ends.
        case reflect
    }

    /// The weights.
    public let kernel: FilterKernel
    /// What is assumed beyond the border.
    public let padding: Padding
    /// The pixels from one position of the kernel to the next.
    public let stride: Int
    /// Whether the image is converted to gray first, as 0.299 red + 0.587 green + 0.114 blue.
    public let gray: Bool

    /// A filter.
    ///
    /// - Parameters:
    ///   - kernel: the weights.
    ///   - padding: what is assumed beyond the border.
    ///   - stride: step of the kernel in pixels, at least 1.
    ///   - gray: whether the image is converted to gray first.
    public init(_ kernel: FilterKernel, padding: Padding = .reflect, stride: Int = 1, gray: Bool = false) {
        precondition(stride > 0, "ImageFilter: a stride of \(stride)")
        self.kernel = kernel
        self.padding = padding
        self.stride = stride
        self.gray = gray
    }

    /// The response at each pixel and color, for levels from 0 to 255. Transparency is dropped.
    ///
    /// - Parameter image: of any size that the padding allows.
    /// - Returns: the response, [3, 1, Ho, Wo], or [1, 1, Ho, Wo] for gray.
    /// - Throws: `FilterError.doesNotFit` for an image that is smaller than the kernel, where the padding does not help.
    public func callAsFunction(_ image: Image) throws(FilterError) -> FilterResponse {
        try check(image)
        return FilterResponse(self(planes(image)))
    }

    /// The response as an image, computed in strips of rows: beside the two images it takes little memory.
    ///
    /// - Parameters:
    ///   - image: of any size that the padding allows.
    ///   - rendering: how values become levels.
    /// - Returns: the image that `callAsFunction(_:)` and `FilterResponse.image(_:)` give, and the least and the greatest
    ///   value.
    /// - Throws: `FilterError.doesNotFit` as `callAsFunction(_:)`.
    public func rendered(
        _ image: Image, _ rendering: FilterResponse.Rendering
    ) throws(FilterError) -> (image: Image, range: ClosedRange<Float>) {
        try rendered(image, rendering, stripElements: 1 << 21)
    }

    /// As `rendered(_:_:)`, with strips whose input has about so many elements.
    package func rendered(
        _ image: Image, _ rendering: FilterResponse.Rendering, stripElements: Int
    ) throws(FilterError) -> (image: Image, range: ClosedRange<Float>) {
        try check(image)
        let strips = FilterStrips(self, image, elements: stripElements)
        // Only these renderings depend on all values.
        let isScaled = rendering == .signed || rendering == .stretch
        var range: ClosedRange<Float>?
        func add(_ values: Tensor) {
            let found = FilterResponse(values).range
            range = range.map { min($0.lowerBound, found.lowerBound)...max($0.upperBound, found.upperBound) } ?? found
        }
        if isScaled { strips.visit { _, values in add(values) } }
        let levels = FilterResponse.Levels(rendering, range ?? 0...0)
        let (width, height) = (strips.width, strips.height)
        let pixels = [UInt8](unsafeUninitializedCapacity: 3 * height * width) { pixels, count in
            strips.visit { rows, values in
                if !isScaled { add(values) }
                let part = 3 * width * rows.lowerBound..<3 * width * rows.upperBound
                levels.write(values, to: UnsafeMutableBufferPointer(rebasing: pixels[part]))
            }
            count = 3 * height * width
        }
        return (Image(width: width, height: height, format: .rgb, pixels: pixels), range ?? 0...0)
    }

    /// - Throws: `FilterError.doesNotFit` for an image that is smaller than the kernel, where the padding does not help.
    private func check(_ image: Image) throws(FilterError) {
        let reach = padding == .valid ? (kernel.width, kernel.height) : (kernel.width / 2 + 1, kernel.height / 2 + 1)
        guard padding == .same || (image.width >= reach.0 && image.height >= reach.1) else {
            throw .doesNotFit(
                kernel: "\(kernel.height)×\(kernel.width)", width: image.width, height: image.height, padding: padding)
        }
    }

    /// The levels of an image, 0 to 255: each color channel is an image of the batch.
    func planes(_ image: Image) -> Tensor {
        let levels = Preprocessing(
            width: image.width, height: image.height, resize: .stretch, channels: gray ? .gray : .rgb,
            std: [Float](repeating: 1, count: gray ? 1 : 3))
        let x = levels.tensor(image)
        return x.reshaped([x.shape[1], 1, x.shape[2], x.shape[3]])
    }

    /// The cross-correlation of single planes, as `F.conv2d`.
    ///
    /// - Parameter x: [N, 1, H, W].
    /// - Returns: [N, 1, Ho, Wo], Ho = ⌈H / stride⌉, or with `.valid` ⌊(H - kernel) / stride⌋ + 1.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        correlate(x, padded: Self.around(kernel.height))
    }

    /// What is before and after the middle of a kernel: of an even one the larger part is after, below or on the right, as
    /// with PyTorch's padding="same".
    static func around(_ side: Int) -> (before: Int, after: Int) { ((side - 1) / 2, side / 2) }

    /// - Parameter y: the rows of padding above and below.
    func correlate(_ x: Tensor, padded y: (before: Int, after: Int)) -> Tensor {
        let weight = Tensor(Array(kernel.rows.joined()), shape: [1, 1, kernel.height, kernel.width])
        let x0 = Self.around(kernel.width)
        func geometry(_ y: (before: Int, after: Int), _ x: (before: Int, after: Int)) -> ConvGeometry {
            ConvGeometry(
                y: .init(kernel: kernel.height, stride: stride, padding: y),
                x: .init(kernel: kernel.width, stride: stride, padding: x))
        }
        switch padding {
        case .valid: return conv2d(x, weight, geometry((0, 0), (0, 0)))
        case .same: return conv2d(x, weight, geometry(y, x0))
        case .reflect:
            let framed = pad2d(
                x, top: y.before, bottom: y.after, left: x0.before, right: x0.after, mode: .reflect)
            return conv2d(framed, weight, geometry((0, 0), (0, 0)))
        }
    }
}

/// The response of an image to a kernel: numbers of any size and sign, which can be rendered in several ways.
///
/// Not `Codable`, because it holds a tensor of the image's size: store the rendered image instead.
public struct FilterResponse: Sendable {
    /// [colors, 1, height, width], of 3 colors or 1.
    public let values: Tensor
    /// The least and the greatest.
    public let range: ClosedRange<Float>

    /// A response of these values.
    ///
    /// - Parameter values: [3, 1, H, W] or [1, 1, H, W].
    public init(_ values: Tensor) {
        precondition(
            values.shape.rank == 4 && [1, 3].contains(values.shape[0]) && values.shape[1] == 1,
            "[3, 1, H, W] or [1, 1, H, W] expected, found \(values.shape)")
        self.values = values
        range = values.withValues { values in
            values.reduce(values[0]...values[0]) { min($0.lowerBound, $1)...max($0.upperBound, $1) }
        }
    }

    /// How numbers become levels from 0 to 255.
    public enum Rendering: String, Sendable, CaseIterable {
        /// As they are; what is beyond becomes 0 or 255.
        case clip
        /// Without their signs: an edge is bright, in whichever direction.
        case absolute
        /// 0 is gray; black and white are the largest number found, with either sign.
        case signed
        /// From the least to the greatest.
        case stretch

        /// The rendering that suits `kernel`: `.clip` for a mean, `.absolute` for differences.
        ///
        /// - Parameter kernel: its sum is 0 for differences.
        public init(for kernel: FilterKernel) { self = abs(kernel.sum) < 1e-3 ? .absolute : .clip }
    }

    /// The response as an image, in color, or in gray where there is one plane.
    ///
    /// - Parameter rendering: how values become levels.
    /// - Returns: an image of [H, W] pixels.
    public func image(_ rendering: Rendering) -> Image {
        let (height, width) = (values.shape[2], values.shape[3])
        let pixels = [UInt8](unsafeUninitializedCapacity: 3 * height * width) { pixels, count in
            Levels(rendering, range).write(values, to: pixels)
            count = 3 * height * width
        }
        return Image(width: width, height: height, format: .rgb, pixels: pixels)
    }

    /// Responses as levels: scale · value + shift.
    struct Levels {
        private let isAbsolute: Bool
        private var (scale, shift): (Float, Float) = (1, 0)
        /// What is subtracted first, and the result divided by.
        private var (origin, unit): (Float, Float) = (0, 1)

        init(_ rendering: Rendering, _ range: ClosedRange<Float>) {
            isAbsolute = rendering == .absolute
            switch rendering {
            case .clip, .absolute: break
            case .signed:
                setScale(127.5, dividedBy: max(-range.lowerBound, range.upperBound))
                shift = 127.5
            case .stretch:
                setScale(255, dividedBy: range.upperBound - range.lowerBound)
                if unit == 1 { shift = -range.lowerBound * scale } else { origin = range.lowerBound }
            }
        }

        /// The quotient of levels and a tiny number is infinite: then the values are divided by that number first.
        private mutating func setScale(_ levels: Float, dividedBy extent: Float) {
            scale = extent > 0 ? levels / extent : 0
            if !scale.isFinite { (scale, unit) = (levels, extent) }
        }

        /// Writes [3, 1, H, W] or [1, 1, H, W] as RGB pixels.
        func write(_ response: Tensor, to pixels: UnsafeMutableBufferPointer<UInt8>) {
            let (plane, isGray) = (response.shape[2] * response.shape[3], response.shape[0] == 1)
            response.withValues { values in
                for index in 0..<plane {
                    for channel in 0..<3 {
                        var value = values[(isGray ? 0 : channel * plane) + index]
                        if isAbsolute { value = abs(value) }
                        if unit != 1 { value = (value - origin) / unit }
                        pixels[3 * index + channel] = UInt8(clamping: (value * scale + shift).rounded())
                    }
                }
            }
        }
    }
}
