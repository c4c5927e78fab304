/* SPDX-License-Identifier: MIT */
/* Whether the library or a BLAS computes matrix products.
 *
 * AUTO depends on the CPU, not on the code path. If the library has vector kernels for the CPU, no BLAS is opened, and
 * a program that chooses EGM_SIMD_PORTABLE there still gets the bits of earlier releases. */
#include "core/products_impl.h"
#include "core/status_impl.h"

#include <stdio.h>

/* A build for tests in which AUTO means another choice. */
#ifndef EGM_PRODUCTS_FORCED
#define EGM_PRODUCTS_FORCED EGM_PRODUCTS_AUTO
#endif

const char *egm__products_default(void)
{
	return EGM_BLAS_NAME;
}

/* Opens a BLAS, or says why products are the library's own. Success leaves no trace in the last error. */
static void open_or_log(egm_context *context, const char *name, char text[EGM__PRODUCTS_TEXT])
{
	egm__error_state before;
	egm__error_save(&before);
	if (egm__blas_open(&context->blas, name) == EGM_OK) {
		snprintf(text, EGM__PRODUCTS_TEXT, "large products by %s", context->blas.text);
	} else {
		snprintf(text, EGM__PRODUCTS_TEXT, "own products (%s)", egm__last_text());
		egm__log(context, EGM_LOG_WARNING, "products are computed without a BLAS: %s", egm__last_text());
	}
	egm__error_restore(&before);
}

egm_status egm__products_choose(egm_context *context, int32_t products, const char *blas, int32_t best_simd,
                                char text[EGM__PRODUCTS_TEXT])
{
	egm_status st = EGM_OK;
	const char *name = blas ? blas : egm__products_default();
	if (products == EGM_PRODUCTS_OWN && blas)
		EGM_FAIL(EGM_ERR_ARGUMENT, "blas is '%s', must be NULL if products is EGM_PRODUCTS_OWN", blas);
	/* dlopen would return the program itself */
	if (blas && !*blas) EGM_FAIL(EGM_ERR_ARGUMENT, "blas is '', must be the name of a library or NULL");
	if (products == EGM_PRODUCTS_AUTO) products = EGM_PRODUCTS_FORCED;
	context->products = products;
	if (products == EGM_PRODUCTS_BLAS) {
		if (!blas && !*name)
			EGM_FAIL(EGM_ERR_UNSUPPORTED,
			         "blas is NULL, must name a CBLAS, because none was found when the library was "
			         "built");
		EGM_TRY(egm__blas_open(&context->blas, name));
		snprintf(text, EGM__PRODUCTS_TEXT, "products by %s", context->blas.text);
	} else if (products == EGM_PRODUCTS_OWN) {
		snprintf(text, EGM__PRODUCTS_TEXT, "own products");
	} else if (best_simd != EGM_SIMD_PORTABLE) {
		snprintf(text, EGM__PRODUCTS_TEXT, "own products (this CPU has vector kernels)");
	} else if (!blas && !*name) {
		snprintf(text, EGM__PRODUCTS_TEXT, "own products (no BLAS in this build)");
	} else {
		open_or_log(context, name, text);
	}
out:
	return st;
}
