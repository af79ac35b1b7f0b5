import CVModels
import CVTensor
import Testing

/// Any `.cfg` and `.weights` gives a network or a typed error.
@Suite struct DarknetErrorTests {
    /// A tiny detector of 2 classes on 32 × 32: 3 → 21 channels, 1×1.
    private static let good = """
        [net]
        width=32
        height=32
        channels=3
        # a comment
        [convolutional]
        filters=21   ; another
        size=1
        stride=1
        activation=linear
        [yolo]
        mask=0,1,2
        anchors = 1,2, 3,4, 5,6,
        classes=2
        """

    private static func weights(count: Int, version: [UInt8] = [0, 2]) -> [UInt8] {
        let wide = version[0] > 0 || version[1] >= 2
        return [version[0], 0, 0, 0, version[1], 0, 0, 0, 0, 0, 0, 0]
            + [UInt8](repeating: 0, count: (wide ? 8 : 4) + 4 * count)
    }

    private static func network(_ cfg: String, _ weights: [UInt8] = weights(count: 84)) throws -> DarknetNetwork {
        try DarknetNetwork(DarknetConfiguration(text: cfg, name: "net.cfg"), weights: weights, weightsName: "w")
    }

    private static func edited(_ from: String, _ to: String) -> String { good.replacing(from, with: to) }

    @Test("darknet: a valid network loads") func readsAGoodOne() throws {
        let network = try Self.network(Self.good)
        #expect((network.width, network.height, network.classCount, network.stride) == (32, 32, 2, 1))
        let grids = network(Tensor(repeating: 1, shape: [1, 3, 32, 32]))
        #expect(grids.map(\.values.shape) == [[1, 21, 32, 32]])
        #expect(grids[0].anchors == [.init(1, 2), .init(3, 4), .init(5, 6)])
    }

    @Test("darknet: headers of old files are read") func readsTheHeaderOfOldFiles() throws {
        _ = try Self.network(Self.good, Self.weights(count: 84, version: [0, 1]))
    }

