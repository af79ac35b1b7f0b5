import CVCore
import CVImage
import CVTensor
import CVWeights

extension Preprocessing {
    /// Ten inputs of one image, as torchvision's `TenCrop`: the four corners and the center of the image in a size above
    /// the input's, and the same of its mirror image.
    ///
    /// The larger image has the shorter side that `.crop` cuts the middle out of, such as 256 for 224, and where there is
    /// none 8/7 of the input's size. For `.crop` it keeps all of its longer side, as torchvision's `Resize` does, so
    /// that the corners reach further than the usual middle.
    ///
    /// - Parameter image: of any size.
    /// - Returns: [10, C, height, width], `(pixel - mean) / std`, in torchvision's order.
    public func tenCrops(_ image: Image) -> Tensor {
        let large = upsampled(image)
        var exact = self
        exact.resize = .stretch
        return exact.batch(fiveCrops(large) + fiveCrops(large.flippedHorizontally()))
    }

    private func fiveCrops(_ image: Image) -> [Image] {
        let (right, bottom) = (image.width - width, image.height - height)
        func middle(_ room: Int) -> Int { Int(clamping: (Double(room) / 2).rounded(.toNearestOrEven)) }
        let corners = [(0, 0), (right, 0), (0, bottom), (right, bottom), (middle(right), middle(bottom))]
        return corners.map { image.cropped(x: $0, y: $1, width: width, height: height) }
    }

    private func upsampled(_ image: Image) -> Image {
        func upsampled(_ side: Int) -> Int { (side * 8 + 3) / 7 }
        var large = self
        (large.width, large.height) =
            cropFrame.width > width ? cropFrame : (upsampled(width), upsampled(height))
        guard resize == .crop else { return large.framed(image) }
        let frame = (large.width, large.height)
        let covering = Covering(width: image.width, height: image.height, by: frame, cut: frame)
        return image.withoutAlpha().resized(covering, filter: filter)
    }
}
