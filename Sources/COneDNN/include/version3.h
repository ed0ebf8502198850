// oneDNN 3.x in the forms that version2.h can give as well.

/// Functions that only this version has.
#define CUSP_OWN_FUNCTIONS(EACH) \
    EACH(memory_desc_create_with_strides) EACH(memory_desc_create_with_tag) EACH(memory_desc_create_submemory) \
    EACH(memory_desc_permute_axes) EACH(memory_desc_clone) EACH(memory_desc_destroy) EACH(memory_desc_query) EACH(binary_primitive_desc_create) \
    EACH(eltwise_forward_primitive_desc_create) EACH(eltwise_backward_primitive_desc_create) \
    EACH(convolution_forward_primitive_desc_create) EACH(convolution_backward_data_primitive_desc_create) \
    EACH(convolution_backward_weights_primitive_desc_create) EACH(inner_product_forward_primitive_desc_create) \
    EACH(inner_product_backward_data_primitive_desc_create) \
    EACH(inner_product_backward_weights_primitive_desc_create) \
    EACH(pooling_forward_primitive_desc_create) EACH(pooling_backward_primitive_desc_create) \
    EACH(batch_normalization_forward_primitive_desc_create) EACH(batch_normalization_backward_primitive_desc_create)

CUSP_OWN_FUNCTIONS(CUSP_DECLARE)

/// A memory descriptor.
typedef const_dnnl_memory_desc_t cusp_memory_desc;

/// Whether convolutions know Winograd's algorithm: no longer.
static inline int cusp_has_winograd(void) { return 0; }

/// Whether the shift counts among the inputs of a batch normalisation's backward kernel.
static inline int cusp_norm_backward_takes_shift(void) { return 0; }

static inline dnnl_status_t cusp_memory_desc_create_with_strides(
    cusp_memory_desc *made, int rank, const dnnl_dims_t sizes, const dnnl_dims_t strides) {
    return onednn_memory_desc_create_with_strides((dnnl_memory_desc_t *)made, rank, sizes, dnnl_f32, strides);
}

static inline dnnl_status_t cusp_memory_desc_create_with_tag(
    cusp_memory_desc *made, int rank, const dnnl_dims_t sizes, dnnl_format_tag_t tag) {
    return onednn_memory_desc_create_with_tag((dnnl_memory_desc_t *)made, rank, sizes, dnnl_f32, tag);
}

static inline dnnl_status_t cusp_memory_desc_create_submemory(
    cusp_memory_desc *made, cusp_memory_desc whole, const dnnl_dims_t sizes, const dnnl_dims_t offsets) {
    return onednn_memory_desc_create_submemory((dnnl_memory_desc_t *)made, whole, sizes, offsets);
}

static inline dnnl_status_t cusp_memory_desc_permute_axes(
    cusp_memory_desc *made, cusp_memory_desc original, const int *permutation) {
    return onednn_memory_desc_permute_axes((dnnl_memory_desc_t *)made, original, permutation);
}

static inline dnnl_status_t cusp_memory_desc_clone(cusp_memory_desc *made, cusp_memory_desc original) {
    return onednn_memory_desc_clone((dnnl_memory_desc_t *)made, original);
}

static inline void cusp_memory_desc_destroy(cusp_memory_desc descriptor) {
    onednn_memory_desc_destroy((dnnl_memory_desc_t)descriptor);
}

/// How many sizes there are; 0 when the descriptor describes nothing.
static inline int cusp_memory_desc_rank(cusp_memory_desc descriptor) {
    int32_t rank = 0;
    dnnl_status_t status = onednn_memory_desc_query(descriptor, dnnl_query_ndims_s32, &rank);
    return status == dnnl_success ? rank : 0;
}

/// The sizes, for as long as the descriptor lives.
static inline const dnnl_dim_t *cusp_memory_desc_sizes(cusp_memory_desc descriptor) {
    const dnnl_dims_t *sizes = 0;
    dnnl_status_t status = onednn_memory_desc_query(descriptor, dnnl_query_dims, &sizes);
    return status == dnnl_success && sizes ? *sizes : 0;
}

/// The strides of the sizes without their inner blocks, for as long as the descriptor lives; null where it has none.
static inline const dnnl_dim_t *cusp_memory_desc_strides(cusp_memory_desc descriptor) {
    const dnnl_dims_t *strides = 0;
    dnnl_status_t status = onednn_memory_desc_query(descriptor, dnnl_query_strides, &strides);
    return status == dnnl_success && strides ? *strides : 0;
}

/// How many inner blocks there are, from the outermost inwards, with their sizes and axes.
static inline int cusp_memory_desc_blocks(
    cusp_memory_desc descriptor, const dnnl_dim_t **sizes, const dnnl_dim_t **axes) {
    int32_t count = 0;
    const dnnl_dims_t *blocks = 0, *indices = 0;
    if (onednn_memory_desc_query(descriptor, dnnl_query_inner_nblks_s32, &count) != dnnl_success ||
        onednn_memory_desc_query(descriptor, dnnl_query_inner_blks, &blocks) != dnnl_success ||
        onednn_memory_desc_query(descriptor, dnnl_query_inner_idxs, &indices) != dnnl_success)
        return 0;
    *sizes = *blocks;
    *axes = *indices;
    return count;
}

/// What a kernel is for.
static inline dnnl_primitive_kind_t cusp_primitive_kind(const_dnnl_primitive_desc_t kernel) {
    dnnl_primitive_kind_t kind = dnnl_undefined_primitive;
    onednn_primitive_desc_query(kernel, dnnl_query_primitive_kind, 0, &kind);
    return kind;
}

/// The algorithm of a convolution's kernel.
static inline dnnl_alg_kind_t cusp_algorithm(const_dnnl_primitive_desc_t kernel) {
    dnnl_alg_kind_t algorithm = dnnl_alg_kind_undef;
    onednn_primitive_desc_query(kernel, dnnl_query_alg_kind, 0, &algorithm);
    return algorithm;
}

/// Adds what the destination holds.
static inline dnnl_status_t cusp_post_ops_append_sum(dnnl_post_ops_t list) {
    return onednn_post_ops_append_sum(list, 1, 0, dnnl_data_type_undef);
}

static inline dnnl_status_t cusp_post_ops_append_eltwise(
    dnnl_post_ops_t list, dnnl_alg_kind_t algorithm, float alpha, float beta) {
    return onednn_post_ops_append_eltwise(list, algorithm, alpha, beta);
}

static inline dnnl_status_t cusp_concat_primitive_desc_create(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, cusp_memory_desc destination, int count, int axis,
    const cusp_memory_desc *sources, const_dnnl_primitive_attr_t attributes) {
    return onednn_concat_primitive_desc_create(made, engine, destination, count, axis, sources, attributes);
}
