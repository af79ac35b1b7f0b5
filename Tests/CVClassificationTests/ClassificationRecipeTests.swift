import CVClassification
import CVModels
import Testing

@Suite struct ClassificationRecipeTests {
    /// Else a comparison of the two would show the recipes, not the shortcuts.
    @Test(arguments: [("plain20", "resnet20"), ("plain56", "resnet56"), ("plain18", "resnet18")])
    func aPlainNetworkIsTrainedAsTheResidualOne(_ plain: String, _ residual: String) throws {
        var recipe = ClassificationRecipe(try ClassifierArchitecture.named(plain))
        #expect(recipe.model == plain && recipe.optimizer == .nesterov)
        recipe.model = residual
        #expect(recipe == ClassificationRecipe(try ClassifierArchitecture.named(residual)))
    }
}
