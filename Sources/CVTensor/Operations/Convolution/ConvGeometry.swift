import CKernels

/// How the window of a convolution or of a pooling moves over an image.
///
/// Output size, as in PyTorch: `(size + padding before + padding after - dilation · (kernel - 1) - 1) / stride + 1`.
public struct ConvGeometry: Sendable, Equatable {
    /// One direction of it, in pixels.
    public struct Axis: Sendable, Equatable {
        /// Taps of the window.
        public let kernel: Int
        /// From one position of the window to the next.
        public let stride: Int
        /// Before the first and after the last pixel.
        public let padding: (before: Int, after: Int)
        /// From one tap to the next.
        public let dilation: Int

        /// - Parameters:
        ///   - kernel: taps of the window, 1 or more.
        ///   - stride: from one position of the window to the next, 1 or more.
        ///   - padding: zeros before the first and after the last pixel.
        ///   - dilation: from one tap to the next, 1 or more.
        public init(kernel: Int, stride: Int = 1, padding: (before: Int, after: Int) = (0, 0), dilation: Int = 1) {
            precondition(
                kernel > 0 && stride > 0 && dilation > 0 && padding.before >= 0 && padding.after >= 0,
                "kernel \(kernel), stride \(stride), dilation \(dilation), padding \(padding) are not a window")
            self.kernel = kernel
            self.stride = stride
            self.padding = padding
            self.dilation = dilation
        }

        /// Positions of the window.
        ///
        /// - Parameter size: pixels that it moves over, without the padding.
        /// - Returns: 0 when it does not fit once.
        public func outputSize(_ size: Int) -> Int {
            let room = size + padding.before + padding.after - dilation * (kernel - 1) - 1
            return room < 0 ? 0 : room / stride + 1
        }

        func paddedToSame(_ size: Int) -> Axis {
            let outputs = (size + stride - 1) / stride
            let padding = max((outputs - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
            return Axis(
                kernel: kernel, stride: stride, padding: (padding / 2, padding - padding / 2), dilation: dilation)
        }

        /// Whether all numbers are the same.
        public static func == (a: Axis, b: Axis) -> Bool {
            (a.kernel, a.stride, a.dilation) == (b.kernel, b.stride, b.dilation) && a.padding == b.padding
        }
    }

    /// From top to bottom.
    public let y: Axis
    /// From left to right.
    public let x: Axis
    /// Input and output channels are divided into this many parts, each convolved separately.
    public let groups: Int

    /// - Parameters:
    ///   - y: from top to bottom.
    ///   - x: from left to right.
    ///   - groups: into how many parts the channels are divided.
    public init(y: Axis, x: Axis, groups: Int = 1) {
        precondition(groups > 0, "\(groups) groups")
        self.y = y
        self.x = x
        self.groups = groups
    }

    /// The same in both directions, as the arguments of `torch.nn.Conv2d`.
    ///
    /// - Parameters:
    ///   - kernel: height and width of the window.
    ///   - stride: from one position of the window to the next.
    ///   - padding: zeros on each side.
    ///   - dilation: from one tap to the next.
    ///   - groups: into how many parts the channels are divided.
    public init(kernel: Int, stride: Int = 1, padding: Int = 0, dilation: Int = 1, groups: Int = 1) {
        let axis = Axis(kernel: kernel, stride: stride, padding: (padding, padding), dilation: dilation)
        self.init(y: axis, x: axis, groups: groups)
    }

    /// The same window with TensorFlow's padding SAME for an image of this size: ⌈size / stride⌉ outputs, and of an odd
    /// number of padded pixels the one more is after the last. It replaces the padding that there is.
    ///
    /// - Parameters:
    ///   - height: rows of the image.
    ///   - width: columns of the image.
    /// - Returns: the window with another padding.
    public func paddedToSame(height: Int, width: Int) -> ConvGeometry {
        ConvGeometry(y: y.paddedToSame(height), x: x.paddedToSame(width), groups: groups)
    }

    /// The argument of the kernels.
    func window(channels: Int, height: Int, width: Int) -> cvk_window {
        cvk_window(
            channels: channels, height: height, width: width, kernel_height: y.kernel, kernel_width: x.kernel,
            stride_y: y.stride, stride_x: x.stride, pad_top: y.padding.before, pad_left: x.padding.before,
            dilation_y: y.dilation, dilation_x: x.dilation, output_height: y.outputSize(height),
            output_width: x.outputSize(width))
    }
}
