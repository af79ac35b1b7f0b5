import CVModels
import CVTraining
import Testing

@Suite struct OneCycleWarmupTests {
    private func rates(_ schedule: ScheduleKind, warmup: Double) throws -> [Float] {
        let scratch = try Scratch()
        try scratch.classes(["a", "b"], count: 10)
        var recipe = ClassificationRecipe(try ModelRegistry.spec(named: "lenet5", task: .classify))
        (recipe.settings.schedule, recipe.settings.warmup, recipe.settings.epochs) = (schedule, warmup, 4)
        (recipe.settings.batchSize, recipe.settings.holdout) = (2, 0)
        let dataset = try ImageDataset.classification(contentsOf: scratch.path)
        let training = try ClassificationTraining(
            recipe, decoded: ClassificationTraining.decoded(recipe, dataset))
        let configuration = training.trainer().configuration
        return (0..<40).map { configuration.schedule(Double($0) / 10) }
    }

    @Test("recipe: one cycle warms up by itself, other schedules by the setting") func oneCycleWarmsUpByItself() throws
    {
        #expect(try rates(.oneCycle, warmup: 3) == rates(.oneCycle, warmup: 0))
        let (slow, plain) = (try rates(.cosine, warmup: 3), try rates(.cosine, warmup: 0))
        #expect(slow[0] > 0 && slow[0] < plain[0] / 20 && slow[35] == plain[35])
    }
}
