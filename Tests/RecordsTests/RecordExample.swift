import Failures
import Records

/// A full line of one type of record and what its reader wants of each key.
struct RecordExample: Sendable, CustomStringConvertible {
  /// The type that reads the line.
  let type: any Record.Type
  /// The line without its newline, as the writer writes it.
  let line: String
  /// The keys that must be there, and what messages call their kind.
  let required: [(key: String, kind: String)]
  /// The keys that may be left out, and what messages call their kind; the empty kind takes any value.
  var optional: [(key: String, kind: String)] = []

  /// What messages call the record.
  var name: String { "\(type.type) record" }
  var description: String { type.type }

  private static let setting: [(key: String, kind: String)] = [
    ("model", "text"), ("attack", "text"), ("norm", "text"), ("epsilon", "a number"), ("rotation", "a number"),
    ("translation", "a number"),
  ]
  private static let settingText =
    "\"model\":\"0f\",\"path\":\"m.h5\",\"method\":\"pgd\",\"model_seed\":\"7\",\(perturbationText)"
  private static let perturbationText =
    #""attack":"pgd","norm":"linf","epsilon":0.25,"rotation":30,"translation":3,"rotation_exact":true,"#
    + #""interpolation":"bilinear","data":"mnist:d","split":"test","total":40"#
  private static let optionalSetting: [(key: String, kind: String)] = [
    ("path", "text"), ("method", "text"), ("model_seed", "text"),
    ("rotation_exact", "true or false"), ("interpolation", "text"), ("data", "text"), ("split", "text"),
    ("total", "a whole number"), ("parameters", "an object"),
  ]

  private static let flaws: [(key: String, kind: String)] = [
    ("missing", "a whole number"), ("failed", "a whole number"), ("zero_gradients", "a number"),
  ]

