import CKernels

/// What a convolution computes: the sizes of everything in it, checked once.
///
/// x: [batch, cin, height, width], weight: [cout, cin / groups, kernel, kernel] -> y: [batch, cout, Ho, Wo].
///
/// One problem describes all three directions: forward maps x to y, backward-data dy to dx, and backward-weights x and
/// dy to dw. As a matrix product it is, for each image and group, Y = W · columns(X), where `columns` (im2col) has a
/// row for each input channel and tap and a column for each output pixel.
package struct ConvProblem: Sendable {
    let batch, groups: Int
    /// Channels of x and of y, in all groups together.
    let cin, cout: Int
    /// Of x.
    let height, width: Int
    let geometry: ConvGeometry
    /// One group of one image, as an argument of the kernels.
    let window: cvk_window

    /// Checks that the shapes belong together.
    ///
    /// - Parameters:
    ///   - x: the shape of the input, [N, Cin, H, W].
    ///   - weight: the shape of the filters, [Cout, Cin / groups, kernel, kernel].
    ///   - bias: the shape of a bias, [Cout].
    ///   - operation: the name that the message of a failed check begins with.
    package init(
        x: Shape, weight: Shape, bias: Shape? = nil, _ geometry: ConvGeometry, for operation: String = "conv2d"
    ) {
        let input = ImageShape(x, for: operation)
        let filters = ImageShape(weight, for: operation + " weight")
        precondition(
            input.channels == filters.channels * geometry.groups && filters.batch % geometry.groups == 0
                && filters.height == geometry.y.kernel && filters.width == geometry.x.kernel,
            "\(operation): weight \(weight) does not fit input \(x), kernel \(geometry.y.kernel)×\(geometry.x.kernel), "
                + "\(geometry.groups) groups")
        precondition(
            bias == nil || bias == [filters.batch], "\(operation): bias \(bias!) does not fit weight \(weight)")
        (batch, groups, self.geometry) = (input.batch, geometry.groups, geometry)
        (cin, cout, height, width) = (input.channels, filters.batch, input.height, input.width)
        window = geometry.window(channels: filters.channels, height: input.height, width: input.width)
        precondition(
            n > 0 || batch == 0, "\(operation): the window \(geometry) does not fit once into \(x)")
    }

    var outputHeight: Int { window.output_height }
    var outputWidth: Int { window.output_width }

    /// Pixels of a channel of x.
    var inputPlane: Int { height * width }
    /// Positions in the window.
    var taps: Int { window.kernel_height * window.kernel_width }

    // Sizes of one of the matrix products: W is [m, k], columns(X) [k, n], Y [m, n].

    /// Filters of a group.
    var m: Int { cout / groups }
    /// Input channels of a group, times taps.
    var k: Int { window.channels * taps }
    /// Pixels of a channel of y.
    var n: Int { window.output_height * window.output_width }

    var inputShape: Shape { [batch, cin, height, width] }
    var weightShape: Shape { [cout, window.channels, window.kernel_height, window.kernel_width] }
    var outputShape: Shape { [batch, cout, outputHeight, outputWidth] }

    /// Backward-data as a forward problem, from dy to dx with the flipped filters.
    ///
    /// - Returns: nil for a stride, where pixels between those of dy have a gradient, too; and for borders so wide that
    ///   some pixels of dy are reached from nowhere.
    var flipped: ConvProblem? {
        guard let y = geometry.y.flipped(from: outputHeight, to: height),
            let x = geometry.x.flipped(from: outputWidth, to: width)
        else { return nil }
        return ConvProblem(
            x: outputShape, weight: [cin, m, window.kernel_height, window.kernel_width],
            ConvGeometry(y: y, x: x, groups: groups), for: "conv2d gradient")
    }
}

extension ConvGeometry.Axis {
    /// Pixel i of dx is reached by the tap t from pixel i + padding - t · dilation of dy.
    fileprivate func flipped(from count: Int, to size: Int) -> ConvGeometry.Axis? {
        let reach = dilation * (kernel - 1)
        let before = reach - padding.before
        let after = size + reach - before - count
        guard stride == 1, before >= 0, after >= 0 else { return nil }
        return ConvGeometry.Axis(kernel: kernel, padding: (before, after), dilation: dilation)
    }
}
