/// A count with its noun: "1 tensor", "2 tensors".
package func pluralized(_ count: Int, _ noun: String, _ plural: String? = nil) -> String {
    "\(count) \(count == 1 ? noun : plural ?? noun + "s")"
}
