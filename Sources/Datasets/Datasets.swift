// The sources of Datasets come here.
