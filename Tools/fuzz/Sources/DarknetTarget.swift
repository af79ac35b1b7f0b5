import CVTensor

@testable import CVModels
@testable import FuzzFixtures

extension FuzzTarget {
    /// Darknet networks: the text of a `.cfg` and, after a zero, the `.weights`; if those are too short, zeros.
    static let darknet = FuzzTarget(
        name: "darknet", seeds: { networks.map { Array($0.utf8) } },
        words: {
            [
                "[net]", "[convolutional]", "[maxpool]", "[route]", "[shortcut]", "[upsample]", "[yolo]", "\nwidth=",
                "\nheight=",
            ]
                + ["\nfilters=", "\nsize=", "\nstride=", "\npad=1", "\nlayers=-1", "\nfrom=-2", "\nactivation=leaky"]
                + ["\nbatch_normalize=1", "\ngroups=", "\ngroup_id=", "\nmask=0,1", "\nanchors=1,2,3,4", "\nclasses="]
                + ["\nscale_x_y=1.05", "\nnew_coords=1", "\nnum=", "\nantialiasing=1", "\ndilation=2", "\npadding="]
        },
        run: { bytes in
            let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
            let configuration = try DarknetConfiguration(bytes: Array(parts[0]), name: "cfg")
            let network = try network(configuration, parts.count > 1 ? Array(parts[1]) : [])
            let summary = try ModelSpec(configuration, network: network).summary()
            try network.checkInput(width: 32, height: 64)
            // What takes milliseconds is also run.
            guard summary.multiplyAdds <= 1_000_000, network.width * network.height <= 4096 else { return }
            let shape = Shape([1, 3, network.height, network.width])
            _ = network(Tensor([Float](repeating: 0.5, count: shape.count), shape: shape)).map(\.values.values)
        })

    private static func network(
        _ configuration: DarknetConfiguration, _ weights: [UInt8]
    ) throws -> DarknetNetwork {
        do throws(DarknetError) {
            return try DarknetNetwork(configuration, weights: weights)
        } catch {
            guard weights.isEmpty else { throw error }
            let header = little(Int32(0)) + little(Int32(2)) + [UInt8](repeating: 0, count: 12)
            do throws(DarknetError) {
                return try DarknetNetwork(configuration, weights: header)
            } catch {
                guard case .weightCount(let expected, _) = error.problem, expected < 100_000 else { throw error }
                return try DarknetNetwork(configuration, weights: header + [UInt8](repeating: 0, count: 4 * expected))
            }
        }
    }

    private static let networks = [
        """
        [net]
        width=16
        height=16
        [convolutional]
        batch_normalize=1
        filters=4
        size=3
        stride=2
        pad=1
        activation=leaky
        [maxpool]
        size=2
        stride=2
        [convolutional]
        filters=14
        size=1
        stride=1
        pad=1
        activation=linear
        [yolo]
        mask=0,1
        anchors=4,5, 8,9
        classes=2
        num=2
        """,
        """
        [net]
        width=8
        height=8
        channels=3
        [convolutional]
        filters=6
        size=3
        pad=1
        groups=3
        activation=mish
        [convolutional]
        filters=6
        size=1
        activation=relu
        [shortcut]
        from=-2
        activation=linear
        [upsample]
        stride=2
        [maxpool]
        size=2
        stride=2
        [route]
        layers=-1,0
        [yolo]
        mask=0,1
        anchors=4,5,8,9
        classes=1
        scale_x_y=1.05
        """,
    ]
}
