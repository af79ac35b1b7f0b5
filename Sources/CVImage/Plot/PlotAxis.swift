import CVCore

/// One axis of a plot: its range and its ticks.
package struct PlotAxis {
    /// The range of the values, or of their logarithms.
    package let range: ClosedRange<Double>
    package let ticks: [Tick]
    let isLogarithmic: Bool

    package struct Tick: Equatable {
        package let value: Double
        package let text: String
    }

    /// An axis that covers `values`; values that are not finite are ignored, as are those of 0 or less on a logarithmic
    /// axis.
    ///
    /// - Parameters:
    ///   - values: the values to cover.
    ///   - count: the approximate number of ticks.
    ///   - isPadded: whether to extend the range to the next ticks.
    ///   - isWhole: whether ticks are whole numbers, as for epochs.
    ///   - isLogarithmic: whether the axis is logarithmic.
    package init(
        _ values: some Sequence<Double>, count: Int, isPadded: Bool, isWhole: Bool = false, isLogarithmic: Bool = false
    ) {
        self.isLogarithmic = isLogarithmic
        let coordinates = values.compactMap { Self.coordinate($0, isLogarithmic) }
        let data = Self.widened(
            coordinates.min() ?? 0, coordinates.max() ?? (isLogarithmic ? 0 : 1), isWhole || isLogarithmic)
        var step = Self.roundStep((data.upperBound - data.lowerBound) / Double(max(count, 1)))
        if isWhole || isLogarithmic { step = max(step, 1).rounded() }
        range = isPadded ? Self.outer(data, step) : data
        ticks = Self.multiples(of: step, in: range).map { coordinate in
            Tick(value: coordinate, text: isLogarithmic ? Self.power(coordinate) : Self.text(coordinate, step: step))
        }
    }

    /// The position of a value along the axis, 0 to 1; nil if it cannot be shown.
    package func position(_ value: Double) -> Double? {
        Self.coordinate(value, isLogarithmic).map(fraction)
    }

    func position(_ tick: Tick) -> Double { fraction(tick.value) }

    private func fraction(_ coordinate: Double) -> Double {
        (coordinate - range.lowerBound) / (range.upperBound - range.lowerBound)
    }

    /// Clamped so that the difference of two coordinates is finite.
    private static func coordinate(_ value: Double, _ isLogarithmic: Bool) -> Double? {
        guard value.isFinite, !isLogarithmic || value > 0 else { return nil }
        return isLogarithmic ? log10(value) : min(max(value, -4e307), 4e307)
    }

    /// Extends an empty range.
    private static func widened(_ low: Double, _ high: Double, _ byOne: Bool) -> ClosedRange<Double> {
        // Differences in the last digits are rounding errors.
        let least = max(max(abs(low), abs(high)) * 1e-9, 1e-290)
        if high - low > least { return low...high }
        let room = byOne ? max(1, least) : max(abs(low) * 0.1, 1e-290)
        return low == 0 && !byOne ? -1...1 : low - room...high + room
    }

    /// Rounds up to 1, 2 or 5 times a power of ten.
    private static func roundStep(_ step: Double) -> Double {
        let power = pow(10, log10(step).rounded(.down))
        guard power > 0, power.isFinite else { return step }
        let factor = [1.0, 2, 5, 10].first { $0 * power >= step * (1 - 1e-9) } ?? 10
        return factor * power
    }

    /// Extends to the next ticks, unless that would compress the curve.
    private static func outer(_ range: ClosedRange<Double>, _ step: Double) -> ClosedRange<Double> {
        let length = range.upperBound - range.lowerBound
        let low = (range.lowerBound / step).rounded(.down) * step
        let high = (range.upperBound / step).rounded(.up) * step
        let room = 0.04 * length
        return
            (range.lowerBound - low < 0.15 * length ? low : range.lowerBound - room)...(high - range.upperBound < 0.15
            * length ? high : range.upperBound + room)
    }

    private static func multiples(of step: Double, in range: ClosedRange<Double>) -> [Double] {
        let slack = 1e-6 * step
        let first = ((range.lowerBound - slack) / step).rounded(.up)
        let last = ((range.upperBound + slack) / step).rounded(.down)
        // A limit, whatever the rounding of extreme numbers.
        guard step > 0, first <= last, last - first < 1000 else { return [] }
        return (0...Int(clamping: last - first)).map { (first + Double($0)) * step }
    }

    // MARK: Text

    /// 10 to the power of `exponent`.
    private static func power(_ exponent: Double) -> String {
        (-4...5).contains(exponent)
            ? decimal(pow(10, exponent), max(0, Int(clamping: -exponent))) : "1e\(Int(clamping: exponent))"
    }

    /// As many digits as distinguish the ticks.
    private static func text(_ value: Double, step: Double) -> String {
        let largest = max(abs(value), step)
        let exponent = Int(clamping: log10(step).rounded(.down))
        guard largest < 1e6, exponent >= -5 else { return scientific(value, step: step) }
        return decimal(value, max(0, -exponent))
    }

    private static func scientific(_ value: Double, step: Double) -> String {
        guard abs(value) >= step / 2 else { return "0" }
        let exponent = Int(clamping: log10(abs(value) * (1 + 1e-9)).rounded(.down))
        let digits = min(max(exponent - Int(clamping: log10(step * (1 + 1e-9)).rounded(.down)), 0), 12)
        return decimal(value / pow(10, Double(exponent)), digits) + "e\(exponent)"
    }
}