  static let all = [
    RecordExample(
      type: RunRecord.self,
      line: #"{"type":"run","v":1,"tool":"cusp-train","version":"0.1.0","arguments":["--seed","7"],"seed":"7"}"#,
      required: [("tool", "text"), ("version", "text"), ("arguments", "a list"), ("seed", "text")]),
    RecordExample(
      type: EpochRecord.self,
      line: #"{"type":"epoch","v":1,"epoch":2,"epochs":30,"learning_rate":0.05,"rotation":180,"translation":1.5,"#
        + #""epsilon":0.25,"loss":1.75,"accuracy":0.5,"images_per_second":812.5,"seconds":2.25}"#,
      required: [
        ("epoch", "a whole number"), ("epochs", "a whole number"), ("learning_rate", "a number"),
        ("rotation", "a number"), ("translation", "a number"), ("epsilon", "a number"), ("loss", "a number"),
        ("accuracy", "a number"), ("images_per_second", "a number"), ("seconds", "a number"),
      ]),
    RecordExample(
      type: CheckpointRecord.self,
      line: #"{"type":"checkpoint","v":1,"path":"/m/a \"b\".h5","digest":"0f","epoch":3,"architecture":"vgg16","#
        + #""data":"cifar10:d"}"#,
      required: [
        ("path", "text"), ("digest", "text"), ("epoch", "a whole number"), ("architecture", "text"), ("data", "text"),
      ]),
    RecordExample(
      type: PredictionRecord.self,
      line: "{\"type\":\"prediction\",\"v\":1,\(settingText),"
        + #""pose":{"degrees":-12.5,"dx":1,"dy":0},"index":9,"label":3,"natural":4,"perturbed":5,"distance":0.03,"#
        + #""logits":[0.1,null,-2],"parameters":{"steps":10},"steps":7,"reused":0.125,"zero_gradient":true,"#
        + #""failure":"no"}"#,
      required: setting + [
        ("index", "a whole number"), ("label", "a whole number"), ("natural", "a whole number"),
        ("perturbed", "a whole number"), ("distance", "a number"),
      ],
      optional: optionalSetting + [
        ("logits", "a list of numbers"), ("steps", "a whole number"), ("reused", "a number"),
        ("zero_gradient", "true or false"), ("failure", "text"),
      ]),
    RecordExample(
      type: ScoreRecord.self,
      line: "{\"type\":\"score\",\"v\":1,\(settingText),"
        + #""parameters":{"steps":10},"count":4,"natural_accuracy":1,"natural_accuracy_interval":[0.5101091635454027,1],"accuracy":0,"#
        + #""accuracy_interval":[0,0.4898908364545973],"fooling_rate":1,"#
        + #""fooling_rate_interval":[0.5101091635454027,1],"missing":36,"failed":3,"zero_gradients":0.25}"#,
      required: setting + [
        ("count", "a whole number"), ("natural_accuracy", "a number"), ("accuracy", "a number"),
        ("fooling_rate", "a number"),
      ],
      optional: optionalSetting + flaws),
    RecordExample(
      type: SummaryRecord.self,
      line: "{\"type\":\"summary\",\"v\":1,\"name\":\"pgd.h5\",\(perturbationText),"
        + #""parameters":{"steps":10},"models":["0f","1e"],"count":4,"natural_accuracy":{"mean":0.75,"deviation":0.25,"#
        + #""interval":[0.5,1]},"accuracy":{"mean":0.25,"deviation":0,"interval":[0.25,0.25]},"#
        + #""fooling_rate":{"mean":0.5}}"#,
      required: [("name", "text")] + setting.dropFirst() + [
        ("models", "a list"), ("count", "a whole number"), ("natural_accuracy", "a mean"), ("accuracy", "a mean"),
        ("fooling_rate", "a mean"),
      ],
      optional: Array(optionalSetting.dropFirst(3))),
    RecordExample(
      type: PaperClaimRecord.self,
      line: #"{"type":"paper-claim","v":1,"claim":"cusp-beats-a-mixture","verdict":"not shown","#
        + #""architecture":"small-cnn","data":"mnist","budget":"epsilon","metric":"accuracy","settings":["#
        + "{\(perturbationText)"
        + #","parameters":{"steps":10}}],"count":4,"claimed":"rise","points":[{"method":"cusp","budget":0.25,"#
        + #""means":[0.5,1]}],"hypervolumes":[0.5,0.25],"seeds":["7"],"values":[0.25],"value":{"mean":0.25}}"#,
      required: [
        ("claim", "a claim"), ("architecture", "text"), ("data", "text"), ("metric", "text"), ("settings", "a list"),
        ("count", "a whole number"), ("claimed", "`rise` or `fall`"), ("points", "a list of points"),
        ("seeds", "a list"), ("values", "a list"),
      ], optional: [("budget", "text"), ("hypervolumes", "a list of numbers")]),
    RecordExample(
      type: FoolingRateRecord.self,
      line: "{\"type\":\"fooling-rate\",\"v\":1,\(settingText),"
        + #""parameters":{"steps":10},"count":4,"fooled":0,"rate":0,"interval":[0,0.4898908364545973],"#
        + #""natural_accuracy":0.75,"accuracy":0.5,"missing":36,"failed":3,"zero_gradients":0.25}"#,
      // Without `model` there is no setting at all.
      required: setting.dropFirst() + [("count", "a whole number"), ("fooled", "a whole number")],
      optional: optionalSetting + [("natural_accuracy", "a number"), ("accuracy", "a number")] + flaws),
    RecordExample(
      type: DiagnosisRecord.self,
      line: "{\"type\":\"diagnosis\",\"v\":1,\(settingText),"
        + #""parameters":{"steps":10},"count":4,"indicators":[{"name":"zero-gradients","value":0.5,"threshold":0.01,"#
        + #""fires":true,"advice":"look"},{"name":"restarts-gain","value":0.1,"threshold":0.1,"fires":false,"#
        + #""advice":"try"}]}"#,
      required: setting + [("count", "a whole number"), ("indicators", "a list")], optional: optionalSetting),
    RecordExample(
      type: TraceRecord.self,
      line: "{\"type\":\"trace\",\"v\":1,\(settingText),"
        + #""pose":{"degrees":-12.5,"dx":1,"dy":0},"index":9,"label":3,"step":2,"loss":0.5,"margin":-1.25,"#
        + #""distance":0.03,"parameters":{"steps":10}}"#,
      required: setting + [
        ("index", "a whole number"), ("label", "a whole number"), ("step", "a whole number"), ("distance", "a number"),
      ],
      optional: optionalSetting + [("loss", "a number"), ("margin", "a number")]),
    RecordExample(
      type: BenchmarkRecord.self,
      line: #"{"type":"benchmark","v":1,"architecture":"vgg16","program":"training","batch":64,"precision":"float32","#
        + #""threads":2,"images_per_second":100.5,"best":120,"gigaflops_per_second":63,"peak_share":0.5,"#
        + #""backend":"e 1","repeats":5,"images":64,"peak_resident_bytes":4096}"#,
      required: [
        ("architecture", "text"), ("program", "text"), ("batch", "a whole number"), ("precision", "text"),
        ("threads", "a whole number"), ("images_per_second", "a number"), ("best", "a number"),
        ("gigaflops_per_second", "a number"), ("peak_share", "a number"), ("backend", "text"),
        ("repeats", "a whole number"), ("images", "a whole number"), ("peak_resident_bytes", "a whole number"),
      ]),
    RecordExample(
      type: BenchmarkStepRecord.self,
      line: #"{"type":"benchmark-step","v":1,"architecture":"vgg16","program":"training","batch":64,"position":3,"#
        + #""step":"features.0","operation":"convolution","pass":"forward","algorithm":"direct","layout":"nchw","#
        + #""implementation":"jit","milliseconds":1.5,"gigaflops_per_second":63,"bytes":4096,"#
        + #""roof_share":0.25,"share":0.5}"#,
      required: [
        ("architecture", "text"), ("program", "text"), ("batch", "a whole number"), ("position", "a whole number"),
        ("step", "text"), ("operation", "text"), ("pass", "text"), ("layout", "text"), ("implementation", "text"),
        ("milliseconds", "a number"), ("share", "a number"),
      ],
      optional: [
        ("algorithm", "text"), ("gigaflops_per_second", "a number"), ("bytes", "a whole number"),
        ("roof_share", "a number"),
      ]),
    RecordExample(
      type: TensorFileRecord.self,
      line: #"{"type":"tensor-file","v":1,"path":"/m/a.pt","format":"pytorch","bytes":562,"architecture":"vgg16","#
        + #""elements":4,"tensors":[{"name":"a","element":"float64","shape":[3],"statistics":{"mean":1,"zeros":0}},"#
        + #"{"name":"b","element":"int32","shape":[]}],"unread":[{"name":"c","reason":"text is no tensor"}],"#
        + #""metadata":{"by":"hand"}}"#,
      required: [
        ("path", "text"), ("format", "text"), ("bytes", "a whole number"), ("elements", "a whole number"),
        ("tensors", "a list"),
      ],
      optional: [("architecture", "text"), ("unread", ""), ("metadata", "")]),
    RecordExample(
      type: DifferenceRecord.self,
      line: #"{"type":"difference","v":1,"first":"a.h5","second":"b.pt","tolerance":0.5,"same":false,"#
        + #""facts":[{"name":"epoch","first":3,"second":null}],"compared":8,"tensors":[{"name":"w","shape":[3],"#
        + #""differing":2,"incomparable":1,"maximum":0.25,"relative":0.125,"cosine":null}],"#
        + #""reshaped":[{"name":"b","first":[2],"second":[]}],"only_first":["x"],"only_second":[],"#
        + #""unread_first":[{"name":"z","reason":"records are not read"}],"unread_second":[]}"#,
      required: [
        ("first", "text"), ("second", "text"), ("tolerance", "a number"), ("same", "true or false"),
        ("facts", "a list"), ("compared", "a whole number"), ("tensors", "a list"), ("reshaped", "a list"),
        ("only_first", "a list"), ("only_second", "a list"), ("unread_first", "a list"), ("unread_second", "a list"),
      ]),
    RecordExample(
      type: VerificationRecord.self,
      line: #"{"type":"verification","v":1,"model":"0f","path":"set.npz","data":"digits","split":"test","norm":"l2","#
        + #""epsilon":0.1,"tolerance":0.5,"range":255,"count":4,"holds":false,"distance":0.2,"outside_ball":1,"#
        + #""outside_range":2,"not_finite":1,"out_of_order":0,"labels_differ":null,"naturally_correct":4,"#
        + #""natural_accuracy":1,"natural_accuracy_interval":[0.5101091635454027,1],"correct":0,"accuracy":0,"#
        + #""accuracy_interval":[0,0.4898908364545973],"fooled":4,"fooling_rate":1,"#
        + #""fooling_rate_interval":[0.5101091635454027,1],"offenders":[{"place":0,"index":3,"#
        + #""problems":["ball","range"],"distance":0.2,"near":1},{"place":2,"index":2,"problems":["finite"],"#
        + #""distance":null}]}"#,
      required: [
        ("model", "text"), ("path", "text"), ("data", "text"), ("split", "text"), ("norm", "text"),
        ("epsilon", "a number"), ("tolerance", "a number"), ("range", "a whole number"), ("count", "a whole number"),
        ("outside_ball", "a whole number"), ("outside_range", "a whole number"), ("not_finite", "a whole number"),
        ("naturally_correct", "a whole number"), ("correct", "a whole number"), ("fooled", "a whole number"),
        ("offenders", "a list"),
      ]),
    RecordExample(
      type: CardRecord.self,
      line: #"{"type":"card","v":1,"model":"0f","path":"m.h5","data":"d","split":"test","total":4,"parts":[],"#
        + #""not_run":[{"name":"snow","reason":"no"}]}"#,
      required: [
        ("model", "text"), ("path", "text"), ("data", "text"), ("split", "text"), ("total", "a whole number"),
        ("parts", "a list"), ("not_run", "a list"),
      ]),
    RecordExample(
      type: DataRecord.self,
      line: #"{"type":"data","v":1,"data":"mnist:d","split":"test","count":3,"shape":[1,28,28],"classes":["a","b"],"#
        + #""class_counts":[1,2],"mean":[0.25],"deviation":[0.5],"digest":"0f"}"#,
      required: [
        ("data", "text"), ("split", "text"), ("count", "a whole number"), ("shape", "a list"), ("classes", "a list"),
        ("class_counts", "a list"), ("mean", "a list"), ("deviation", "a list"), ("digest", "text"),
      ]),
    RecordExample(
      type: SourceRecord.self,
      line: #"{"type":"source","v":1,"name":"mnist","title":"digits","address":"https://x/","files":["a.gz"],"#
        + #""bytes":12,"path":"/c/mnist"}"#,
      required: [
        ("name", "text"), ("title", "text"), ("address", "text"), ("files", "a list"), ("bytes", "a whole number"),
      ], optional: [("path", "text")]),
    RecordExample(
      type: FindingRecord.self,
      line: #"{"type":"finding","v":1,"name":"engine","value":"portable","state":"slow","advice":"install oneDNN"}"#,
      required: [("name", "text"), ("value", "text"), ("state", "text")], optional: [("advice", "text")]),
    RecordExample(
      type: ErrorRecord.self,
      line: #"{"type":"error","v":1,"code":"data","message":"a \"bad\"\nline","line":3,"id":["x",{"y":null}]}"#,
      required: [("code", "text"), ("message", "text")], optional: [("line", "a whole number"), ("id", "")]),
    RecordExample(
      type: ProgressRecord.self,
      line: #"{"type":"progress","v":1,"program":"cusp-data","label":"fetch mnist","fraction":0.5,"seconds":2.25,"#
        + #""details":"a \"b\".gz","file":"a \"b\".gz","images":7,"bytes":4096,"loss":1.75,"accuracy":0.5,"#
        + #""images_per_second":812.5,"seconds_left":60}"#,
      required: [
        ("program", "text"), ("label", "text"), ("fraction", "a number"), ("seconds", "a number"), ("details", "text"),
      ],
      optional: [
        ("file", "text"), ("images", "a whole number"), ("bytes", "a whole number"), ("loss", "a number"),
        ("accuracy", "a number"), ("images_per_second", "a number"), ("seconds_left", "a number"),
      ]),
    RecordExample(
      type: NoteRecord.self, line: #"{"type":"note","v":1,"program":"cusp-train","text":"a \"bad\"\nline"}"#,
      required: [("program", "text"), ("text", "text")]),
    RecordExample(
      type: FailureRecord.self,
      line: #"{"type":"failure","v":1,"program":"cusp-train","status":65,"text":"m.h5: is damaged"}"#,
      required: [("program", "text"), ("status", "a whole number"), ("text", "text")]),
  ]
}
