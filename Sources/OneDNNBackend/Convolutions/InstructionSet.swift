import CConvolutions
import COneDNN
import Failures

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The vector instructions that kernels are written for, as far as the processor, `CUSP_ISA` and the library's own bound go.
enum InstructionSet: String {
  /// None of them: the library's kernels and the portable ones do everything.
  case portable
  case avx2
  case avx512
  /// Every 64-bit ARM processor has them.
  case neon

  /// The widest that may be used, none without the library. `CUSP_ISA=avx2` has this processor stand for one without
  /// AVX-512, the library included.
  static let current: InstructionSet = {
    guard OneDNNLibrary.problem == nil else { return .portable }
    #if arch(arm64)
      return .neon
    #else
      if requested == .avx2 { _ = onednn_set_max_cpu_isa(dnnl_cpu_isa_avx2) }
      switch cusp_instruction_level() {
      case 2: return .avx512
      case 1: return .avx2
      default: return .portable
      }
    #endif
  }()

  /// What the environment asks for; nil where it does not.
  private static var requested: InstructionSet? {
    getenv("CUSP_ISA").flatMap { InstructionSet(rawValue: String(cString: $0)) }
  }

  /// Refuses what the environment asks for and is none of them, or cannot be had.
  ///
  /// - Throws: `Failure` (`usage`).
  static func check() throws {
    guard let word = getenv("CUSP_ISA").map({ String(cString: $0) }), !word.isEmpty else { return }
    guard let requested, requested != .portable else {
      throw Failure(.usage, "CUSP_ISA=\(word): give avx512, avx2 or neon; --engine portable needs neither")
    }
    guard requested == current else {
      throw Failure(.usage, "CUSP_ISA=\(word): this processor has no such instructions, or is bound; unset it")
    }
  }
}

/// The kernels of handwritten convolutions for `InstructionSet.current`.
///
/// Its functions are constants of the program.
nonisolated(unsafe) let kernelSet: cusp_kernel_set = {
  let found = cusp_find_kernel_set(InstructionSet.current.rawValue) ?? cusp_find_kernel_set("portable")
  guard let found else { preconditionFailure("every build has the portable kernels") }
  return found.pointee
}()
