import COneDNN
import Failures

/// The one funnel of every call into the library: any status but success becomes a failure naming the call.
func check(_ status: dnnl_status_t, _ call: String) throws {
  guard status != dnnl_success else { return }
  throw Failure(.internal, "onednn: \(call): \(describe(status))")
}

/// What a call that succeeded handed out, or a failure where it handed out nothing.
func require<Handle>(_ handle: Handle?, _ call: String) throws -> Handle {
  guard let handle else { throw Failure(.internal, "onednn: \(call): no object returned") }
  return handle
}

private func describe(_ status: dnnl_status_t) -> String {
  switch status {
  case dnnl_out_of_memory: "out of memory"
  case dnnl_invalid_arguments: "invalid arguments"
  case dnnl_unimplemented: "unimplemented"
  case dnnl_runtime_error: "run-time error"
  case dnnl_not_required: "not required"
  default: "status \(status.rawValue)"
  }
}
