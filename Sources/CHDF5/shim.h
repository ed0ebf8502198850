#ifndef CUSP_CHDF5_SHIM_H
#define CUSP_CHDF5_SHIM_H

// Newer libraries then give the structures and callbacks of 1.10, which the wrappers below are written for.
#define H5_USE_110_API 1
#include <hdf5.h>
#include <unistd.h>

// Swift hides fork because most of its runtime must not be used after it. The guarded reader needs exactly that: a copy
// of this process, with no program to find and execute, in which the library may crash without harm.
static inline pid_t cusp_fork(void) { return fork(); }

// Constants of HDF5 that open the library first are expressions, which Swift does not import.
static inline hid_t cusp_file_creation(void) { return H5P_FILE_CREATE; }
static inline hid_t cusp_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t cusp_group_creation(void) { return H5P_GROUP_CREATE; }
static inline hid_t cusp_dataset_creation(void) { return H5P_DATASET_CREATE; }
static inline hid_t cusp_defaults(void) { return H5P_DEFAULT; }
static inline unsigned cusp_truncate(void) { return H5F_ACC_TRUNC; }
static inline unsigned cusp_read_only(void) { return H5F_ACC_RDONLY; }
static inline size_t cusp_variable_length(void) { return H5T_VARIABLE; }
static inline hid_t cusp_c_string(void) { return H5T_C_S1; }

static inline hid_t cusp_native_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t cusp_native_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t cusp_native_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t cusp_float32(int big) { return big ? H5T_IEEE_F32BE : H5T_IEEE_F32LE; }
static inline hid_t cusp_float64(int big) { return big ? H5T_IEEE_F64BE : H5T_IEEE_F64LE; }
static inline hid_t cusp_int8(int big) { return big ? H5T_STD_I8BE : H5T_STD_I8LE; }
static inline hid_t cusp_int16(int big) { return big ? H5T_STD_I16BE : H5T_STD_I16LE; }
static inline hid_t cusp_int32(int big) { return big ? H5T_STD_I32BE : H5T_STD_I32LE; }
static inline hid_t cusp_int64(int big) { return big ? H5T_STD_I64BE : H5T_STD_I64LE; }
static inline hid_t cusp_uint8(int big) { return big ? H5T_STD_U8BE : H5T_STD_U8LE; }
static inline hid_t cusp_uint16(int big) { return big ? H5T_STD_U16BE : H5T_STD_U16LE; }
static inline hid_t cusp_uint32(int big) { return big ? H5T_STD_U32BE : H5T_STD_U32LE; }
static inline hid_t cusp_uint64(int big) { return big ? H5T_STD_U64BE : H5T_STD_U64LE; }

// Names that newer libraries turn into macros.
static inline herr_t cusp_iterate_links(hid_t group, H5L_iterate_t visit, void *context) {
  return H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, visit, context);
}
static inline herr_t cusp_object_address(hid_t object, haddr_t *address) {
  H5O_info_t info;
  herr_t status = H5Oget_info2(object, &info, H5O_INFO_BASIC);
  if (status >= 0) *address = info.addr;
  return status;
}

#endif
