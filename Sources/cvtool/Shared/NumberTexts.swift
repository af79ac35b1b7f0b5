import CVCore
import CVImage

/// Three digits: `0.0123`, `1.5e-05`.
func significant(_ value: Double) -> String {
    guard value != 0, value.isFinite else { return short(value) }
    var scale = 1.0
    while abs(value) * scale < 100, scale < 1e12 { scale *= 10 }
    return short((value * scale).rounded() / scale)
}

extension String {
    /// `83%`, or with decimals `83.4%`.
    init(percent fraction: Double, decimals: Int = 0) { self = decimal(fraction * 100, decimals) + "%" }
}

/// With a comma after each three digits: 25,557,032.
func grouped(_ number: Int) -> String {
    let digits = Array("\(number)")
    var text = ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
        text.append(digit)
    }
    return text
}

/// `4.09 G`: with three digits or so and a prefix.
func metric(_ count: Int) -> String {
    let prefixes = [(1_000_000_000, " G"), (1_000_000, " M"), (1000, " k")]
    guard let (unit, prefix) = prefixes.first(where: { count >= $0.0 }) else { return "\(count)" }
    return decimal(Double(count) / Double(unit), 2) + prefix
}

extension Box {
    /// `128 224 313 538`: left, top, right and bottom, in whole pixels.
    var corners: String { [minX, minY, maxX, maxY].map { "\(Int(clamping: $0.rounded()))" }.joined(separator: " ") }
}
