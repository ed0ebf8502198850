/// The names of `count` classes that have none: their labels.
func numberNames(_ count: Int) -> [String] { (0..<count).map(String.init) }

extension DatasetReference.Family {
  /// What the classes are called, by label.
  var classNames: [String] {
    switch self {
    case .mnist, .svhn: numberNames(10)
    case .kmnist: ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]
    // Letters whose small form looks like the large one have a class together.
    case .emnist: numberNames(10) + "ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt".map(String.init)
    case .fashion:
      ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
    case .cifar10: ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    case .cifar100: numberNames(100)
    }
  }
}
