/* SPDX-License-Identifier: MIT */
/* Failing and forwarding a failure. A function that can fail has one `out:` label, where it releases what it owns, and
 * a variable `egm_status st = EGM_OK`. */
#ifndef EGM_CORE_STATUS_IMPL_H
#define EGM_CORE_STATUS_IMPL_H

#include <egm/status.h>

/* Bytes of egm_last_error, and of the part of it behind the name of the function, which with ": " is shorter than the
 * difference. */
enum { EGM__ERROR_SIZE = 512, EGM__TEXT_SIZE = 448 };

/* Writes the thread's last error and returns `code`. Needs no allocation. The text says what is wrong, with which
 * numbers, and what would be right; the name of the public function comes from egm__named. */
egm_status egm__fail(egm_status code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How a public function returns a status: puts its name before the text of the last error, `function` is __func__.
 * Where one public function calls another the outermost name remains. */
egm_status egm__named(const char *function, egm_status status);
/* The last error without that name, for those who add to it. */
const char *egm__last_text(void);

/* The last error of the thread while a function of the program runs that is no part of the call: log and user_free may
 * use the library, and what fails there is not why the call does. */
typedef struct egm__told {
	char text[EGM__TEXT_SIZE], error[EGM__ERROR_SIZE];
} egm__told;
void egm__told_keep(egm__told *told);
void egm__told_give(const egm__told *told);

/* "nan", "inf" or "-inf" for a message about a number that is not finite: printf writes the NaN of x86 as "-nan". */
const char *egm__nonfinite_name(double value);

/* Fails here: sets st and jumps to out. */
#define EGM_FAIL(code, ...)                  \
	do {                                     \
		st = egm__fail((code), __VA_ARGS__); \
		goto out;                            \
	} while (0)

/* Forwards the failure of a call unchanged. */
#define EGM_TRY(call)               \
	do {                            \
		st = (call);                \
		if (st != EGM_OK) goto out; \
	} while (0)

/* Invariants of our own, never the caller's input: what they say holds, so they vanish from every build. The tests
 * build with EGM_CHECK_INVARIANTS, where a broken one traps. */
#ifdef EGM_CHECK_INVARIANTS
#define EGM_INVARIANT(c) ((c) ? (void)0 : __builtin_trap())
#else
#define EGM_INVARIANT(c) ((void)sizeof(!(c)))
#endif

#endif
