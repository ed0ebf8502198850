// The sources of PortableBackend come here.
