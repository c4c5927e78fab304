/* SPDX-License-Identifier: MIT */
/* The choice between the products of the library and those of a BLAS. */
#ifndef EGM_CORE_PRODUCTS_IMPL_H
#define EGM_CORE_PRODUCTS_IMPL_H

#include "core/context_impl.h"

enum { EGM__PRODUCTS_TEXT = 576 };

/* Sets context->products and opens context->blas as egm_context_options.products and .blas say on a CPU whose best path
 * is best_simd. `text` tells the choice and its reason, for egm_context_backend. */
egm_status egm__products_choose(egm_context *context, int32_t products, const char *blas, int32_t best_simd,
                                char text[EGM__PRODUCTS_TEXT]);
/* The name of the BLAS that was found when the library was built; "" if there is none. */
const char *egm__products_default(void);

#endif
