// oneDNN 2.x in the forms of 3.x.

#include <stdlib.h>

/// Functions that only this version has.
#define CUSP_OWN_FUNCTIONS(EACH) \
    EACH(memory_desc_init_by_strides) EACH(memory_desc_init_by_tag) EACH(memory_desc_init_submemory) EACH(memory_desc_permute_axes) \
    EACH(primitive_desc_create) EACH(binary_desc_init) \
    EACH(eltwise_forward_desc_init) EACH(eltwise_backward_desc_init) \
    EACH(dilated_convolution_forward_desc_init) EACH(dilated_convolution_backward_data_desc_init) \
    EACH(dilated_convolution_backward_weights_desc_init) EACH(inner_product_forward_desc_init) \
    EACH(inner_product_backward_data_desc_init) EACH(inner_product_backward_weights_desc_init) \
    EACH(pooling_v2_forward_desc_init) EACH(pooling_v2_backward_desc_init) \
    EACH(batch_normalization_forward_desc_init) EACH(batch_normalization_backward_desc_init)

CUSP_OWN_FUNCTIONS(CUSP_DECLARE)

/// A memory descriptor: here a copy on the heap, or one that a kernel's descriptor owns.
typedef const dnnl_memory_desc_t *cusp_memory_desc;

/// Whether convolutions know Winograd's algorithm, which is written for AVX-512.
static inline int cusp_has_winograd(void) {
    return (onednn_get_effective_cpu_isa() & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core;
}

/// Whether the shift counts among the inputs of a batch normalisation's backward kernel.
static inline int cusp_norm_backward_takes_shift(void) { return 1; }

static inline dnnl_status_t cusp_memory_desc_clone(cusp_memory_desc *made, cusp_memory_desc original) {
    dnnl_memory_desc_t *copy = (dnnl_memory_desc_t *)malloc(sizeof *copy);
    if (!copy) return dnnl_out_of_memory;
    *copy = *original;
    *made = copy;
    return dnnl_success;
}

static inline void cusp_memory_desc_destroy(cusp_memory_desc descriptor) { free((void *)descriptor); }

static inline dnnl_status_t cusp_memory_desc_create_with_strides(
    cusp_memory_desc *made, int rank, const dnnl_dims_t sizes, const dnnl_dims_t strides) {
    dnnl_memory_desc_t plain;
    dnnl_status_t status = onednn_memory_desc_init_by_strides(&plain, rank, sizes, dnnl_f32, strides);
    return status == dnnl_success ? cusp_memory_desc_clone(made, &plain) : status;
}

static inline dnnl_status_t cusp_memory_desc_create_with_tag(
    cusp_memory_desc *made, int rank, const dnnl_dims_t sizes, dnnl_format_tag_t tag) {
    dnnl_memory_desc_t tagged;
    dnnl_status_t status = onednn_memory_desc_init_by_tag(&tagged, rank, sizes, dnnl_f32, tag);
    return status == dnnl_success ? cusp_memory_desc_clone(made, &tagged) : status;
}

static inline dnnl_status_t cusp_memory_desc_create_submemory(
    cusp_memory_desc *made, cusp_memory_desc whole, const dnnl_dims_t sizes, const dnnl_dims_t offsets) {
    dnnl_memory_desc_t part;
    dnnl_status_t status = onednn_memory_desc_init_submemory(&part, whole, sizes, offsets);
    return status == dnnl_success ? cusp_memory_desc_clone(made, &part) : status;
}

static inline dnnl_status_t cusp_memory_desc_permute_axes(
    cusp_memory_desc *made, cusp_memory_desc original, const int *permutation) {
    dnnl_memory_desc_t permuted;
    dnnl_status_t status = onednn_memory_desc_permute_axes(&permuted, original, permutation);
    return status == dnnl_success ? cusp_memory_desc_clone(made, &permuted) : status;
}

/// How many sizes there are; 0 when the descriptor describes nothing.
static inline int cusp_memory_desc_rank(cusp_memory_desc descriptor) { return descriptor->ndims; }

/// The sizes, for as long as the descriptor lives.
static inline const dnnl_dim_t *cusp_memory_desc_sizes(cusp_memory_desc descriptor) { return descriptor->dims; }

/// The strides of the sizes without their inner blocks, for as long as the descriptor lives; null where it has none.
static inline const dnnl_dim_t *cusp_memory_desc_strides(cusp_memory_desc descriptor) {
    return descriptor->format_kind == dnnl_blocked ? descriptor->format_desc.blocking.strides : 0;
}

/// How many inner blocks there are, from the outermost inwards, with their sizes and axes.
static inline int cusp_memory_desc_blocks(
    cusp_memory_desc descriptor, const dnnl_dim_t **sizes, const dnnl_dim_t **axes) {
    if (descriptor->format_kind != dnnl_blocked) return 0;
    *sizes = descriptor->format_desc.blocking.inner_blks;
    *axes = descriptor->format_desc.blocking.inner_idxs;
    return descriptor->format_desc.blocking.inner_nblks;
}

/// What a kernel is for.
static inline dnnl_primitive_kind_t cusp_primitive_kind(const_dnnl_primitive_desc_t kernel) {
    dnnl_primitive_kind_t kind = dnnl_undefined_primitive;
    onednn_primitive_desc_query(kernel, dnnl_query_primitive_kind, 0, &kind);
    return kind;
}

/// The algorithm of a convolution's kernel.
static inline dnnl_alg_kind_t cusp_algorithm(const_dnnl_primitive_desc_t kernel) {
    const dnnl_convolution_desc_t *operation = 0;
    dnnl_status_t status = onednn_primitive_desc_query(kernel, dnnl_query_convolution_d, 0, &operation);
    return status == dnnl_success && operation ? operation->alg_kind : dnnl_alg_kind_undef;
}

/// Adds what the destination holds.
static inline dnnl_status_t cusp_post_ops_append_sum(dnnl_post_ops_t list) {
    return onednn_post_ops_append_sum(list, 1);
}

static inline dnnl_status_t cusp_post_ops_append_eltwise(
    dnnl_post_ops_t list, dnnl_alg_kind_t algorithm, float alpha, float beta) {
    return onednn_post_ops_append_eltwise(list, 1, algorithm, alpha, beta);
}

static inline dnnl_status_t cusp_concat_primitive_desc_create(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, cusp_memory_desc destination, int count, int axis,
    const cusp_memory_desc *sources, const_dnnl_primitive_attr_t attributes) {
    dnnl_memory_desc_t *copies = (dnnl_memory_desc_t *)malloc((size_t)count * sizeof *copies);
    if (!copies) return dnnl_out_of_memory;
    for (int i = 0; i < count; ++i) copies[i] = *sources[i];
    dnnl_status_t status =
        onednn_concat_primitive_desc_create(made, destination, count, axis, copies, attributes, engine);
    free(copies);
    return status;
}

// Kernels: 3.x makes in one call what 2.x makes from a description of the operation.

#define CUSP_MAKE(description, hint, initialize) \
    description operation; \
    dnnl_status_t status = initialize; \
    if (status != dnnl_success) return status; \
    return onednn_primitive_desc_create(made, &operation, attributes, engine, hint)

static inline dnnl_status_t onednn_binary_primitive_desc_create(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, dnnl_alg_kind_t algorithm, cusp_memory_desc first,
    cusp_memory_desc second, cusp_memory_desc destination, const_dnnl_primitive_attr_t attributes) {
    CUSP_MAKE(dnnl_binary_desc_t, 0, onednn_binary_desc_init(&operation, algorithm, first, second, destination));
}

/// `destination` is what `source` is.
static inline dnnl_status_t onednn_eltwise_forward_primitive_desc_create(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, dnnl_prop_kind_t purpose, dnnl_alg_kind_t algorithm,
    cusp_memory_desc source, cusp_memory_desc destination, float alpha, float beta,
    const_dnnl_primitive_attr_t attributes) {
    (void)destination;
    CUSP_MAKE(
        dnnl_eltwise_desc_t, 0,
        onednn_eltwise_forward_desc_init(&operation, purpose, algorithm, source, alpha, beta));
}

/// `source_gradient` is what `destination_gradient` is.
static inline dnnl_status_t onednn_eltwise_backward_primitive_desc_create(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, dnnl_alg_kind_t algorithm, cusp_memory_desc source_gradient,
    cusp_memory_desc destination_gradient, cusp_memory_desc data, float alpha, float beta,
    const_dnnl_primitive_desc_t hint, const_dnnl_primitive_attr_t attributes) {
    (void)source_gradient;
    CUSP_MAKE(
        dnnl_eltwise_desc_t, hint,
        onednn_eltwise_backward_desc_init(&operation, algorithm, destination_gradient, data, alpha, beta));
}

static inline dnnl_status_t onednn_convolution_forward_primitive_desc_create(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, dnnl_prop_kind_t purpose, dnnl_alg_kind_t algorithm,
    cusp_memory_desc source, cusp_memory_desc weights, cusp_memory_desc bias, cusp_memory_desc destination,
    const dnnl_dims_t strides, const dnnl_dims_t dilation, const dnnl_dims_t left, const dnnl_dims_t right,
    const_dnnl_primitive_attr_t attributes) {
    CUSP_MAKE(
        dnnl_convolution_desc_t, 0,
        onednn_dilated_convolution_forward_desc_init(
            &operation, purpose, algorithm, source, weights, bias, destination, strides, dilation, left, right));
}

static inline dnnl_status_t onednn_convolution_backward_data_primitive_desc_create(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, dnnl_alg_kind_t algorithm, cusp_memory_desc source_gradient,
    cusp_memory_desc weights, cusp_memory_desc destination_gradient, const dnnl_dims_t strides,
    const dnnl_dims_t dilation, const dnnl_dims_t left, const dnnl_dims_t right, const_dnnl_primitive_desc_t hint,
    const_dnnl_primitive_attr_t attributes) {
    CUSP_MAKE(
        dnnl_convolution_desc_t, hint,
        onednn_dilated_convolution_backward_data_desc_init(
            &operation, algorithm, source_gradient, weights, destination_gradient, strides, dilation, left, right));
}

static inline dnnl_status_t onednn_convolution_backward_weights_primitive_desc_create(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, dnnl_alg_kind_t algorithm, cusp_memory_desc source,
    cusp_memory_desc weights_gradient, cusp_memory_desc bias_gradient, cusp_memory_desc destination_gradient,
    const dnnl_dims_t strides, const dnnl_dims_t dilation, const dnnl_dims_t left, const dnnl_dims_t right,
    const_dnnl_primitive_desc_t hint, const_dnnl_primitive_attr_t attributes) {
    CUSP_MAKE(
        dnnl_convolution_desc_t, hint,
        onednn_dilated_convolution_backward_weights_desc_init(
            &operation, algorithm, source, weights_gradient, bias_gradient, destination_gradient, strides, dilation,
            left, right));
}

static inline dnnl_status_t onednn_inner_product_forward_primitive_desc_create(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, dnnl_prop_kind_t purpose, cusp_memory_desc source,
    cusp_memory_desc weights, cusp_memory_desc bias, cusp_memory_desc destination,
    const_dnnl_primitive_attr_t attributes) {
    CUSP_MAKE(
        dnnl_inner_product_desc_t, 0,
        onednn_inner_product_forward_desc_init(&operation, purpose, source, weights, bias, destination));
}

static inline dnnl_status_t onednn_inner_product_backward_data_primitive_desc_create(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, cusp_memory_desc source_gradient, cusp_memory_desc weights,
    cusp_memory_desc destination_gradient, const_dnnl_primitive_desc_t hint,
    const_dnnl_primitive_attr_t attributes) {
    CUSP_MAKE(
        dnnl_inner_product_desc_t, hint,
        onednn_inner_product_backward_data_desc_init(&operation, source_gradient, weights, destination_gradient));
}

static inline dnnl_status_t onednn_inner_product_backward_weights_primitive_desc_create(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, cusp_memory_desc source, cusp_memory_desc weights_gradient,
    cusp_memory_desc bias_gradient, cusp_memory_desc destination_gradient, const_dnnl_primitive_desc_t hint,
    const_dnnl_primitive_attr_t attributes) {
    CUSP_MAKE(
        dnnl_inner_product_desc_t, hint,
        onednn_inner_product_backward_weights_desc_init(
            &operation, source, weights_gradient, bias_gradient, destination_gradient));
}

static inline dnnl_status_t onednn_pooling_forward_primitive_desc_create(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, dnnl_prop_kind_t purpose, dnnl_alg_kind_t algorithm,
    cusp_memory_desc source, cusp_memory_desc destination, const dnnl_dims_t strides, const dnnl_dims_t window,
    const dnnl_dims_t dilation, const dnnl_dims_t left, const dnnl_dims_t right,
    const_dnnl_primitive_attr_t attributes) {
    CUSP_MAKE(
        dnnl_pooling_v2_desc_t, 0,
        onednn_pooling_v2_forward_desc_init(
            &operation, purpose, algorithm, source, destination, strides, window, dilation, left, right));
}

static inline dnnl_status_t onednn_pooling_backward_primitive_desc_create(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, dnnl_alg_kind_t algorithm, cusp_memory_desc source_gradient,
    cusp_memory_desc destination_gradient, const dnnl_dims_t strides, const dnnl_dims_t window,
    const dnnl_dims_t dilation, const dnnl_dims_t left, const dnnl_dims_t right, const_dnnl_primitive_desc_t hint,
    const_dnnl_primitive_attr_t attributes) {
    CUSP_MAKE(
        dnnl_pooling_v2_desc_t, hint,
        onednn_pooling_v2_backward_desc_init(
            &operation, algorithm, source_gradient, destination_gradient, strides, window, dilation, left, right));
}

/// `destination` is what `source` is.
static inline dnnl_status_t onednn_batch_normalization_forward_primitive_desc_create(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, dnnl_prop_kind_t purpose, cusp_memory_desc source,
    cusp_memory_desc destination, float epsilon, unsigned flags, const_dnnl_primitive_attr_t attributes) {
    (void)destination;
    CUSP_MAKE(
        dnnl_batch_normalization_desc_t, 0,
        onednn_batch_normalization_forward_desc_init(&operation, purpose, source, epsilon, flags));
}

/// `source_gradient` is what `destination_gradient` is.
static inline dnnl_status_t onednn_batch_normalization_backward_primitive_desc_create(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, dnnl_prop_kind_t purpose, cusp_memory_desc source_gradient,
    cusp_memory_desc destination_gradient, cusp_memory_desc source, float epsilon, unsigned flags,
    const_dnnl_primitive_desc_t hint, const_dnnl_primitive_attr_t attributes) {
    (void)source_gradient;
    CUSP_MAKE(
        dnnl_batch_normalization_desc_t, hint,
        onednn_batch_normalization_backward_desc_init(
            &operation, purpose, destination_gradient, source, epsilon, flags));
}

#undef CUSP_MAKE
