/* SPDX-License-Identifier: MIT */
/* Result codes, the text of the last error, and the macros that every other header needs. */
#ifndef EGM_STATUS_H
#define EGM_STATUS_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define EGM_API __attribute__((visibility("default")))
/* On every function that returns a status, except the calls that add a layer to a model, which record the error: gcc
 * and clang warn if the result is ignored. */
#define EGM_CHECKED __attribute__((warn_unused_result))
#else
#define EGM_API
#define EGM_CHECKED
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Whether a call did its job. Values never change; families are ten apart. */
typedef enum egm_status {
	EGM_OK = 0,
	EGM_ERR_ARGUMENT = -1,     /**< NULL, zero or negative count, value out of its range */
	EGM_ERR_STATE = -2,        /**< right call at the wrong time: a model not built, or built twice; a callback that
	                                uses the handle whose call it belongs to */
	EGM_ERR_SHAPE = -10,       /**< arrays or networks whose sizes do not fit each other */
	EGM_ERR_DTYPE = -20,       /**< f32 where f64 is expected, or the reverse */
	EGM_ERR_MEMORY = -30,      /**< an allocation failed */
	EGM_ERR_NONFINITE = -40,   /**< NaN or infinity in data, parameters, a loss term or a gradient */
	EGM_ERR_DIVERGED = -41,    /**< training went wrong with finite numbers, for example chains ran away; since 0.5 */
	EGM_ERR_IO = -50,          /**< the system refused to open, read, write or rename a file */
	EGM_ERR_FILE = -51,        /**< a file that stays open was truncated by somebody else; since 0.5 */
	EGM_ERR_FORMAT = -60,      /**< a file that is not what it claims to be */
	EGM_ERR_UNSUPPORTED = -70, /**< valid, but not built in or not handled */
	EGM_ERR_STOPPED = -80      /**< a callback of the caller asked to stop; state is valid */
} egm_status;

/** The code's name, "EGM_ERR_SHAPE"; "EGM_ERR_?" for any other number. */
EGM_API const char *egm_status_name(egm_status status);

/** Text of the last error in this thread: one line that begins with the name of the function and says what is wrong,
 *  with the numbers. Valid until the next call of this thread that fails; empty if none has failed yet. The text is
 *  UTF-8 without control characters and bidirectional marks: where a file or a name contains such characters, or bytes
 *  that are not UTF-8, they are replaced by a backslash and their number (x9b, u202e). A text has at most 511 bytes; a
 *  longer one has "..." in the place of its middle. Calls that fail within a log or user_free callback do not change
 *  it. */
EGM_API const char *egm_last_error(void);

#ifdef __cplusplus
}
#endif
#endif
