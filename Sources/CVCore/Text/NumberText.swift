/// `value` with `digits` decimals, independent of the locale: `12.30`. Magnitudes of at least 10⁹ and values that are
/// not finite are written as Swift does.
package func decimal(_ value: Double, _ digits: Int) -> String {
    let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
    let units = (abs(value) * scale).rounded()
    guard abs(value) < 1e9, units < 1e18 else { return "\(value)" }
    let text = "\(Int(clamping: units))"
    let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
    let sign = value < 0 && units > 0 ? "-" : ""
    return sign + padded.dropLast(digits) + (digits > 0 ? "." + padded.suffix(digits) : "")
}

/// The shortest decimal form; whole numbers without ".0".
package func short(_ value: some CustomStringConvertible) -> String {
    let text = value.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

/// A duration in minutes and seconds, with hours if needed: `44:12` or `1:02:03`.
package func clock(_ seconds: Double) -> String {
    let whole = Int(clamping: min(max(seconds, 0), 3_599_999).rounded())
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let (hours, minutes) = (whole / 3600, whole / 60 % 60)
    return (hours > 0 ? "\(hours):\(two(minutes))" : "\(minutes)") + ":" + two(whole % 60)
}

/// A size for people: "17.7 MB", in powers of ten.
package func readableBytes(_ bytes: Int) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 999.95, unit < units.count - 1 {
        value /= 1000
        unit += 1
    }
    return unit == 0 ? "\(bytes) bytes" : "\(decimal(value, 1)) \(units[unit])"
}
