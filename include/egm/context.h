/* SPDX-License-Identifier: MIT */
#ifndef EGM_CONTEXT_H
#define EGM_CONTEXT_H

#include <egm/array.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Allocator, worker threads and log, which all other handles are made with. They keep the context alive, so it may be
 *  freed before them.
 *
 *  Threads: several threads may use a context at the same time. Any other handle may be used by one thread at a time,
 *  unless its header says more; distinct handles are independent. Several threads may evaluate one model while no
 *  thread trains or changes it.
 *
 *  Several contexts: a call may have handles of different contexts as arguments, for example a loss the networks of
 *  two. What it creates and computes then belongs to the context of the first. Only egm_target_latent rejects this.
 *
 *  Callbacks: alloc, dealloc and parallel must not call the library. log may use and free any handle; the call that
 *  logs keeps the context alive.
 *
 *  Fork: a child process has the handles but not the threads of its parent. Calls work there on the calling thread
 *  alone, and every handle can be freed. This also holds in a PID namespace where both are process 1, on Linux 4.14 or
 *  later.
 *
 *  Arithmetic: training and evaluation treat subnormal numbers as zero; the caller's floating-point mode is kept.
 */
typedef struct egm_context egm_context;

/** Code path of the numeric kernels. */
enum {
	EGM_SIMD_AUTO = 0,     /**< the best that the CPU has */
	EGM_SIMD_PORTABLE = 1, /**< what the library was compiled for */
	EGM_SIMD_AVX2 = 2,     /**< AVX2 and FMA */
	EGM_SIMD_AVX512 = 3    /**< AVX-512 F, BW, DQ, VL */
};

/** Severity of a log line. */
enum {
	EGM_LOG_WARNING = 1, /**< a run that goes on although something is wrong: chains that froze */
	EGM_LOG_INFO = 2     /**< what the library has chosen: a header that was found, a bandwidth, the size of a step */
};

typedef struct egm_context_options {
	size_t struct_size;
	/** Set both or neither. alloc returns memory aligned to `alignment` (a power of two, 64 at most), or NULL if there
	 *  is none. NULL (default): the C library's. */
	void *(*alloc)(size_t size, size_t alignment, void *user);
	void (*dealloc)(void *pointer, size_t size, void *user);
	void *alloc_user;
	/** Receives lines that a person may want to see, with their EGM_LOG_* as level, from any thread. NULL (default):
	 *  they are dropped. */
	void (*log)(int32_t level, const char *message, void *user);
	void *log_user;
	/** Runs task(0 .. count-1, argument), in any order and on any threads, and returns when all are done.
	 *  NULL (default): the context's own threads. */
	void (*parallel)(int32_t count, void (*task)(int32_t index, void *argument), void *argument, void *user);
	void *parallel_user;
	/** Threads that a call may use, including the one that calls; 1 to 256, default 1. */
	int32_t threads;
	/** EGM_SIMD_*, default EGM_SIMD_AUTO. EGM_ERR_UNSUPPORTED if the CPU lacks it. */
	int32_t simd;
} egm_context_options;

/** The defaults; every options struct has such an initialiser: `egm_context_options options =
 *  EGM_CONTEXT_OPTIONS_INIT;`, then set the members that are to differ. */
#define EGM_CONTEXT_OPTIONS_INIT                                                                \
	{                                                                                           \
		sizeof(egm_context_options), NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, EGM_SIMD_AUTO \
	}

/** Creates a context. `options` may be NULL for the defaults. */
EGM_API EGM_CHECKED egm_status egm_context_create(egm_context **out, const egm_context_options *options);
/** Frees the handle, as egm_<handle>_free does for every kind of handle. NULL is allowed. */
EGM_API void egm_context_free(egm_context *context);
/** Bytes that the context and its handles hold at the moment, as requested from `alloc`; 0 for NULL. */
EGM_API uint64_t egm_context_bytes(const egm_context *context);
/** Largest number of bytes that they held at any moment. */
EGM_API uint64_t egm_context_peak_bytes(const egm_context *context);

/** State of a long call, for its progress callback. All pointers are borrowed and valid only during the callback. The
 *  comment of each call says what it counts as a step. */
typedef struct egm_progress {
	size_t struct_size;
	int64_t step;       /**< egm_trainer_fit: steps since the trainer was made, including those of a loaded checkpoint;
	                         in other calls the same as `done` */
	int64_t done;       /**< steps done in this call, at least 1 */
	int64_t total;      /**< most steps that this call will do */
	int64_t term_count; /**< 0 if the call has no terms */
	const char *const *term_names; /**< [term_count] */
	const double *terms;           /**< [term_count] each term at its last evaluation */
	double learning_rate;          /**< of egm_trainer_fit; 0 in other calls */
} egm_progress;

/** Reports on a long call and can stop it: if it returns a value other than 0, the call returns EGM_ERR_STOPPED after
 *  the step that was just done, also if that was the last. The callback runs on the thread that made the call. It may
 *  use other handles freely; the comment of the call, or of its handle, says what the callback may do with the handle
 *  of the call. A progress callback is always optional: NULL reports nothing.
 *
 *  egm_trainer_fit and egm_mixture_fit call it after every step. The other calls call it after their first step, after
 *  their last, and in between about every 20 ms, or after every step if steps take longer. Results do not depend on
 *  whether there is a callback, nor on when it is called. */
typedef int (*egm_progress_fn)(const egm_progress *progress, void *user);

/** Bits of egm_features(). */
enum {
	EGM_FEATURE_GZIP = 1,   /**< gzip files can be read */
	EGM_FEATURE_LIBMVEC = 2 /**< exp, log, tanh and the like are computed by glibc's libmvec */
};
/** Optional parts that this build contains: EGM_FEATURE_*, joined by or. */
EGM_API uint32_t egm_features(void);

/** Name and version of the library and the code path in use, for example "libegm 0.5.0, avx512". The text belongs to
 *  the context. */
EGM_API const char *egm_context_backend(const egm_context *context);

#ifdef __cplusplus
}
#endif
#endif
