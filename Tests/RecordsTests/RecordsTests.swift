// The tests come here.
