import CVNN
import CVTensor

/// A chain of convolutions with the keys `name_1`, `name_2`, ….
struct InceptionBranch: Layer {
    /// One of them: its channels and its window. Padded to keep the size, or with a stride of 2 and not padded.
    struct Step {
        let channels: Int, height: Int, width: Int, stride: Int

        init(_ channels: Int, _ height: Int = 1, _ width: Int = 1, stride: Int = 1) {
            (self.channels, self.height, self.width, self.stride) = (channels, height, width, stride)
        }
    }

    let convolutions: [ConvNorm]

    init(_ name: String, _ cin: Int, _ steps: [Step], _ p: ParameterScope) {
        convolutions = zip([cin] + steps.map(\.channels), steps).enumerated().map { index, step in
            Self.convolution("\(name)_\(index + 1)", step.0, step.1, p)
        }
    }

    /// One convolution with its own key.
    static func convolution(_ key: String, _ cin: Int, _ step: Step, _ p: ParameterScope) -> ConvNorm {
        .inception(
            cin, step.channels, kernel: (step.height, step.width), stride: step.stride, padded: step.stride == 1,
            deviation: InceptionV3.deviation, p.scope(key))
    }

    func callAsFunction(_ x: Tensor) -> Tensor { convolutions.reduce(x) { $1($0) } }
}

/// Figure 5 of the paper: a 5×5 window as two of 3×3. [N, cin, H, W] -> [N, 224 + pool, H, W].
struct InceptionA: Layer {
    let branch1x1, branchPool: ConvNorm
    let branch5x5, branch3x3dbl: InceptionBranch
    let pool = AvgPool2d(3, stride: 1, padding: 1)

    init(_ cin: Int, pool: Int, _ p: ParameterScope) {
        branch1x1 = InceptionBranch.convolution("branch1x1", cin, .init(64), p)
        branch5x5 = InceptionBranch("branch5x5", cin, [.init(48), .init(64, 5, 5)], p)
        branch3x3dbl = InceptionBranch("branch3x3dbl", cin, [.init(64), .init(96, 3, 3), .init(96, 3, 3)], p)
        branchPool = InceptionBranch.convolution("branch_pool", cin, .init(pool), p)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        concatenate([branch1x1(x), branch5x5(x), branch3x3dbl(x), branchPool(pool(x))])
    }
}

/// Halves the size. [N, cin, H, W] -> [N, 480 + cin, (H - 3) / 2 + 1, (W - 3) / 2 + 1].
struct InceptionB: Layer {
    let branch3x3: ConvNorm
    let branch3x3dbl: InceptionBranch
    let pool = MaxPool2d(3, stride: 2)

    init(_ cin: Int, _ p: ParameterScope) {
        branch3x3 = InceptionBranch.convolution("branch3x3", cin, .init(384, 3, 3, stride: 2), p)
        branch3x3dbl = InceptionBranch(
            "branch3x3dbl", cin, [.init(64), .init(96, 3, 3), .init(96, 3, 3, stride: 2)], p)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { concatenate([branch3x3(x), branch3x3dbl(x), pool(x)]) }
}

/// Figure 6 of the paper: a 7×7 window as one of a row and one of a column. [N, cin, H, W] -> [N, 768, H, W].
struct InceptionC: Layer {
    let branch1x1, branchPool: ConvNorm
    let branch7x7, branch7x7dbl: InceptionBranch
    let pool = AvgPool2d(3, stride: 1, padding: 1)

    /// - Parameter width: the channels within the 7×7 windows.
    init(_ cin: Int, width: Int, _ p: ParameterScope) {
        branch1x1 = InceptionBranch.convolution("branch1x1", cin, .init(192), p)
        branch7x7 = InceptionBranch("branch7x7", cin, [.init(width), .init(width, 1, 7), .init(192, 7, 1)], p)
        branch7x7dbl = InceptionBranch(
            "branch7x7dbl", cin,
            [.init(width), .init(width, 7, 1), .init(width, 1, 7), .init(width, 7, 1), .init(192, 1, 7)], p)
        branchPool = InceptionBranch.convolution("branch_pool", cin, .init(192), p)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        concatenate([branch1x1(x), branch7x7(x), branch7x7dbl(x), branchPool(pool(x))])
    }
}

/// Halves the size. [N, cin, H, W] -> [N, 512 + cin, (H - 3) / 2 + 1, (W - 3) / 2 + 1].
struct InceptionD: Layer {
    let branch3x3, branch7x7x3: InceptionBranch
    let pool = MaxPool2d(3, stride: 2)

    init(_ cin: Int, _ p: ParameterScope) {
        branch3x3 = InceptionBranch("branch3x3", cin, [.init(192), .init(320, 3, 3, stride: 2)], p)
        branch7x7x3 = InceptionBranch(
            "branch7x7x3", cin, [.init(192), .init(192, 1, 7), .init(192, 7, 1), .init(192, 3, 3, stride: 2)], p)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { concatenate([branch3x3(x), branch7x7x3(x), pool(x)]) }
}

/// Figure 7 of the paper: a row and a column side by side, for many channels. [N, cin, H, W] -> [N, 2048, H, W].
struct InceptionE: Layer {
    let branch1x1, branchPool: ConvNorm
    let branch3x3, branch3x3dbl: InceptionBranch
    let row3x3, column3x3, row3x3dbl, column3x3dbl: ConvNorm
    let pool = AvgPool2d(3, stride: 1, padding: 1)

    init(_ cin: Int, _ p: ParameterScope) {
        branch1x1 = InceptionBranch.convolution("branch1x1", cin, .init(320), p)
        branch3x3 = InceptionBranch("branch3x3", cin, [.init(384)], p)
        row3x3 = InceptionBranch.convolution("branch3x3_2a", 384, .init(384, 1, 3), p)
        column3x3 = InceptionBranch.convolution("branch3x3_2b", 384, .init(384, 3, 1), p)
        branch3x3dbl = InceptionBranch("branch3x3dbl", cin, [.init(448), .init(384, 3, 3)], p)
        row3x3dbl = InceptionBranch.convolution("branch3x3dbl_3a", 384, .init(384, 1, 3), p)
        column3x3dbl = InceptionBranch.convolution("branch3x3dbl_3b", 384, .init(384, 3, 1), p)
        branchPool = InceptionBranch.convolution("branch_pool", cin, .init(192), p)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let (single, double) = (branch3x3(x), branch3x3dbl(x))
        return concatenate([
            branch1x1(x), row3x3(single), column3x3(single), row3x3dbl(double), column3x3dbl(double),
            branchPool(pool(x)),
        ])
    }
}
