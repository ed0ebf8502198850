#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The falling half of a cosine, from 1 at `step` 0 to 0 at `steps`.
func cosineShare(_ step: Int, of steps: Int) -> Float {
  Float((1 + cos(Double.pi * Double(step) / Double(steps))) / 2)
}

/// `base` to the power of `exponent`.
func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

/// The hyperbolic tangent.
func hyperbolicTangent(_ value: Float) -> Float { tanhf(value) }

/// What has `value` as its hyperbolic tangent.
func inverseHyperbolicTangent(_ value: Float) -> Float { atanhf(value) }

/// The natural logarithm.
func logarithm(_ value: Float) -> Float { logf(value) }

/// The logistic function, `1 / (1 + exp(-value))`.
func logistic(_ value: Float) -> Float { 1 / (1 + expf(-value)) }

/// The exponential.
func exponential(_ value: Double) -> Double { exp(value) }
