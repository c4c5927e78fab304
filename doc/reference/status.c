/* SPDX-License-Identifier: MIT */
/* Errors: a call that fails says what is wrong, and changes nothing. */
#include <egm.h>
#include <stdio.h>

int main(void)
{
	egm_context *context = NULL;
	egm_context_options options = EGM_CONTEXT_OPTIONS_INIT;
	options.threads = 1000;
	egm_status status = egm_context_create(&context, &options);
	printf("%s: %s\n", egm_status_name(status), egm_last_error());
	return status != EGM_ERR_ARGUMENT || context != NULL;
}
