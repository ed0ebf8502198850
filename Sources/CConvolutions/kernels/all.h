// Every kernel under the instructions of the file that includes this, as a set.

#include "../include/CConvolutions.h"

#include "channels.h"
#include "depthwise.h"
#include "groups.h"
#include "maximum.h"
#include "narrow.h"
#include "taps.h"
#include "winograd.h"
#include "winograd_2x2.h"

/// The set of them.
#define CUSP_KERNEL_SET(instructions)                          \
  {                                                            \
    .name = instructions,                                      \
    .panel_width = CUSP_PANEL_WIDTH,                           \
    .product = cusp_product,                                   \
    .pack = cusp_pack,                                         \
    .outer_product = cusp_outer_product,                       \
    .tap_scatter = cusp_tap_scatter,                           \
    .tap_gather = cusp_tap_gather,                             \
    .winograd =                                                \
        {                                                      \
            .parts = 36,                                       \
            .scatter = cusp_winograd_scatter,                  \
            .kernels = cusp_winograd_kernels,                  \
            .gather = cusp_winograd_gather,                    \
            .scatter_gradient = cusp_winograd_scatter_gradient,\
            .gather_gradient = cusp_winograd_gather_gradient,  \
            .kernel_gradient = cusp_winograd_kernel_gradient,  \
        },                                                     \
    .winograd_2x2 =                                            \
        {                                                      \
            .parts = 9,                                        \
            .scatter = cusp_winograd_2x2_scatter,              \
            .kernels = cusp_winograd_2x2_kernels,              \
            .gather = cusp_winograd_2x2_gather,                \
            .scatter_gradient = cusp_winograd_2x2_scatter_gradient,\
            .gather_gradient = 0,                              \
            .kernel_gradient = cusp_winograd_2x2_kernel_gradient,\
        },                                                     \
    .narrow_columns = cusp_narrow_columns,                     \
    .narrow_mask = cusp_narrow_mask,                           \
    .narrow_gradient = cusp_narrow_gradient,                   \
    .group_product = cusp_group_product,                       \
    .depthwise_gradient = cusp_depthwise_gradient,             \
    .channel_sums = cusp_channel_sums,                         \
    .scale_shift = cusp_scale_shift,                           \
    .maximum = cusp_maximum,                                   \
    .maximum_gradient = cusp_maximum_gradient,                 \
  }
