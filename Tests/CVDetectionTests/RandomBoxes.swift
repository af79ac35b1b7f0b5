import CVImage
import TestSupport

extension SplitMix64 {
    mutating func float(_ range: ClosedRange<Float>) -> Float { .random(in: range, using: &self) }
}

extension Box {
    init(center x: Float, _ y: Float, width: Float, height: Float) {
        self.init(minX: x - width / 2, minY: y - height / 2, maxX: x + width / 2, maxY: y + height / 2)
    }
}
