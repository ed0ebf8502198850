// The sources of OneDNNBackend come here.
