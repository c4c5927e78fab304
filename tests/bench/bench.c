/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void bench_must(egm_status st)
{
	if (st == EGM_OK) return;
	fprintf(stderr, "bench: %s: %s\n", egm_status_name(st), egm_last_error());
	exit(1);
}

double bench_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
