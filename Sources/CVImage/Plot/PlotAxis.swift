import CVCore

/// One axis of a plot: the values that it covers, and the round ones that are marked.
package struct PlotAxis {
    /// Of the values, or of their logarithms.
    package let range: ClosedRange<Double>
    package let ticks: [Tick]
    let isLogarithmic: Bool

    package struct Tick: Equatable {
        package let value: Double
        package let text: String
    }

    /// Any values: those that are not finite play no part, nor do those of 0 or less on a logarithmic axis.
    ///
    /// - Parameters:
    ///   - count: about how many ticks there is room for.
    ///   - isPadded: whether there is to be room around the values, up to the next ticks.
    ///   - isWhole: whether only whole numbers are marked, as on an axis of epochs.
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

    /// Where a value is between the ends of the axis, 0 to 1; nil where it cannot be shown.
    package func position(_ value: Double) -> Double? {
        Self.coordinate(value, isLogarithmic).map(fraction)
    }

    func position(_ tick: Tick) -> Double { fraction(tick.value) }

    private func fraction(_ coordinate: Double) -> Double {
        (coordinate - range.lowerBound) / (range.upperBound - range.lowerBound)
    }

    /// Kept where the distance of two is a number.
    private static func coordinate(_ value: Double, _ isLogarithmic: Bool) -> Double? {
        guard value.isFinite, !isLogarithmic || value > 0 else { return nil }
        return isLogarithmic ? log10(value) : min(max(value, -4e307), 4e307)
    }

    /// With some room where all values are the same.
    private static func widened(_ low: Double, _ high: Double, _ byOne: Bool) -> ClosedRange<Double> {
        // Differences in the last digits of a number are no differences to be shown.
        let least = max(max(abs(low), abs(high)) * 1e-9, 1e-290)
        if high - low > least { return low...high }
        let room = byOne ? max(1, least) : max(abs(low) * 0.1, 1e-290)
        return low == 0 && !byOne ? -1...1 : low - room...high + room
    }

    /// The next of 1, 2 and 5 times a power of ten that is not smaller.
    private static func roundStep(_ step: Double) -> Double {
        let power = pow(10, log10(step).rounded(.down))
        guard power > 0, power.isFinite else { return step }
        let factor = [1.0, 2, 5, 10].first { $0 * power >= step * (1 - 1e-9) } ?? 10
        return factor * power
    }

    /// Up to the next ticks, but not so far that the curve is squeezed.
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
        // Not more than fit, whatever rounding has made of extreme numbers.
        guard step > 0, first <= last, last - first < 1000 else { return [] }
        return (0...Int(last - first)).map { (first + Double($0)) * step }
    }

    // MARK: Text

    /// 10 to the power of `exponent`.
    private static func power(_ exponent: Double) -> String {
        (-4...5).contains(exponent) ? decimal(pow(10, exponent), max(0, Int(-exponent))) : "1e\(Int(exponent))"
    }

    /// As many digits as tell ticks apart.
    private static func text(_ value: Double, step: Double) -> String {
        let largest = max(abs(value), step)
        let exponent = Int(log10(step).rounded(.down))
        guard largest < 1e6, exponent >= -5 else { return scientific(value, step: step) }
        return decimal(value, max(0, -exponent))
    }

    private static func scientific(_ value: Double, step: Double) -> String {
        guard abs(value) >= step / 2 else { return "0" }
        let exponent = Int(log10(abs(value) * (1 + 1e-9)).rounded(.down))
        let digits = min(max(exponent - Int(log10(step * (1 + 1e-9)).rounded(.down)), 0), 12)
        return decimal(value / pow(10, Double(exponent)), digits) + "e\(exponent)"
    }
}
