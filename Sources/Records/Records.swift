// The sources of Records come here.
