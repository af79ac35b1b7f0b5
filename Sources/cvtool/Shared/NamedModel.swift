import CVCore
import CVModels
import CVNN
import CVTask
import CVTensor
import CVWeights

/// What NAME|FILE of a command means: a network of the registry, weights of one, or the `.cfg` of a darknet network.
enum NamedModel {
    case network(ModelSpec)
    case weights(ModelFile)
    /// With zeros for weights.
    case darknet(ModelSpec)

    /// - Parameters:
    ///   - name: of a network or of weights, or the path of a `.safetensors` or `.cfg` file.
    ///   - prefersWeights: whether weights are taken where they and a network have this name.
    /// - Throws: `ArchitectureError` for a name that is neither, and what reading a file throws.
    init(_ name: String, prefersWeights: Bool) throws {
        let name = ShortNames.weights(name)
        if name.hasSuffix(".cfg") {
            self = .darknet(try ModelSpec(DarknetConfiguration(contentsOf: name)))
            return
        }
        let isFile = name.contains("/") || name.hasSuffix(".safetensors")
        let spec = isFile ? nil : try? ModelRegistry.spec(named: name)
        if let spec, !prefersWeights {
            self = .network(spec)
        } else if isFile || (try? WeightsLocator().find(name)) != nil {
            self = .weights(try ModelFile(name))
        } else {
            // Its error names the nearest.
            self = .network(try spec ?? ModelRegistry.spec(named: name))
        }
        warnIfRenamed(name)
    }

    /// The facts of the network.
    var spec: ModelSpec {
        switch self {
        case .network(let spec), .darknet(let spec): spec
        case .weights(let file): file.spec
        }
    }

    /// The classes of the weights, or those that the network is described for.
    var classes: Int {
        if case .weights(let file) = self, !file.isHeadless { file.classes } else { spec.defaultClasses }
    }

    /// What the weights take, or what the network is described for.
    var input: ModelSpec.Input { if case .weights(let file) = self { file.input } else { spec.defaultInput } }

    /// Whether the network can have this input.
    ///
    /// - Throws: `ArchitectureError` or `DarknetError`.
    func check(_ input: ModelSpec.Input) throws {
        try spec.check(input)
        // The grids of a detector must meet, and what its layers make must fit in memory.
        if case .darknet = self,
            case .detector(let network) = ParameterSet.initialize(seed: 0, { spec.make($0) }).network
        {
            try network.checkInput(width: input.width, height: input.height)
        }
    }
}

/// Says what a network is called now that was called by a name of an earlier version.
func warnIfRenamed(_ name: String) {
    if let current = ModelRegistry.currentName(of: name) { warn("\(name) is called \(current) now") }
}
