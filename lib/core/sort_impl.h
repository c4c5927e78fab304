/* SPDX-License-Identifier: MIT */
/* Sorts numbers together with the index that each came from. */
#ifndef EGM_CORE_SORT_IMPL_H
#define EGM_CORE_SORT_IMPL_H

#include <stdint.h>

typedef struct egm__sort_item {
	double value; /* never NaN */
	int64_t place;
} egm__sort_item;

/* Ascending by value, equal values in the order in which they came. `spare` has the same size. */
void egm__sort(egm__sort_item *items, egm__sort_item *spare, int64_t n);
/* Quantile of sorted items, linear between order statistics (type 7 of Hyndman and Fan 1996). */
double egm__sort_quantile(const egm__sort_item *sorted, int64_t n, double p);

#endif
