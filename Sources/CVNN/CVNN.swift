// Layers are functions of tensors: `import CVNN` gives both.
@_exported import CVTensor
