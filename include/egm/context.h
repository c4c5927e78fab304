/* SPDX-License-Identifier: MIT */
/* The context, with which all other handles are made; progress callbacks; and the rules that all handles share:
 *
 *  - Creation: a function that creates a handle writes it to *out. If it fails, *out is NULL and nothing is left to
 *    free; egm_mixture_fit describes an exception.
 *  - Ownership: what a function creates belongs to the caller, who frees it with egm_<handle>_free, for example
 *    egm_model_free. These functions ignore NULL. Handles may be freed in any order, because a handle keeps alive the
 *    handles that it uses, and every handle keeps its context alive.
 *  - Pointers: a pointer that a function returns belongs to the handle, and is valid as long as the handle is. Arrays
 *    and texts that a program passes are copied or read only during the call, unless a comment says otherwise.
 *  - Threads: several threads may use a context at the same time. Any other handle may be used by one thread at a time,
 *    unless its comment allows more. Different handles are independent, unless one of them uses the other. Several
 *    threads may evaluate one model while no thread trains or changes it.
 *  - Callbacks: a program passes each callback together with a pointer `user`, which becomes the last argument of the
 *    callback. If a callback that returns int returns 0, the call continues. Any other value stops the call, which then
 *    returns EGM_ERR_STOPPED.
 *  - Equal bits: the same calls with the same seeds yield the same bits on the same CPU, whatever the number of
 *    threads. When a network is evaluated, the result for a row is bit-identical whatever its position in the batch and
 *    whatever the other rows are. Batches of different sizes may round differently, and so do the code paths
 *    EGM_SIMD_*. With a BLAS less is promised, see EGM_PRODUCTS_AUTO.
 *  - Subnormal numbers count as zero in training and evaluation. A call returns with the caller's floating-point
 *    mode. */
#ifndef EGM_CONTEXT_H
#define EGM_CONTEXT_H

#include <egm/array.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Allocator, worker threads and log of the handles that are made with it.
 *
 *  Several contexts: the arguments of a call may come from different contexts, for example the networks of a loss. The
 *  call then uses the context of the first handle, and what it creates belongs to that context. Only egm_target_latent
 *  rejects networks of different contexts.
 *
 *  Fork: a child process has its parent's handles, but not the worker threads. In the child, calls run on the calling
 *  thread alone, and every handle can be freed. If both parent and child have the process number 1, each in its own PID
 *  namespace, this needs Linux 4.14 or later. */
typedef struct egm_context egm_context;

/** Code path of the numeric kernels: which instructions of the CPU they use. */
enum {
	EGM_SIMD_AUTO = 0,     /**< the best path that the CPU supports */
	EGM_SIMD_PORTABLE = 1, /**< the instructions that the library was compiled for */
	EGM_SIMD_AVX2 = 2,     /**< AVX2 and FMA */
	EGM_SIMD_AVX512 = 3,   /**< AVX-512 F, BW, DQ, VL */
	EGM_SIMD_NEON = 4      /**< NEON of 64-bit ARM, little-endian */
};

/** Whether the library or a BLAS computes matrix products. A BLAS is opened by its file name when a context that uses
 *  it is created, and is never closed. Products with packed weights and convolutions are always the library's own,
 *  because CBLAS has no interface for them.
 *
 *  The rule of equal bits above describes the library's own products. A BLAS may round a row differently at another
 *  position in the batch. OpenBLAS, BLIS, ATLAS and the reference library return the same bits for the same calls if
 *  the number of their threads is the same; another BLAS may not. The number of threads of the context does not matter.
 *
 *  What a program that uses a BLAS should know:
 *  - The number of threads of a BLAS belongs to the whole process, and libegm does not change it. These threads do not
 *    count subnormal numbers as zero. Unlike the worker threads of a context, these may receive signals: they have
 *    the signal mask of the thread that creates the context or, if they start later, of the thread that calls the BLAS.
 *  - The context must be created in the process that uses it. In a forked child, its products are the library's own.
 *  - A BLAS is checked when it is opened: its integers, a few products of each kind, and memory and threads for one
 *    caller. Each further thread that calls OpenBLAS at the same time needs 128 MiB of address space; without it, the
 *    call does not return.
 *  - A BLAS that may compute wrong numbers for several callers, as the serial build of OpenBLAS does, has one
 *    caller at a time among all contexts. Calls that the program makes itself are not included.
 *  - Opening a library runs its code. A library that crashes, exits or does not return cannot be rejected. */
enum {
	EGM_PRODUCTS_AUTO = 0, /**< the library if it has vector kernels for the CPU (AVX2, AVX-512, NEON); otherwise a
	                          BLAS, if there is one, for large products and the library for the others */
	EGM_PRODUCTS_OWN = 1,  /**< the library */
	EGM_PRODUCTS_BLAS = 2  /**< a BLAS */
};

/** Severity of a log line. */
enum {
	EGM_LOG_WARNING = 1, /**< something is wrong, but the call continues; for example a chain froze */
	EGM_LOG_INFO = 2     /**< the library has chosen something: a header, a bandwidth, a step size */
};

