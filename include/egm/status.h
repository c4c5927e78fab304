/* SPDX-License-Identifier: MIT */
/* Status codes, the text of the last error, and the macros that every other header needs.
 *
 * Rules for errors, which the other headers do not repeat:
 *  - A function that can fail returns an egm_status: EGM_OK, or an error that egm_last_error explains.
 *  - A call that rejects an argument has no effect: it changes no handle and no file, and writes no result. There are
 *    two exceptions: the calls that add a layer to a model record their error in the model (see egm_model), and
 *    functions such as egm_model_save_memory write the size that they need to `needed`.
 *  - A function returns EGM_ERR_ARGUMENT if a handle or another pointer is NULL, unless its comment says that it may be
 *    NULL.
 *  - A function that returns a property of a handle returns 0, NULL or "" if the handle is NULL.
 *  - Any call that needs memory may return EGM_ERR_MEMORY.
 *  - The errors of arrays are listed in egm/array.h, and those of options and results in egm/options.h. The comment of
 *    a function lists only further errors. */
#ifndef EGM_STATUS_H
#define EGM_STATUS_H

#include <stddef.h>
#include <stdint.h>

/* EGM_EXPORT is defined where the library itself is compiled. */
#if defined(__GNUC__) && !defined(_WIN32)
#define EGM_API __attribute__((visibility("default")))
#elif defined(_WIN32) && defined(EGM_EXPORT)
#define EGM_API __declspec(dllexport)
#else
#define EGM_API
#endif

#if defined(__GNUC__)
/* Marks functions that return a status: gcc and clang warn if the result is ignored. The calls that add a layer to a
 * model are not marked, because the model records their error and egm_model_build returns it. */
#define EGM_CHECKED __attribute__((warn_unused_result))
#else
#define EGM_CHECKED
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Result of a call. The values never change from release to release; related errors share a group of ten. */
typedef enum egm_status {
	EGM_OK = 0,
	EGM_ERR_ARGUMENT = -1,     /**< an argument is NULL, a count is 0 or negative, or a value is out of its range */
	EGM_ERR_STATE = -2,        /**< the call is not possible now: the model is not built yet, or is built already, or a
	                                callback calls a function of the handle that called it */
	EGM_ERR_SHAPE = -10,       /**< sizes of arrays or networks do not fit each other */
	EGM_ERR_DTYPE = -20,       /**< an array or a network is f32 where f64 is needed, or the reverse */
	EGM_ERR_MEMORY = -30,      /**< an allocation failed */
	EGM_ERR_NONFINITE = -40,   /**< data, parameters, a loss term or a gradient contain NaN or infinity */
	EGM_ERR_DIVERGED = -41,    /**< training failed with finite numbers, for example chains moved far away; since 0.5 */
	EGM_ERR_IO = -50,          /**< the system could not open, read, write or rename a file */
	EGM_ERR_FILE = -51,        /**< a file that the library keeps open has been truncated; since 0.5 */
	EGM_ERR_FORMAT = -60,      /**< a file is malformed, or does not fit the handle that reads it */
	EGM_ERR_UNSUPPORTED = -70, /**< the request is valid, but not part of this build, or beyond a limit */
	EGM_ERR_STOPPED = -80      /**< a callback of the program stopped the call; all handles remain valid */
} egm_status;

/** Returns the name of a status, for example "EGM_ERR_SHAPE"; "EGM_ERR_?" for a number that is no status. */
EGM_API const char *egm_status_name(egm_status status);

/** Returns the text of the last error in this thread: the name of the function, what is wrong with which numbers, and
 *  what would be right. It is one line, and is valid until the next call in this thread that fails. It is empty if no
 *  call has failed yet. Calls that fail inside a log or user_free callback do not change it.
 *
 *  The text is UTF-8 and has at most 511 bytes; "..." replaces the middle of a longer one. Control characters,
 *  bidirectional marks and other invisible characters that come from names or files are shown as a backslash and their
 *  code (x9b, u202e). So are bytes that are not UTF-8. */
EGM_API const char *egm_last_error(void);

#ifdef __cplusplus
}
#endif
#endif
