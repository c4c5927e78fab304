/* SPDX-License-Identifier: MIT */
/* The context: options that are checked once and then constant, so that any number of threads may read them without a
 * lock. Only the reference count, the count of bytes and the pool change. */
#include "core/context_impl.h"
#include "core/cpu_impl.h"
#include "core/options_impl.h"
#include "core/os_impl.h"
#include "core/pool_impl.h"
#include "core/products_impl.h"
#include "core/status_impl.h"

#include <egm/version.h>
#include <stdio.h>
#include <string.h>

enum { THREADS_LIMIT = 256, ALIGNMENT = 64 };

static const egm_context_options defaults = EGM_CONTEXT_OPTIONS_INIT;
static const egm_choice simd_choices[] = {{"auto", EGM_SIMD_AUTO},
                                          {"portable", EGM_SIMD_PORTABLE},
                                          {"avx2", EGM_SIMD_AVX2},
                                          {"avx512", EGM_SIMD_AVX512},
                                          {"neon", EGM_SIMD_NEON}};
static EGM__FAMILY(simds, "EGM_SIMD_", simd_choices);
static const egm_choice products_choices[] = {
    {"auto", EGM_PRODUCTS_AUTO}, {"own", EGM_PRODUCTS_OWN}, {"blas", EGM_PRODUCTS_BLAS}};
static EGM__FAMILY(computers, "EGM_PRODUCTS_", products_choices);
static const egm__option members[] = {
    EGM__CALLBACK(egm_context_options, alloc, "Allocates memory; with dealloc, or both NULL."),
    EGM__CALLBACK(egm_context_options, dealloc, "Releases what alloc returned."),
    EGM__USER(egm_context_options, alloc_user, "Passed to alloc and dealloc."),
    EGM__CALLBACK(egm_context_options, log, "Receives messages for a person to read; NULL: none."),
    EGM__USER(egm_context_options, log_user, "Passed to log."),
    EGM__CALLBACK(egm_context_options, parallel,
                  "Runs tasks on threads of the program; NULL: the context starts its own."),
    EGM__USER(egm_context_options, parallel_user, "Passed to parallel."),
    EGM__BETWEEN(egm_context_options, threads, 1, THREADS_LIMIT,
                 "Threads that a call may use, including the calling thread."),
    EGM__CHOICE(egm_context_options, simd, simds, "Which instructions the numeric kernels use."),
    EGM__CHOICE(egm_context_options, products, computers, "Whether the library or a BLAS computes matrix products."),
    EGM__RESERVED(egm_context_options, reserved),
    EGM__ARRAY(egm_context_options, blas,
               "File name of a CBLAS; NULL: the one that was found when the library was built."),
};
EGM__OPTIONS(egm__options_context, egm_context_options, defaults, members);

static void *default_alloc(size_t size, size_t alignment, void *user)
{
	(void)user;
	return egm__os_alloc(size, alignment);
}

static void default_dealloc(void *pointer, size_t size, void *user)
{
	(void)size, (void)user;
	egm__os_free(pointer);
}

static egm_status check_options(const egm_context_options *o)
{
	if (!o->alloc != !o->dealloc)
		return egm__fail(EGM_ERR_ARGUMENT, "%s is NULL, must be given together with %s", o->alloc ? "dealloc" : "alloc",
		                 o->alloc ? "alloc" : "dealloc");
	return EGM_OK;
}

/* The context without its pool. */
static egm_context from_options(const egm_context_options *o, int32_t simd)
{
	return (egm_context){.refs = 1,
	                     .alloc = o->alloc ? o->alloc : default_alloc,
	                     .dealloc = o->alloc ? o->dealloc : default_dealloc,
	                     .alloc_user = o->alloc_user,
	                     .log = o->log,
	                     .log_user = o->log_user,
	                     .parallel = o->parallel,
	                     .parallel_user = o->parallel_user,
	                     .threads = o->threads,
	                     .simd = simd};
}

static void describe(egm_context *context, const char *products)
{
	snprintf(context->backend, sizeof context->backend, "libegm %s, %s, %s", egm_version_string(),
	         egm__cpu_name(context->simd), products);
}

/* Works on a copy, because the allocator is part of the memory that it frees last. */
static void destroy(egm_context *context)
{
	if (!context) return;
	egm_context last = *context;
	egm__pool_free(&last, context->pool);
	egm__blas_close(&last.blas);
	egm__free(&last, context);
}

egm_status egm_context_create(egm_context **out, const egm_context_options *options)
{
	egm_status st = EGM_OK;
	egm_context *context = NULL;
	egm_context_options merged;
	char products[EGM__PRODUCTS_TEXT];
	int32_t simd;
	if (!out) EGM_FAIL(EGM_ERR_ARGUMENT, "out is NULL");
	*out = NULL;
	EGM_TRY(egm__options_check(&egm__options_context, &merged, options));
	EGM_TRY(check_options(&merged));
	EGM_TRY(egm__cpu_resolve(merged.simd, &simd));

	egm_context start = from_options(&merged, simd);
	context = egm__alloc(&start, 1, sizeof *context);
	if (!context) EGM_FAIL(EGM_ERR_MEMORY, "no memory for the context, %zu bytes", sizeof *context);
	*context = start;
	if ((uintptr_t)context % ALIGNMENT)
		EGM_FAIL(EGM_ERR_ARGUMENT, "alloc returned an address that is %d after a multiple of %d, must be a multiple",
		         (int)((uintptr_t)context % ALIGNMENT), ALIGNMENT);
	if (context->threads > 1 && !context->parallel)
		EGM_TRY(egm__pool_create(&context->pool, context, context->threads - 1));
	EGM_TRY(egm__products_choose(context, merged.products, merged.blas, egm__cpu_best(), products));
	describe(context, products);
	*out = context;
	context = NULL;
out:
	destroy(context);
	return egm__named(__func__, st);
}

void egm__context_retain(egm_context *context)
{
	__atomic_add_fetch(&context->refs, 1, __ATOMIC_RELAXED);
}

void egm_context_free(egm_context *context)
{
	if (context && __atomic_sub_fetch(&context->refs, 1, __ATOMIC_ACQ_REL) == 0) destroy(context);
}

uint32_t egm_features(void)
{
	return (EGM_HAVE_ZLIB ? EGM_FEATURE_GZIP : 0u) | (EGM_HAVE_MVEC ? EGM_FEATURE_LIBMVEC : 0u) |
	       (egm__products_default()[0] ? EGM_FEATURE_BLAS : 0u);
}

const char *egm_context_backend(const egm_context *context)
{
	return context ? context->backend : "";
}