/** Options of egm_context_create. */
typedef struct egm_context_options {
	size_t struct_size;
	/** Allocator: set both functions or neither. alloc returns `size` bytes aligned to `alignment` (a power of two, at
	 *  most 64), or NULL if there is no memory. dealloc gets the size that alloc got. Both may be called from several
	 *  threads at once, and must not call the library. NULL (default): the allocator of the C library. */
	void *(*alloc)(size_t size, size_t alignment, void *user);
	void (*dealloc)(void *pointer, size_t size, void *user);
	void *alloc_user;
	/** Receives one line of text with its level, EGM_LOG_*. It may be called from any thread. It may use and free any
	 *  handle; the call that logs keeps the context alive. NULL (default): lines are dropped. */
	void (*log)(int32_t level, const char *message, void *user);
	void *log_user;
	/** Calls task(0, argument) .. task(count-1, argument) in any order and on any threads, and returns when all have
	 *  returned. It must not call the library. NULL (default): the context has threads of its own. */
	void (*parallel)(int32_t count, void (*task)(int32_t index, void *argument), void *argument, void *user);
	void *parallel_user;
	/** Number of threads that a call may use, including the calling thread; 1 to 256, default 1. */
	int32_t threads;
	/** EGM_SIMD_*, default EGM_SIMD_AUTO. */
	int32_t simd;
	/** EGM_PRODUCTS_*, default EGM_PRODUCTS_AUTO. */
	int32_t products;
	int32_t reserved; /**< must be 0 */
	/** File name or path of a CBLAS with 32-bit integers, in the form that dlopen accepts, for example
	 *  "libmkl_rt.so.2". NULL (default): the one that was found when libegm was built. It must be NULL with
	 *  EGM_PRODUCTS_OWN. */
	const char *blas;
} egm_context_options;

/** Initialiser with the defaults. Every options struct has one (see egm/options.h):
 *
 *      egm_context_options options = EGM_CONTEXT_OPTIONS_INIT;
 *      options.threads = 4; */
/* clang-format off */
#define EGM_CONTEXT_OPTIONS_INIT                                                             \
	{                                                                                        \
		sizeof(egm_context_options), NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, EGM_SIMD_AUTO, \
		EGM_PRODUCTS_AUTO, 0, NULL                                                           \
	}
/* clang-format on */

/** Creates a context. `options` may be NULL.
 *
 *  Errors:
 *  - EGM_ERR_ARGUMENT if only one of alloc and dealloc is set, or if memory of alloc is not aligned as asked;
 *  - EGM_ERR_UNSUPPORTED if the CPU lacks the instructions of `simd`;
 *  - EGM_ERR_MEMORY if there is no memory, or if a worker thread cannot be started.
 *
 *  It also returns EGM_ERR_ARGUMENT if `blas` is empty, or if it is set with EGM_PRODUCTS_OWN.
 *
 *  Errors of a BLAS, whose texts contain its name. With EGM_PRODUCTS_AUTO they are logged, and products are the
 *  library's own:
 *  - EGM_ERR_IO if the library cannot be opened;
 *  - EGM_ERR_UNSUPPORTED if `blas` is NULL and no BLAS was found when libegm was built; if the library lacks
 *    cblas_sgemm or cblas_dgemm, has 64-bit integers, computes wrong products or writes elsewhere than to the result;
 *    or if this is a forked child of a process that had a BLAS open, unless the library is an OpenBLAS with POSIX
 *    threads;
 *  - EGM_ERR_MEMORY if there is no memory for its buffers, or if its threads cannot be started. An OpenBLAS would then
 *    wait for ever or interrupt the process. */
EGM_API EGM_CHECKED egm_status egm_context_create(egm_context **out, const egm_context_options *options);
/** Frees the context once no handle uses it any more. */
EGM_API void egm_context_free(egm_context *context);
/** Returns the number of bytes that the context and its handles have allocated now, as requested from alloc. */
EGM_API uint64_t egm_context_bytes(const egm_context *context);
/** Returns the largest number of bytes that have been allocated at one time so far. */
EGM_API uint64_t egm_context_peak_bytes(const egm_context *context);

/** State of a long call, for its progress callback. All pointers are valid only during the callback. The comment of
 *  each call says what it counts as a step. */
typedef struct egm_progress {
	size_t struct_size;
	int64_t step;       /**< egm_trainer_fit: steps since the trainer was created, including those of a restored
	                         checkpoint; other calls: the same as `done` */
	int64_t done;       /**< steps done in this call, at least 1 */
	int64_t total;      /**< largest number of steps that this call will do */
	int64_t term_count; /**< number of terms, for example of the loss; 0 if the call has none */
	const char *const *term_names; /**< [term_count] */
	const double *terms;           /**< [term_count] value of each term at its last evaluation */
	double learning_rate;          /**< egm_trainer_fit: that of the first network in this step; other calls: 0 */
} egm_progress;

/** Callback that reports the progress of a long call and can stop it. If it returns a value other than 0, the call
 *  stops and returns EGM_ERR_STOPPED, even if this was the last step.
 *
 *  - It is always optional: NULL reports nothing.
 *  - It runs on the thread that made the call.
 *  - It may use other handles freely. The comment of the call or of its handle type says which functions it may call
 *    with the handle of the call.
 *  - egm_trainer_fit and egm_mixture_fit call it after every step. Other functions call it after their first step,
 *    after their last step, and in between about every 20 ms, or after every step if steps take longer.
 *  - Results do not depend on whether there is a callback, nor on when it is called. */
typedef int (*egm_progress_fn)(const egm_progress *progress, void *user);

/** Bits of egm_features. */
enum {
	EGM_FEATURE_GZIP = 1,    /**< gzip files can be read */
	EGM_FEATURE_LIBMVEC = 2, /**< exp, log, tanh and erf are those of glibc's libmvec, not the library's own */
	EGM_FEATURE_BLAS = 4     /**< a BLAS was found at build time; a context that uses a BLAS opens it by default */
};
/** Returns the optional parts that this build contains: the bitwise or of EGM_FEATURE_*. */
EGM_API uint32_t egm_features(void);

/** Returns name and version of the library, the code path in use, and whether products are the library's own or those
 *  of a BLAS, with the reason; for example "libegm 0.5.0, avx512, own products (this CPU has vector kernels)". */
EGM_API const char *egm_context_backend(const egm_context *context);

#ifdef __cplusplus
}
#endif
#endif
