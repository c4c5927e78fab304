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
static const egm_choice simd_choices[] = {
    {"auto", EGM_SIMD_AUTO}, {"portable", EGM_SIMD_PORTABLE}, {"avx2", EGM_SIMD_AVX2}, {"avx512", EGM_SIMD_AVX512}};
static EGM__FAMILY(simds, "EGM_SIMD_", simd_choices);
static const egm__option members[] = {
    EGM__CALLBACK(egm_context_options, alloc, "Allocates memory; with dealloc, or both NULL."),
    EGM__CALLBACK(egm_context_options, dealloc, "Releases what alloc returned."),
    EGM__USER(egm_context_options, alloc_user, "Passed to alloc and dealloc."),
    EGM__CALLBACK(egm_context_options, log, "Receives lines that a person may want to see; NULL: none."),
    EGM__USER(egm_context_options, log_user, "Passed to log."),
    EGM__CALLBACK(egm_context_options, parallel,
                  "Runs tasks on threads of the program; NULL: the context has its own."),
    EGM__USER(egm_context_options, parallel_user, "Passed to parallel."),
    EGM__BETWEEN(egm_context_options, threads, 1, THREADS_LIMIT,
                 "Threads that a call may use, including the caller's."),
    EGM__CHOICE(egm_context_options, simd, simds, "Which instructions the numeric kernels use."),
};
EGM__OPTIONS(egm__options_context, egm_context_options, defaults, members);

static const egm_progress nothing = {.struct_size = sizeof nothing};
static const egm__option progress_members[] = {
    EGM__RESULT(egm_progress, step, "Steps since the handle was made."),
    EGM__RESULT(egm_progress, done, "Steps done in this call."),
    EGM__RESULT(egm_progress, total, "Steps that this call will do, at most."),
    EGM__RESULT(egm_progress, term_count, "Number of terms; 0 where the call has none."),
    EGM__RESULT(egm_progress, term_names, "[term_count] names of the terms."),
    EGM__RESULT(egm_progress, terms, "[term_count] values of the terms at their last evaluation."),
    EGM__RESULT(egm_progress, learning_rate, "Learning rate of the step; 0 where there is none."),
};
EGM__OPTIONS(egm__options_progress, egm_progress, nothing, progress_members);

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
	egm_context_options merged;
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
	egm__told told;
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	if (length < 0) return;
	if (length >= (int)sizeof text) egm__utf8_trim(text);
	egm__visible(line, sizeof line, text, length >= (int)sizeof text);
	egm__told_keep(&told);
	context->log(level, line, context->log_user);
	egm__told_give(&told);
}

uint32_t egm_features(void)
{
	return (EGM_HAVE_ZLIB ? EGM_FEATURE_GZIP : 0u) | (EGM_HAVE_MVEC ? EGM_FEATURE_LIBMVEC : 0u);
}

const char *egm_context_backend(const egm_context *context)
{
	return context ? context->backend : "";
}
