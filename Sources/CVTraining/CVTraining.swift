// `import CVTraining` gives what a training loop is written with: networks, layers and tensors.
@_exported import CVModels
@_exported import CVNN
@_exported import CVWeights
