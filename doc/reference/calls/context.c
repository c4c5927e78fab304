/* SPDX-License-Identifier: MIT */
#include "support.h"

int main(void)
{
	/* Two threads for each call, and products without a BLAS. */
	egm_context *context = NULL;
	egm_context_options options = EGM_CONTEXT_OPTIONS_INIT;
	options.threads = 2;
	options.products = EGM_PRODUCTS_OWN;
	check(egm_context_create(&context, &options));

	/* For the log of a program: which code computes here. */
	printf("%s\n", egm_context_backend(context));

	/* A freed network returns its memory; the largest amount stays known. */
	uint64_t before = egm_context_bytes(context);
	egm_model_free(network(context, "energy", 2, 1));
	expect(egm_context_bytes(context) == before);
	expect(egm_context_peak_bytes(context) > before);

	/* Whether data files may be compressed. */
	if (egm_features() & EGM_FEATURE_GZIP) printf("reads .gz\n");

	/* Handles keep their context alive, so it may be freed before them. */
	egm_model *model = network(context, "energy", 2, 1);
	egm_context_free(context);
	egm_model_free(model);
	return 0;
}
