/* SPDX-License-Identifier: MIT */
/* A region in which text and numbers convert as files need it: with a decimal point and rounded to nearest, whatever
 * the locale and the rounding mode of the thread are. strtod, printf and jansson depend on both; jansson 2.14 aborts if
 * the decimal sign has several bytes, as in ps_AF. */
#ifndef EGM_IO_C_LOCALE_IMPL_H
#define EGM_IO_C_LOCALE_IMPL_H

#include <core/os_impl.h>
#include <core/rounding_impl.h>

typedef struct egm__c_locale {
	egm__os_locale locale;
	uint32_t rounding;
} egm__c_locale;

/* Returns 0, and changes nothing, if there is no memory. */
static inline int egm__c_locale_begin(egm__c_locale *n)
{
	if (!egm__os_locale_begin(&n->locale)) return 0;
	n->rounding = egm__round_nearest();
	return 1;
}

static inline void egm__c_locale_end(const egm__c_locale *n)
{
	egm__round_restore(n->rounding);
	egm__os_locale_end(&n->locale);
}

#endif
