// `import CVToolkit` gives the inference of all tasks, images, and what their signatures name. Networks come with
// `import CVNN` and `import CVModels`, training with `import CVTraining`.
@_exported import CVClassification
@_exported import CVDetection
@_exported import CVFaces
@_exported import CVImage
@_exported import CVLandmarks
@_exported import CVSegmentation
@_exported import CVStyle
@_exported import CVTask

@_exported import enum CVCore.ErrorCategory
@_exported import struct CVCore.FileError
@_exported import enum CVCore.JSONValue
@_exported import enum CVCore.Parallel
@_exported import struct CVCore.SplitMix64
@_exported import protocol CVCore.ToolkitError
@_exported import struct CVTensor.Shape
@_exported import struct CVTensor.Tensor
@_exported import struct CVWeights.Preprocessing
@_exported import enum CVWeights.VisionTask
@_exported import struct CVWeights.WeightsLocator
@_exported import struct CVWeights.WeightsMetadata
@_exported import struct CVWeights.WeightsNotFound
