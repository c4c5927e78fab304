/* SPDX-License-Identifier: MIT */
/* The context: options checked once, then constant, so that any number of threads may read it without a lock. Only the
 * count of references and the pool change. */
#include "core/context_impl.h"
#include "core/cpu_impl.h"
#include "core/options_impl.h"
#include "core/pool_impl.h"
#include "core/status_impl.h"
#include "core/utf8_impl.h"

#include <egm/version.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS_LIMIT = 256, ALIGNMENT = 64 };

static const egm_context_options defaults = EGM_CONTEXT_OPTIONS_INIT;

static void *default_alloc(size_t size, size_t alignment, void *user)
{
	(void)user;
	void *pointer = NULL;
	return posix_memalign(&pointer, alignment, size) ? NULL : pointer;
}

static void default_dealloc(void *pointer, size_t size, void *user)
{
	(void)size, (void)user;
	free(pointer);
}

static egm_status check_options(const egm_context_options *o)
{
	if (!o->alloc != !o->dealloc)
		return egm__fail(EGM_ERR_ARGUMENT, "%s is given without %s", o->alloc ? "alloc" : "dealloc",
		                 o->alloc ? "dealloc" : "alloc");
	if (o->threads < 1 || o->threads > THREADS_LIMIT)
		return egm__fail(EGM_ERR_ARGUMENT, "threads is %d, allowed are 1 to %d", (int)o->threads, THREADS_LIMIT);
	return EGM_OK;
}

/* The context without what has to be allocated. */
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

static void describe(egm_context *context)
{
	snprintf(context->backend, sizeof context->backend, "libegm %s, %s", egm_version_string(),
	         egm__cpu_name(context->simd));
}

/* Releases everything; the allocator is needed until after the context's own memory is gone. */
static void destroy(egm_context *context)
{
	if (!context) return;
	egm_context last = *context;
	egm__pool_free(&last, context->pool);
	egm__free(&last, context);
}

egm_status egm_context_create(egm_context **out, const egm_context_options *options)
{
	egm_status st = EGM_OK;
	egm_context *context = NULL;
	egm_context_options merged = defaults;
	int32_t simd;
	if (!out) EGM_FAIL(EGM_ERR_ARGUMENT, "out is NULL");
	*out = NULL;
	EGM_TRY(egm__options_merge("egm_context_options", &merged, sizeof merged, options));
	EGM_TRY(check_options(&merged));
	EGM_TRY(egm__cpu_resolve(merged.simd, &simd));

	egm_context start = from_options(&merged, simd);
	context = egm__alloc(&start, 1, sizeof *context);
	if (!context) EGM_FAIL(EGM_ERR_MEMORY, "no memory for the context, %zu bytes", sizeof *context);
	*context = start;
	if ((uintptr_t)context % ALIGNMENT)
		EGM_FAIL(EGM_ERR_ARGUMENT, "alloc was asked for an alignment of %d and gave %d", ALIGNMENT,
		         (int)((uintptr_t)context % ALIGNMENT));
	if (context->threads > 1 && !context->parallel)
		EGM_TRY(egm__pool_create(&context->pool, context, context->threads - 1));
	describe(context);
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

void egm__log(egm_context *context, int32_t level, const char *format, ...)
{
	if (!context->log) return;
	char text[512], line[512];
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	if (length < 0) return;
	egm__visible(line, sizeof line, text, length >= (int)sizeof text);
	context->log(level, line, context->log_user);
}

uint32_t egm_features(void)
{
	return (EGM_HAVE_ZLIB ? EGM_FEATURE_GZIP : 0u) | (EGM_HAVE_MVEC ? EGM_FEATURE_LIBMVEC : 0u);
}

const char *egm_context_backend(const egm_context *context)
{
	return context ? context->backend : "";
}