    @Test("darknet: a wrong weight count reports both counts", arguments: [0, 1, 83, 85, 1000]) func tellsBothCounts(
        count: Int
    ) {
        #expect(throws: DarknetError("w", .weightCount(expected: 84, found: count))) {
            try Self.network(Self.good, Self.weights(count: count))
        }
    }

    @Test("darknet: non-finite weights name their layer") func namesTheLayerWithNaN() {
        var bytes = Self.weights(count: 84)
        bytes.replaceSubrange(200..<204, with: [0, 0, 0xC0, 0x7F])
        #expect(throws: DarknetError("w", .notFinite(layer: "net.cfg:6 [convolutional]", count: 1))) {
            try Self.network(Self.good, bytes)
        }
    }

    @Test(
        "darknet: other files are rejected as weights",
        arguments: [
            [], [1, 2, 3], [UInt8](repeating: 0xFF, count: 356), Array("PK\u{3}\u{4} this is a zip file".utf8),
        ]) func refusesWhatIsNoWeights(bytes: [UInt8])
    {
        #expect(throws: DarknetError.self) { try Self.network(Self.good, bytes) }
    }

    @Test(
        "darknet: invalid configurations throw",
        arguments: [
            ("filters=21", "filters=20"), ("filters=21", "filters=0"), ("filters=21", "filters=-21"),
            ("filters=21", "filters=99999999999999999999"), ("filters=21", "filters=x"), ("filters=21", "filters="),
            ("size=1", "size=0"), ("size=1", "size=33"), ("stride=1", "stride=0"), ("stride=1", "groups=2"),
            ("stride=1", "stride=9223372036854775807"), ("stride=1", "dilation=0"), ("stride=1", "padding=-1"),
            ("activation=linear", "activation=maxout"), ("activation=linear", "xnor=1"),
            ("width=32", "width=0"), ("width=32", "width=1000000000"), ("channels=3", "channels=1"),
            ("mask=0,1,2", "mask=0,1,3"), ("mask=0,1,2", "mask=-1,0,1"), ("mask=0,1,2", "mask="),
            ("mask=0,1,2", "mask=0,1"), ("classes=2", "classes=3"), ("classes=2", "classes=9999999999"),
            ("anchors = 1,2,", "anchors = nan,2,"), ("anchors = 1,2,", "anchors = 0,-2,"),
            ("anchors = 1,2,", "anchors ="),
            ("[yolo]", "[region]"), ("[yolo]", "[yolo"), ("[yolo]", "[]"), ("[yolo]", "yolo"), ("[net]", "[foo]"),
            ("[net]", ""), ("[yolo]", "[route]\nlayers=-2\n[yolo]"), ("[yolo]", "[route]\nlayers=1\n[yolo]"),
            ("[yolo]", "[route]\n[yolo]"), ("[yolo]", "[route]\nlayers=-1\ngroups=2\n[yolo]"),
            ("[yolo]", "[route]\nlayers=-1\ngroup_id=1\n[yolo]"),
            ("[yolo]", "[route]\nlayers=-9223372036854775808\n[yolo]"),
            ("[yolo]", "[shortcut]\nfrom=-2\n[yolo]"),
            ("[yolo]", "[shortcut]\nfrom=-1\nweights_type=per_feature\n[yolo]"),
            ("[yolo]", "[upsample]\nstride=65\n[yolo]"), ("[yolo]", "[upsample]\nscale=nan\n[yolo]"),
            ("[yolo]", "[maxpool]\nsize=300\n[yolo]"), ("[yolo]", "[maxpool]\nsize=2\npadding=-5\n[yolo]"),
            ("[convolutional]", "[shortcut]\nfrom=-1\n[convolutional]"),
            ("[convolutional]", "[upsample]\nstride=64\n[upsample]\nstride=64\n[convolutional]"),
        ]) func refusesWhatMakesNoSense(from: String, to: String)
    {
        #expect(Self.good.contains(from))
        #expect(throws: DarknetError.self) { try Self.network(Self.edited(from, to)) }
    }

    @Test("darknet: errors state location and reason") func saysWhereAndWhat() {
        let error = #expect(throws: DarknetError.self) {
            try Self.network(Self.edited("activation=linear", "activation=maxout"))
        }
        #expect(
            error?.description
                == "net.cfg:6: activation=maxout (known: linear, leaky, relu, relu6, mish, swish, logistic) is not supported"
        )
        let channels = #expect(throws: DarknetError.self) { try Self.network(Self.edited("filters=21", "filters=20")) }
        #expect(
            channels?.description
                == "net.cfg:11: 3 anchors · (5 + 2 classes) = 21 channels are expected, the layer before gives 20")
    }

    @Test("darknet: a binary file is rejected as configuration") func refusesABinaryAsText() {
        #expect(throws: DarknetError.self) { try DarknetConfiguration(text: "\0\u{1}[net]") }
        #expect(throws: DarknetError.self) { try DarknetConfiguration(text: "") }
    }

    @Test("darknet: other input sizes are checked") func checksAnotherInputSize() throws {
        let strided = """
            [net]
            width=64
            height=64
            [convolutional]
            filters=8
            size=3
            stride=2
            pad=1
            [upsample]
            [route]
            layers=-1,-2
            [convolutional]
            filters=7
            [yolo]
            anchors=1,1
            classes=2
            """
        // The route joins 64×64 and 32×32.
        #expect(throws: DarknetError.self) { try Self.network(strided, Self.weights(count: 0)) }
        let network = try Self.network(Self.good)
        try network.checkInput(width: 17, height: 513)
        #expect(throws: DarknetError.self) { try network.checkInput(width: 0, height: 8) }
        #expect(throws: DarknetError.self) { try network.checkInput(width: 1 << 40, height: 1 << 40) }
    }

    /// Each layer is within its own limit; together they are not.
    @Test("darknet: total memory and computation are limited") func refusesWhatTogetherTakesTooMuch() throws {
        func cfg(side: Int, _ layers: String) -> String {
            """
            [net]
            width=\(side)
            height=\(side)
            \(layers)
            [convolutional]
            filters=7
            activation=linear
            [yolo]
            anchors=1,1
            classes=2
            """
        }
        // Layers of 27 million numbers, all of them wanted at the end.
        let kept = String(repeating: "[maxpool]\nsize=3\n", count: 50)
        let sum = "[shortcut]\nfrom=" + (0..<50).map { "\($0)" }.joined(separator: ",")
        let memory = #expect(throws: DarknetError.self) { try Self.network(cfg(side: 3000, kept + sum)) }
        #expect(memory?.description.contains("numbers in memory") == true)
        // The same layers one after the other are fine: the numbers of the weights are all that is missing.
        #expect(throws: DarknetError("w", .weightCount(expected: 28, found: 84))) {
            try Self.network(cfg(side: 3000, kept))
        }
        let wide = String(repeating: "[convolutional]\nfilters=8\nsize=255\npad=1\n", count: 20)
        let work = #expect(throws: DarknetError.self) { try Self.network(cfg(side: 1500, wide)) }
        #expect(work?.description.contains("multiplications") == true)
        #expect(throws: DarknetError.self) { try Self.network(cfg(side: 16384, "[maxpool]\nstride=64")) }
    }

    /// Any changed byte, and any truncation, gives a network or an error; a trap would end the test run.
    @Test("darknet: any damage gives a network or a typed error") func survivesDamage() {
        var state: UInt64 = 1
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let bytes = Array(Self.good.utf8)
        for round in 0..<3000 {
            var damaged = bytes
            for _ in 0...round % 3 { damaged[random(bytes.count)] = UInt8(32 + random(95)) }
            if round % 5 == 0 { damaged.removeLast(random(damaged.count)) }
            _ = try? Self.network(String(decoding: damaged, as: UTF8.self))
        }
    }
}
