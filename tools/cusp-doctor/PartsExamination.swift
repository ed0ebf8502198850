import Benchmarks
import Downloads
import Evaluation
import Failures
import HDF5
import Networks
import Programs
import Ranks
import Records
import ToolOptions
import ToolSupport
import VectorGraphics

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What the programs are made of and call, each tried.
struct PartsExamination {
  let engine: EngineOptions
  let diagnostics: Diagnostics

  var findings: [FindingRecord] { computing + [files, figures, fetching, ranks] }

  /// The engine, how it convolves, and how fast it makes an attack's step.
  private var computing: [FindingRecord] {
    do {
      let backend = try engine.makeBackend(diagnostics)
      // A small network's step: the engine computes, and at what part of its speed.
      let step = try Benchmark(
        batchSize: nil, imageCount: nil, repeats: 3, threads: engine.threadCount, on: backend
      ).record(.inputGradient, of: .smallCNN)
      let speed = "\(NumberText.decimal(step.imagesPerSecond, places: 0)) images/s in an attack's step on small-cnn, "
      let share = "\(NumberText.percent(step.peakShare, places: 0)) of this machine's peak"
      return [engineFinding(backend), convolutions] + [caches].compactMap(\.self)
        + [FindingRecord(name: "speed", value: speed + share)]
    } catch {
      return [FindingRecord(name: "engine", value: "does not compute", state: .broken, advice: message(of: error))]
    }
  }

  private func engineFinding(_ backend: any Backend) -> FindingRecord {
    guard let obstacle = engine.obstacle else { return FindingRecord(name: "engine", value: backend.name) }
    return FindingRecord(
      name: "engine", value: backend.name, state: .slow, advice: "\(obstacle.reason): \(obstacle.remedy)")
  }

  private var convolutions: FindingRecord {
    if let choice = engine.algorithms {
      return FindingRecord(name: "convolutions", value: "\(choice.rawValue), as asked for")
    }
    guard engine.supportsWinograd else {
      return FindingRecord(name: "convolutions", value: "directly", state: .slow, advice: reasonForDirect)
    }
    let value = "3x3 by Winograd's algorithm on \(engine.instructionSet), others directly"
    guard engine.instructionSet == "avx2", Machine.vectorInstructions == "AVX-512" else {
      return FindingRecord(name: "convolutions", value: value)
    }
    return FindingRecord(
      name: "convolutions", value: value, state: .slow,
      advice: "this processor has AVX-512, which CUSP_ISA or ONEDNN_MAX_CPU_ISA keeps from the engine: unset it")
  }

  /// What the handwritten kernels cut their work by, if there are such.
  private var caches: FindingRecord? {
    let sizes = engine.cacheSizes.map { "\($0 >> 10) KiB" }
    guard let last = sizes.last else { return nil }
    let own = sizes.dropLast().joined(separator: " and ")
    return FindingRecord(name: "caches", value: "\(own) a core, \(last) for all: convolutions are cut to fit them")
  }

  private var reasonForDirect: String {
    if engine.choice == .portable { return "the portable engine computes so, as asked for" }
    return engine.obstacle == nil
      ? "Winograd's algorithm needs AVX2, which is not here or kept from the engine"
      : "Winograd's algorithm needs oneDNN"
  }

  /// Model files: one is written and read by the guarded reader.
  private var files: FindingRecord {
    let name = "HDF5"
    do {
      try FileTrial.run()
      return FindingRecord(name: name, value: "\(try HDF5Library.version()), a file written and read")
    } catch {
      return FindingRecord(name: name, value: "does not work", state: .broken, advice: message(of: error))
    }
  }

  private var figures: FindingRecord {
    do throws(Failure) {
      _ = try SVGRenderer()
      return FindingRecord(name: "librsvg", value: "there, for PNG and PDF figures")
    } catch {
      return FindingRecord(name: "librsvg", value: "not there", state: .missing, advice: error.message)
    }
  }

  private var fetching: FindingRecord {
    do {
      return FindingRecord(name: "curl", value: "\(try Curl.version()), for cusp-data fetch")
    } catch {
      return FindingRecord(name: "curl", value: "not there", state: .missing, advice: message(of: error))
    }
  }

  private var ranks: FindingRecord {
    do {
      return FindingRecord(name: "MPI", value: "\(try MPILibrary().version()), for cusp-train over several processes")
    } catch {
      return FindingRecord(name: "MPI", value: "not there", state: .missing, advice: message(of: error))
    }
  }

  private func message(of error: any Error) -> String { (error as? Failure)?.message ?? "\(error)" }
}
