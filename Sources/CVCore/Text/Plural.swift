/// A count with its noun: "1 tensor", "2 tensors".
package func pluralized(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
