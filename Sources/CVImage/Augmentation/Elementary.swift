import CVCore

// The functions of the C library that augmentations need, under names without collisions.
func logarithm(_ x: Double) -> Double { log(x) }
func exponential(_ x: Double) -> Double { exp(x) }
func cosine(_ x: Double) -> Double { cos(x) }
func tangent(degrees: Double) -> Double { tan(degrees * .pi / 180) }
func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
