import CKernels

/// How the window of a convolution or of a pooling moves over a picture.
///
/// Output size, as in PyTorch: `(size + padding before + padding after - dilation · (kernel - 1) - 1) / stride + 1`.
public struct ConvGeometry: Sendable, Equatable {
    /// One direction of it, in pixels.
    public struct Axis: Sendable, Equatable {
        public let kernel: Int
        public let stride: Int
        /// Before the first and after the last pixel.
        public let padding: (before: Int, after: Int)
        public let dilation: Int

        public init(kernel: Int, stride: Int = 1, padding: (before: Int, after: Int) = (0, 0), dilation: Int = 1) {
            precondition(
                kernel > 0 && stride > 0 && dilation > 0 && padding.before >= 0 && padding.after >= 0,
                "kernel \(kernel), stride \(stride), dilation \(dilation), padding \(padding) are not a window")
            self.kernel = kernel
            self.stride = stride
            self.padding = padding
            self.dilation = dilation
        }

        /// Positions of the window along `size` pixels; 0 or less when it does not fit once.
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

        public static func == (a: Axis, b: Axis) -> Bool {
            (a.kernel, a.stride, a.dilation) == (b.kernel, b.stride, b.dilation) && a.padding == b.padding
        }
    }

    public let y: Axis
    public let x: Axis
    /// Input and output channels are cut into this many parts, each convolved on its own.
    public let groups: Int

    public init(y: Axis, x: Axis, groups: Int = 1) {
        precondition(groups > 0, "\(groups) groups")
        self.y = y
        self.x = x
        self.groups = groups
    }

    /// The same in both directions.
    public init(kernel: Int, stride: Int = 1, padding: Int = 0, dilation: Int = 1, groups: Int = 1) {
        let axis = Axis(kernel: kernel, stride: stride, padding: (padding, padding), dilation: dilation)
        self.init(y: axis, x: axis, groups: groups)
    }

    /// The same window with TensorFlow's padding SAME for a picture of this size: ⌈size / stride⌉ outputs, and of an odd
    /// number of padded pixels the one more is after the last. It replaces the padding that there is.
    public func paddedToSame(height: Int, width: Int) -> ConvGeometry {
        ConvGeometry(y: y.paddedToSame(height), x: x.paddedToSame(width), groups: groups)
    }

    /// The form that the kernels take.
    func window(channels: Int, height: Int, width: Int) -> cvk_window {
        cvk_window(
            channels: channels, height: height, width: width, kernel_height: y.kernel, kernel_width: x.kernel,
            stride_y: y.stride, stride_x: x.stride, pad_top: y.padding.before, pad_left: x.padding.before,
            dilation_y: y.dilation, dilation_x: x.dilation, output_height: y.outputSize(height),
            output_width: x.outputSize(width))
    }
}
