import CVTask
import Testing

@Suite struct ConfusedClassTests {
    @Test("confusion matrix: a class counts as confused also where others were predicted as it")
    func predictedClassesAreDrawn() {
        var matrix = ConfusionMatrix(classes: 300)
        for own in 0..<199 { matrix.add(own, predictedAs: 280) }
        matrix.add(250, predictedAs: 0)
        // 280 has the most errors, 0 two, 250 one as each of the others, which come before it.
        #expect(matrix.drawnClasses == Array(0..<199) + [280])
        var one = ConfusionMatrix(classes: 300)
        one.add(250, predictedAs: 290, count: 3)
        #expect(one.drawnClasses == Array(0..<198) + [250, 290])
    }
}
