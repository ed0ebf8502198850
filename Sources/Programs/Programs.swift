// The sources of Programs come here.
