// The sources of Archives come here.
