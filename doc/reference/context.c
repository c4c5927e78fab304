/* SPDX-License-Identifier: MIT */
/* Contexts: a log, two threads, and what they need. */
#include <egm.h>
#include <stdio.h>

static void print(int32_t level, const char *message, void *user)
{
	(void)user;
	printf("%s: %s\n", level == EGM_LOG_WARNING ? "warning" : "info", message);
}

int main(void)
{
	egm_context *context = NULL;
	egm_context_options options = EGM_CONTEXT_OPTIONS_INIT;
	options.threads = 2;
	options.log = print;
	if (egm_context_create(&context, &options) != EGM_OK) {
		fprintf(stderr, "%s\n", egm_last_error());
		return 1;
	}
	printf("%s, %llu bytes\n", egm_context_backend(context), (unsigned long long)egm_context_bytes(context));
	egm_context_free(context);
	return 0;
}
