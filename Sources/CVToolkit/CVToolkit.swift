// `import CVToolkit` gives all of the library but training.
@_exported import CVClassification
@_exported import CVCore
@_exported import CVDetection
@_exported import CVImage
@_exported import CVModels
@_exported import CVNN
@_exported import CVSegmentation
@_exported import CVStyle
@_exported import CVTask
@_exported import CVTensor
@_exported import CVWeights
