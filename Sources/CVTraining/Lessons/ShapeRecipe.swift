import CVCore
import CVNN

/// All that the result of a training of these lessons depends on, beside the version of this library.
public struct ShapeRecipe: TrainingRecipe {
    /// What is learned.
    public var lesson: ShapeLesson
    /// The number of steps, rounded up so that each epoch has the same number. Each step has images of its own.
    public var steps = 2000
    /// The weights of the loss.
    public var loss: TwoCaseLoss
    /// The settings that all trainings share. An epoch is a tenth of the steps: there is no set that could be passed over.
    public var settings: TrainingSettings

    /// The recipe that suits a lesson.
    ///
    /// - Parameter lesson: what is learned.
    public init(_ lesson: ShapeLesson) {
        self.lesson = lesson
        settings = TrainingSettings(epochs: 10, batchSize: 16, optimizer: .adamw, learningRate: 2e-3, weightDecay: 1e-2)
        settings.warmup = 0.5
        loss = Self.loss(lesson)
    }

    /// Where the whole image is one cell, of 64 pixels and not of 8, differences are an eighth and their squares a sixty-fourth of what
    /// they are in a grid: a larger weight makes up for it. With 64 times the weight classes would be learned late.
    private static func loss(_ lesson: ShapeLesson) -> TwoCaseLoss {
        switch lesson {
        case .box, .corners: TwoCaseLoss(coordinateWeight: 80, emptyWeight: 1)
        case .grid, .anchors: TwoCaseLoss(coordinateWeight: 5, emptyWeight: 0.5)
        }
    }

    /// The number of steps of an epoch.
    public var stepsPerEpoch: Int { max(1, (steps + settings.epochs - 1) / settings.epochs) }

    /// All settings, keys and values in a fixed order.
    public var json: JSONValue {
        .object(
            [
                JSONMember("task", "shapes"), JSONMember("model", .string("shapes-\(lesson.rawValue)")),
                JSONMember("side", .integer(ShapeScene.side)), JSONMember("steps", .integer(steps)),
            ] + settings.optimization + [
                JSONMember("coordinate_weight", .number(loss.coordinateWeight)),
                JSONMember("empty_weight", .number(loss.emptyWeight)), JSONMember("seed", .string("\(settings.seed)")),
            ])
    }

    /// One `key: value` for each setting that the losses depend on: a run that is resumed must have the same.
    var details: [String: String] {
        let others: Set = ["task", "epochs", "seed"]
        let members = (json.object ?? []).filter { !others.contains($0.key) }
        return Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value.string ?? $0.value.text) })
    }
}
