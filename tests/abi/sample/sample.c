/* SPDX-License-Identifier: MIT */
/* The small library itself: what the functions do does not matter. */
#include "egm.h"

struct egm_thing {
	int64_t count;
	double value;
};

egm_status egm_thing_create(egm_thing **out, egm_array points, const egm_thing_options *options)
{
	return *out && points.rows && options->last ? EGM_OK : EGM_ERR_ARGUMENT;
}

egm_status egm_thing_pair(egm_thing **out, const egm_pair_options *options)
{
	return *out && options->after ? EGM_OK : EGM_ERR_ARGUMENT;
}

egm_status egm_thing_run(egm_thing *thing, int64_t steps, int64_t thin, egm_progress_fn progress, void *user)
{
	return progress(steps * thin, &thing->value, user) ? EGM_OK : EGM_ERR_ARGUMENT;
}

egm_status egm_thing_read(const egm_thing *thing, egm_thing_result *result)
{
	result->value = thing->value;
	return EGM_OK;
}

int64_t egm_thing_count(const egm_thing *thing)
{
	return thing->count;
}

void egm_thing_free(egm_thing *thing)
{
	thing->count = 0;
}
