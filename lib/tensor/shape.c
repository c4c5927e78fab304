/* SPDX-License-Identifier: MIT */
#include <core/size_impl.h>
#include <stdio.h>
#include <tensor/shape_impl.h>

egm__shape egm__shape2(int64_t rows, int64_t columns)
{
	return (egm__shape){.rank = 2, .d = {rows, columns, 1, 1}};
}

/* INT64_MAX if the product overflows or a size is negative. An allocation of that many elements fails, so an overflow
 * never becomes a small array. */
int64_t egm__shape_count(const egm__shape *s)
{
	int64_t count = 1;
	for (int i = 0; i < EGM__MAX_RANK; i++) {
		if (s->d[i] == 0) return 0;
	}
	for (int i = 0; i < EGM__MAX_RANK; i++) {
		if (egm__size_mul(count, s->d[i], &count)) return INT64_MAX;
	}
	return count;
}

int egm__shape_equal(const egm__shape *a, const egm__shape *b)
{
	int equal = a->rank == b->rank;
	for (int i = 0; i < a->rank && equal; i++) equal = a->d[i] == b->d[i];
	return equal;
}

const char *egm__shape_text(const egm__shape *s, char buffer[64])
{
	size_t used = 0;
	buffer[0] = 0;
	for (int i = 0; i < s->rank && used < 64; i++) {
		used += (size_t)snprintf(buffer + used, 64 - used, "%s%lld%s", i ? ", " : "[", (long long)s->d[i],
		                         i + 1 == s->rank ? "]" : "");
	}
	return buffer;
}
