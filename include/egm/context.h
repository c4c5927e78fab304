/* SPDX-License-Identifier: MIT */
#ifndef EGM_CONTEXT_H
#define EGM_CONTEXT_H

#include <egm/array.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What everything else is made from: allocator, worker threads, log.
 *
 *  Threads: a context may be used from several threads at once. Handles made from it keep it alive, so it may be freed
 *  before them. Any other handle: from one thread at a time, distinct handles are independent; evaluating a shared
 *  model is safe while nobody trains or changes it.
 *
 *  Several contexts: a call may take handles of different contexts, for example a loss the networks of two; what it
 *  makes and computes is then that of the first. egm_target_latent alone refuses this.
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
	/** Both or neither. alloc returns `alignment`-aligned memory (a power of two, 64 at most) or NULL. */
	void *(*alloc)(size_t size, size_t alignment, void *user);
	void (*dealloc)(void *pointer, size_t size, void *user);
	void *alloc_user;
	/** Called with lines that a person may want to see; NULL (default): none. May come from any thread. */
	void (*log)(int32_t level, const char *message, void *user);
	void *log_user;
	/** Runs task(0 .. count-1, argument), in any order and on any threads, and returns when all are done.
	 *  NULL (default): the context's own threads. */
	void (*parallel)(int32_t count, void (*task)(int32_t index, void *argument), void *argument, void *user);
	void *parallel_user;
	/** Threads that a call may use, the caller's included; 1 to 256, 0: the default, 1. */
	int32_t threads;
	/** One of EGM_SIMD_*; asking for what the CPU lacks is EGM_ERR_UNSUPPORTED. */
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
EGM_API void egm_context_free(egm_context *context);
/** Bytes that the context and its handles hold at the moment, as they were asked from `alloc`; 0 for NULL. */
EGM_API uint64_t egm_context_bytes(const egm_context *context);
/** The most that they held at any moment. */
EGM_API uint64_t egm_context_peak_bytes(const egm_context *context);

/** What the progress callback of a long call is told. All pointers are borrowed and valid only during the callback.
 *  Each call says what it counts as a step. */
typedef struct egm_progress {
	size_t struct_size;
	int64_t step;       /**< egm_trainer_fit: steps since the trainer was made, including those of a loaded checkpoint;
	                         elsewhere the same as `done` */
	int64_t done;       /**< steps done in this call, at least 1 */
	int64_t total;      /**< steps that this call will do, at most */
	int64_t term_count; /**< 0 where the call has no terms */
	const char *const *term_names;
	const double *terms;  /**< each term at its last evaluation */
	double learning_rate; /**< egm_trainer_fit; 0 elsewhere */
} egm_progress;

/** Reports on a long call and can stop it: a return value other than 0 makes the call return EGM_ERR_STOPPED after the
 *  step that was done, also if it was the last. The callback runs on the thread that made the call. It may use other
 *  handles freely; what it may do with the handle of the call is said there.
 *
 *  egm_trainer_fit and egm_mixture_fit call it after every step. The other calls call it after their first step, after
 *  their last, and in between about every 20 ms, or after every step if steps take longer. Results do not depend on
 *  whether there is a callback, nor on when it is called. */
typedef int (*egm_progress_fn)(const egm_progress *progress, void *user);

/** Bits of egm_features(). */
enum {
	EGM_FEATURE_GZIP = 1,   /**< the readers take gzip files */
	EGM_FEATURE_LIBMVEC = 2 /**< exp, log, tanh and their kind run in vectors of glibc's libmvec */
};
/** What this build contains, EGM_FEATURE_* joined by or. */
EGM_API uint32_t egm_features(void);

/** What computes, and the code path: "libegm 0.5.0, avx512"; borrowed from the context. */
EGM_API const char *egm_context_backend(const egm_context *context);

#ifdef __cplusplus
}
#endif
#endif
