/* SPDX-License-Identifier: MIT */
#include "blas.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef RTLD_DEEPBIND
#define RTLD_DEEPBIND 0 /* musl: a library's functions are then those of the first library that has them */
#endif

static void *open_file(const char *file)
{
	return dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
}

void blas_open(blas *out, const char *file)
{
	const struct {
		const char *name;
		void **place;
	} calls[] = {{"cblas_sgemm", (void **)&out->sgemm}, {"cblas_dgemm", (void **)&out->dgemm},
	             {"cblas_sgemv", (void **)&out->sgemv}, {"cblas_dgemv", (void **)&out->dgemv},
	             {"cblas_sdot", (void **)&out->sdot},   {"cblas_ddot", (void **)&out->ddot}};
	setenv("OPENBLAS_NUM_THREADS", "1", 0);
	setenv("BLIS_NUM_THREADS", "1", 0);
	void *handle = file ? open_file(file) : open_file("libopenblas.so.0");
	if (!handle && !file) handle = open_file("libblas.so.3");
	if (!handle) {
		fprintf(stderr, "bench: %s\n", dlerror());
		exit(1);
	}
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (!(*calls[i].place = dlsym(handle, calls[i].name))) {
			fprintf(stderr, "bench: %s has no %s\n", file ? file : "the BLAS", calls[i].name);
			exit(1);
		}
}
