// The sources of Files come here.
