import CVModels
import CVTraining
import Testing

/// The settings that all recipes share, and how recipes are written.
@Suite struct TrainingSettingsTests {
    @Test("recipe: the settings are the recipe's own")
    func settingsAreTheRecipesOwn() throws {
        var recipe = ClassificationRecipe(try ModelRegistry.spec(named: "lenet5"))
        (recipe.epochs, recipe.splitSeed, recipe.clipNorm) = (7, 3, nil)
        #expect(recipe.settings.epochs == 7 && recipe.settings.splitSeed == 3)
        recipe.settings.learningRate = 0.5
        #expect(recipe.learningRate == 0.5)
    }

    /// Programs read these files: keys, values and their order stay.
    @Test("classification recipe: recipe.json")
    func classificationRecipeAsJSON() throws {
        var recipe = ClassificationRecipe(try ModelRegistry.spec(named: "resnet20"))
        #expect(
            recipe.json.text == """
                {"task":"classify","model":"resnet20","input":"3×32×32","epochs":36,"batch_size":128,\
                "optimizer":"nesterov","learning_rate":0.2,"momentum":0.9,"schedule":"cosine","warmup":2.0,\
                "weight_decay":0.0005,"l1":0.0,"label_smoothing":0.0,"augment":"shift=0.0625,mirror@0.5","holdout":0.1,\
                "seed":"1"}
                """)
        (recipe.clipNorm, recipe.averageDecay, recipe.patience, recipe.splitSeed) = (2, 0.99, 5, 9)
        (recipe.pretrained, recipe.frozen, recipe.copies) = (.init(name: "a", checksum: "0f"), .backbone, 4)
        #expect(
            recipe.json.text.hasSuffix(
                """
                "label_smoothing":0.0,"clip_norm":2.0,"augment":"shift=0.0625,mirror@0.5","holdout":0.1,"average":0.99,\
                "patience":5,"seed":"1","split_seed":"9","pretrained":"a","pretrained_sha256":"0f","freeze":"backbone",\
                "copies":4}
                """))
    }

    @Test("segmentation recipe: recipe.json")
    func segmentationRecipeAsJSON() throws {
        var recipe = SegmentationRecipe(try ModelRegistry.spec(named: "unet-w16"))
        (recipe.size, recipe.crop, recipe.clipNorm) = (.init(width: 64, height: 48), .init(width: 32, height: 16), 1)
        #expect(
            recipe.json.text == """
                {"task":"segment","model":"unet-w16","size":"64x48","crop":"32x16","scale":[0.75,2.0],"epochs":60,\
                "batch_size":4,"optimizer":"adamw","learning_rate":0.001,"momentum":0.9,"schedule":"cosine","warmup":1.0,\
                "weight_decay":0.01,"loss":"cross-entropy","class_weights":"median-frequency","clip_norm":1.0,\
                "augment":"mirror@0.5,hsv@0.5","holdout":0.1,"seed":"1"}
                """)
    }

    @Test("style recipe: recipe.json, with epochs that follow from the steps")
    func styleRecipeAsJSON() {
        var recipe = StyleRecipe(style: "waves")
        (recipe.steps, recipe.stepsPerEpoch, recipe.averageDecay) = (1001, 50, 0.9)
        #expect(recipe.epochs == 21 && recipe.settings.epochs == 21)
        let text = recipe.json.text
        #expect(
            text.hasPrefix(
                """
                {"task":"style","model":"fast-style","style":"waves","size":256,"batch_size":4,"epochs":21,\
                "steps_per_epoch":50,"learning_rate":0.001,"schedule":"cosine","content_weight":
                """))
        #expect(text.hasSuffix("\"style_scale\":2.0,\"average\":0.9,\"seed\":\"1\"}"), "\(text)")
    }
}
