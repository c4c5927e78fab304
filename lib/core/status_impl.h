/* SPDX-License-Identifier: MIT */
/* How functions fail and pass on failures. A function that can fail has a variable `egm_status st = EGM_OK` and one
 * label `out:`, where it releases what it owns. */
#ifndef EGM_CORE_STATUS_IMPL_H
#define EGM_CORE_STATUS_IMPL_H

#include <egm/status.h>
#include <stdio.h>

/* Bytes of egm_last_error, and of its part after "function: ", which is shorter than the difference. */
enum { EGM__ERROR_SIZE = 512, EGM__TEXT_SIZE = 448 };

/* Checks the arguments of a function like printf: of the format that stdio has here, which with mingw is not the one
 * that "printf" means. */
#ifdef __MINGW_PRINTF_FORMAT
#define EGM__PRINTF(format_at, first) __attribute__((format(__MINGW_PRINTF_FORMAT, format_at, first)))
#else
#define EGM__PRINTF(format_at, first) __attribute__((format(printf, format_at, first)))
#endif

/* Sets the last error of the thread and returns `code`. Allocates nothing. The text says what is wrong with which
 * numbers and what would be right; egm__named adds the name of the public function. */
egm_status egm__fail(egm_status code, const char *format, ...) EGM__PRINTF(2, 3);

/* Puts `function`, which is __func__, before the text of the last error, and returns `status`. Every public function
 * returns its status through it. If one public function calls another, the name of the outer one remains. */
egm_status egm__named(const char *function, egm_status status);
/* EGM_ERR_IO: "path: cannot read: Input/output error". `error` is errno. */
egm_status egm__io_fail(const char *path, const char *action, int error);

/* The last error without that name, for callers that add to it. */
const char *egm__last_text(void);

/* The last error of a thread, without and with the name. It is saved around log and user_free, functions of the program
 * that may use the library: a failure there is not the failure of this call. */
typedef struct egm__error_state {
	char text[EGM__TEXT_SIZE], error[EGM__ERROR_SIZE];
} egm__error_state;
void egm__error_save(egm__error_state *state);
void egm__error_restore(const egm__error_state *state);

/* "nan", "inf" or "-inf" for messages. printf writes the NaN of x86 as "-nan". */
const char *egm__nonfinite_name(double value);

/* Fails here: sets st and jumps to out. */
#define EGM_FAIL(code, ...)                  \
	do {                                     \
		st = egm__fail((code), __VA_ARGS__); \
		goto out;                            \
	} while (0)

/* Passes on the failure of a call. */
#define EGM_TRY(call)               \
	do {                            \
		st = (call);                \
		if (st != EGM_OK) goto out; \
	} while (0)

/* A condition that is always true, unless the library has a fault; never about the input of a caller. It costs nothing
 * in a normal build. Tests build with EGM_CHECK_INVARIANTS, where a violation traps. */
#ifdef EGM_CHECK_INVARIANTS
#define EGM_INVARIANT(c) ((c) ? (void)0 : __builtin_trap())
#else
#define EGM_INVARIANT(c) ((void)sizeof(!(c)))
#endif

#endif
