// The sources of Training come here.
