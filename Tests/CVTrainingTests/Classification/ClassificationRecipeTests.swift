import CVClassification
import CVImage
import CVModels
import CVNN
import CVTraining
import Testing

@Suite struct ClassificationRecipeTests {
    private func recipe(_ name: String, _ optimizer: OptimizerKind? = nil) throws -> ClassificationRecipe {
        ClassificationRecipe(try ModelRegistry.spec(named: name, task: .classify), optimizer: optimizer)
    }

    /// Else a comparison of the two would show the recipes, not the shortcuts.
    @Test(
        "classification recipe: a plain network is trained as the residual one",
        arguments: [("plain20", "resnet20"), ("plain56", "resnet56"), ("plain18", "resnet18")])
    func aPlainNetworkIsTrainedAsTheResidualOne(_ plain: String, _ residual: String) throws {
        var recipe = try recipe(plain)
        #expect(recipe.model == plain)
        recipe.model = residual
        #expect(try recipe == self.recipe(residual))
    }

    @Test("classification recipe: settings follow the images that a network was made for")
    func aNetworkLearnsByWhatItWasMadeFor() throws {
        let (digits, small, photographs) = (try recipe("lenet5"), try recipe("resnet20"), try recipe("mobilenet_v2"))
        #expect([digits, small, photographs].map(\.optimizer) == [.adamw, .nesterov, .adamw])
        #expect([digits, small, photographs].map(\.batchSize) == [64, 128, 32])
        #expect([digits, small, photographs].map(\.learningRate) == [2e-3, 0.2, 1e-3])
        // A mirrored digit is another one.
        #expect([digits, small, photographs].map { $0.augmentation.contains("mirror") } == [false, true, true])
        for recipe in [digits, small, photographs] { _ = try AugmentationRecipe(recipe.augmentation) }
        #expect(try recipe("logistic").augmentation == "")
    }

    /// Without batch-norm, the rates of networks with it lose the weights in a few steps.
    @Test("classification recipe: without batch-norm steps are smaller", arguments: OptimizerKind.allCases)
    func withoutBatchNormStepsAreSmaller(_ optimizer: OptimizerKind) throws {
        for (plain, normalized) in [("vgg11", "vgg11_bn"), ("alexnet", "resnet50"), ("squeezenet1_1", "googlenet")] {
            let rates = (try recipe(plain, optimizer).learningRate, try recipe(normalized, optimizer).learningRate)
            #expect(abs(rates.0 * 5 - rates.1) < 1e-12, "\(plain): \(rates)")
        }
    }
}
