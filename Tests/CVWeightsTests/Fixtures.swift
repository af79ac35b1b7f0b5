import CVCore
import CVNN
import CVWeights
import Foundation

/// The bytes of a safetensors file with this header, valid or not.
func safetensors(header: String, data: [UInt8] = [], length: UInt64? = nil) -> [UInt8] {
    let text = Array(header.utf8)
    return withUnsafeBytes(of: (length ?? UInt64(text.count)).littleEndian) { Array($0) } + text + data
}

let samplePreprocessing = Preprocessing(
    width: 416, height: 416, resize: .letterbox, fill: [127.5, 127.5, 127.5])

let sampleMetadata = WeightsMetadata(
    model: "tiny", task: "detect", preprocessing: samplePreprocessing, labels: ["cat", "dog \"x\""], source: "here",
    version: "1.0", sha256: String(repeating: "a", count: 64), license: "MIT", attribution: "someone")

/// A small weight file: two tensors and metadata.
func sampleWeights(values: [Float] = [1, 2, 3, 4], metadata: WeightsMetadata? = sampleMetadata) throws -> [UInt8] {
    try Safetensors.encode(
        [
            SafetensorsTensor("conv.weight", shape: [2, 2], values: values, storage: .f16),
            SafetensorsTensor("conv.bias", shape: [2], values: [0.5, -0.5]),
        ], metadata: metadata?.dictionary ?? [:], hashData: metadata != nil)
}
