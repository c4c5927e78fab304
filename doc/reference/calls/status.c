/* SPDX-License-Identifier: MIT */
#include "support.h"

int main(void)
{
	egm_context *context = NULL;
	egm_model *model = NULL;
	check(egm_context_create(&context, NULL));

	/* A network needs at least one input. The text names the function and the number. */
	egm_status status = egm_model_create(&model, context, "energy", 0);
	expect(status == EGM_ERR_ARGUMENT);
	printf("%s: %s\n", egm_status_name(status), egm_last_error());

	egm_context_free(context);
	return 0;
}
