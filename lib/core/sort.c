/* SPDX-License-Identifier: MIT */
/* A merge sort, because the qsort of the C library allocates memory outside of the context. */
#include "core/sort_impl.h"

#include <math.h>
#include <string.h>

/* Merges the sorted a[0 .. n-1] and b[0 .. m-1]. The choice has no branch, because a branch would be mispredicted half
 * of the time on random data. */
static void merge(const egm__sort_item *a, int64_t n, const egm__sort_item *b, int64_t m, egm__sort_item *out)
{
	int64_t i = 0, j = 0;
	while (i < n && j < m) {
		int second = b[j].value < a[i].value;
		const egm__sort_item *next = second ? b + j : a + i;
		*out++ = *next;
		j += second;
		i += !second;
	}
	memcpy(out, a + i, (size_t)(n - i) * sizeof *out);
	memcpy(out + (n - i), b + j, (size_t)(m - j) * sizeof *out);
}

void egm__sort(egm__sort_item *items, egm__sort_item *spare, int64_t n)
{
	egm__sort_item *from = items, *to = spare;
	for (int64_t width = 1; width < n; width *= 2) {
		for (int64_t start = 0; start < n; start += 2 * width) {
			int64_t left = n - start < width ? n - start : width;
			int64_t right = n - start - left < width ? n - start - left : width;
			merge(from + start, left, from + start + left, right, to + start);
		}
		egm__sort_item *other = from;
		from = to;
		to = other;
	}
	if (from != items) memcpy(items, from, (size_t)n * sizeof *items);
}

/* (1 - w) a + w b, because a + w (b - a) can overflow. If a = b the result must be exactly a, or a count of the values
 * up to the quantile would miss all of them. */
double egm__sort_quantile(const egm__sort_item *sorted, int64_t n, double p)
{
	double position = (double)(n - 1) * p, whole = floor(position), w = position - whole;
	int64_t k = (int64_t)whole;
	double a = sorted[k].value, b = sorted[k + 1 < n ? k + 1 : k].value;
	return a == b ? a : (1 - w) * a + w * b;
}
