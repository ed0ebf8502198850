public import ArgumentParser
public import Datasets

extension Split: ExpressibleByArgument {}
