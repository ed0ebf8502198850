// The sources of Checkpoints come here.
