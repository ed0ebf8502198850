// The sources of HDF5 come here.
