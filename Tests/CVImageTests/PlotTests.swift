import CVImage
import Foundation
import TestSupport
import Testing

@Suite struct PlotTests {
    @Test func look() throws {
        let epochs = (1...45).map(Double.init)
        var numbers = SplitMix64(seed: 1)
        func noise(_ size: Double) -> Double { (Double(numbers.uniform()) - 0.5) * size }
        let train = epochs.map { ($0, 0.08 + 1.7 * exp(-$0 / 9) + noise(0.03)) }
        let dev = epochs.map { ($0, 0.38 + 1.4 * exp(-$0 / 7) + noise(0.12) * (1 - $0 / 46)) }
        let acc = epochs.map { ($0, 0.885 - 0.5 * exp(-$0 / 7) + noise(0.05) * (1 - $0 / 46)) }
        let plot = LinePlot(
            title: "resnet20 on cifar10-train.tar", xLabel: "epoch",
            panels: [
                .init(yLabel: "loss", lines: [.init("training", train), .init("held back", dev)]),
                .init(yLabel: "accuracy", lines: [.init("held back", acc, color: LinePlot.colors[1])]),
            ])
        try plot.image().write(to: "/tmp/plot/a.png", overwrite: true)
        try plot.image(width: 500, height: 400).write(to: "/tmp/plot/b.png", overwrite: true)
        func power(_ k: Int) -> LinePlot.Line {
            LinePlot.Line("weight \(k)", (0..<9).map { (Double($0) / 3, pow(10.0, Double($0 * (k - 3)))) })
        }
        try LinePlot(
            xLabel: "step",
            panels: [
                .init(
                    yLabel: "content", lines: (0..<8).map(power),
                    isLogarithmic: true),
                .init(yLabel: "one", lines: [.init("dot", [(1, 3)])]),
                .init(yLabel: "huge", lines: [.init("x", [(0, 0), (1, 2e300), (2, .nan), (2.5, -1e308)]), .init("flat", [(0, 1e307), (3, 1e307)])]),
            ]
        ).image(width: 900, height: 1100).write(to: "/tmp/plot/c.png", overwrite: true)
        let names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
        func counts(_ n: Int) -> [[Int]] {
            (0..<n).map { r in (0..<n).map { c in r == c ? 430 + Int(noise(80)) : max(0, Int(noise(60)) - 8) } }
        }
        try HeatMap(
            title: "resnet20 on 5000 pictures: accuracy 0.887", rowTitle: "true class", columnTitle: "predicted class", rowLabels: names,
            columnLabels: names, counts: counts(10)
        ).image().write(to: "/tmp/plot/d.png", overwrite: true)
        let many = (0..<100).map { names[$0 % 10] + " \($0)" }
        try HeatMap(
            title: "many", rowTitle: "true class", columnTitle: "predicted class", rowLabels: many,
            columnLabels: many, counts: counts(100)
        ).image().write(to: "/tmp/plot/e.png", overwrite: true)
        try HeatMap(
            title: "digits", rowTitle: "true class", columnTitle: "predicted class", rowLabels: (0..<3).map { "\($0)" },
            columnLabels: (0..<3).map { "\($0)" }, counts: counts(3)
        ).image().write(to: "/tmp/plot/f.png", overwrite: true)
    }
}
