#if CUSP_ONEDNN
  import Records
  import TestSupport
  import Testing

  /// oneDNN is found when a program runs: here it is not, or elsewhere.
  @Suite("oneDNN at run time") struct RuntimeLibraryTests {
    private static let absent = ["CUSP_ONEDNN_LIBRARY": "/nonexistent/libdnnl.so"]

    private func attack(_ engine: String, environment: [String: String] = [:]) throws -> BuiltTool.Outcome {
      let words = ["--limit", "20", "--steps", "2", "--step-size", "0.2", "--logits", "--progress", "none"]
      return try BuiltTool("cusp-attack").run(
        [try TrainedModel.digits.get().path, "--engine", engine] + words, environment: environment)
    }

    /// Whether `errors` is one line that begins with `start`, says what the system said and what to do.
    private func tells(_ errors: String, _ start: String, about file: String = "/nonexistent/libdnnl.so") -> Bool {
      errors.hasPrefix("cusp-attack: \(start)oneDNN is not here (") && errors.contains(file)
        && errors.contains("install it (Debian: apt install libdnnl") && errors.count { $0 == "\n" } == 1
    }

    @Test("Without it the portable engine computes, to the byte, and one line says so and what to do")
    func automatic() throws {
      let portable = try attack("portable")
      #expect(portable.status == 0 && portable.errors.isEmpty && !portable.output.isEmpty)
      #expect(try attack("portable", environment: Self.absent) == portable)
      let automatic = try attack("auto", environment: Self.absent)
      #expect(automatic.status == 0 && automatic.output == portable.output)
      #expect(tells(automatic.errors, ""), "\(automatic.errors)")
      #expect(automatic.errors.contains("), so that the portable engine computes, many times slower: install it ("))
    }

    @Test("Who asks for it and cannot have it is told in one line: 64")
    func asked() throws {
      let outcome = try attack("onednn", environment: Self.absent)
      #expect(outcome.status == 64 && outcome.output.isEmpty)
      #expect(tells(outcome.errors, "--engine onednn: "), "\(outcome.errors)")
      let training = try BuiltTool("cusp-train").run(
        ["--checkpoint-activations", "--output", "/nonexistent/m.h5"], environment: Self.absent)
      #expect(training.status == 64)
      #expect(
        training.errors.hasPrefix(
          "cusp-train: --checkpoint-activations: the portable engine keeps all activations, and oneDNN is not here ("))
    }

    #if os(Linux)
      @Test("A library that is another lacks a function, which is named")
      func other() throws {
        let outcome = try attack("onednn", environment: ["CUSP_ONEDNN_LIBRARY": "libz.so.1"])
        #expect(outcome.status == 64)
        #expect(tells(outcome.errors, "--engine onednn: ", about: "undefined symbol: dnnl_"), "\(outcome.errors)")
      }

      /// The files of oneDNN and OpenMP in the memory of a service that is ready.
      private func mapped(_ engine: String) throws -> [String] {
        let outcome = try bash(
          """
          coproc service { exec cusp-serve '\(try TrainedModel.digits.get().path)' --quiet --engine \(engine); }
          pid=$service_PID
          read -r ready <&"${service[0]}"
          grep -oE '/.*/lib(dnnl|g?omp|iomp).*' /proc/$pid/maps | sort -u
          kill $pid
          """)
        return outcome.text.split(separator: "\n").map(String.init)
      }

      @Test("The library and its OpenMP are in memory for its own engine alone, and may lie in any file")
      func files() throws {
        #expect(try mapped("portable") == [])
        let files = try mapped("auto")
        let library = try #require(files.first { $0.contains("libdnnl") })
        #expect(files.count == 2, "\(files)")
        let named = try attack("onednn", environment: ["CUSP_ONEDNN_LIBRARY": library])
        #expect(try named == attack("auto"))
        #expect(named.status == 0 && named.errors.isEmpty)
      }
    #endif

    @Test("cusp-doctor says that it is slow without, and broken where it was asked for")
    func doctor() throws {
      func engine(_ words: [String], status: Int32) throws -> FindingRecord {
        let outcome = try BuiltTool("cusp-doctor").run(["--quiet"] + words, environment: Self.absent)
        #expect(outcome.status == status && outcome.errors.isEmpty)
        let line = try #require(outcome.records().first { $0["name"]?.string == "engine" })
        return try FindingRecord(json: line)
      }
      let slow = try engine([], status: 0)
      #expect(slow.state == .slow && slow.value.hasPrefix("portable"))
      #expect(slow.advice?.hasPrefix("oneDNN is not here (/nonexistent/libdnnl.so: ") == true, "\(slow.advice ?? "")")
      let broken = try engine(["--engine", "onednn"], status: 1)
      #expect(broken.state == .broken && broken.value == "does not compute")
      #expect(broken.advice?.hasPrefix("--engine onednn: oneDNN is not here (") == true, "\(broken.advice ?? "")")
    }
  }
#endif
